"""`regulars init DIR --from FILE`: a first mapping.yaml, guessed from the file, for a person to go over."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import DataError, MappingError
from feature_repo.contract import TABLES
from pipelines.parsing.blanks import tidy
from pipelines.sources.amounts import reference
from pipelines.sources.csv_block import csv_block
from pipelines.sources.doubts import (
    UNKNOWN_CURRENCY,
    Answers,
    Doubt,
    doubts,
    groups_told,
    of_given_back,
    of_unsold,
    told_currency,
    with_told_zone,
)
from pipelines.sources.epoch_moments import from_epoch
from pipelines.sources.evidence import Evidence
from pipelines.sources.file_form import FileForm
from pipelines.sources.file_set import headed_files, rows_of
from pipelines.sources.header_names import words
from pipelines.sources.locations import SQLITE_FILE, locate
from pipelines.sources.moment_style import ISO
from pipelines.sources.number_style import Style, decide
from pipelines.sources.presets import recognise
from pipelines.sources.presets.preset_fit import FittedPreset, fit
from pipelines.sources.profile import ColumnProfile, Sample, sampled
from pipelines.sources.roles import Guess, guess, left_out, taken_in
from pipelines.sources.source import Origin
from pipelines.sources.unread_columns import unread_columns
from pipelines.sources.yaml_text import scalar

_AMOUNT_ROLES = ("quantity", "unit_price", "revenue", "discount")
_PRODUCT_ROLES = ("name", "category", "department", "brand")


@dataclass(frozen=True)
class Draft:
    """A drafted mapping: its text, what was found for each role, required columns nothing was found for, what a
    person would have to say, what a person should know of the platform that the file is an export of, and for
    required columns why the best candidate is none.
    """

    text: str
    roles: dict[str, str]
    missing: tuple[str, ...]
    rows: int
    doubts: tuple[Doubt, ...]
    notes: tuple[str, ...] = ()
    unread: Mapping[str, str] = field(default_factory=dict)


def draft(place: str | Sequence[str], workspace: Path, answers: Answers | None = None) -> Draft:
    """Look at a place (a file, `duckdb:file#table`, a database URL and `#table`), or at several files of one table,
    and draft the mapping.

    `answers` are what a person said to the doubts of an earlier draft.

    Raises:
        MappingError: there is no such place.
        DataError: it can't be read, or holds no rows.
    """
    places = [_absolute(each) for each in ([place] if isinstance(place, str) else place)]
    try:
        origin = locate(places, FileForm(explored=True), Path.cwd(), "--from")
    except MappingError as error:
        raise MappingError(error.what, why=error.why, todo=error.todo) from None
    with sampled(origin) as sample:
        if not sample.rows:
            raise DataError(
                "it has a header but no rows", where=", ".join(places), todo="export it again, with its rows"
            )
        shown = [_shown(place, workspace) for place in places]
        recognised = recognise(_headers(origin), [workspace, *_folders(places)])
        separator = next((file.dialect.separator for file in headed_files(origin)), ",")
        answers = with_told_zone(answers or Answers(), sample.columns)
        notes = [recognised.remark] if recognised.remark else []
        if recognised.preset:
            fitted = fit(recognised.preset, sample, separator, answers)
            if not fitted.missing:
                return _of_preset(fitted, shown, origin, sample, answers)
            lacks = ", ".join(fitted.missing)
            notes.append(f"the columns are those of {fitted.preset.title}, but tell no {lacks}: drafted from the rows")
        found = guess(sample.columns, Evidence(sample.connection))
        style = _style(found.roles, separator, answers)
    text = _Writer(shown, origin, found, sample, answers).text()
    text += "".join(f"# {note}\n" for note in notes)
    notes += [f"{name}: {value.text}, as {value.remark}" for name, value in found.constants.items()]
    asked = doubts(found.roles, style, answers)
    if found.unsold and not answers.unsold:
        asked = (*asked, of_unsold(found.unsold.column.name, found.unsold.words))
    if found.given_back and not answers.given_back:
        asked = (*asked, of_given_back(found.given_back.column.name, found.given_back.words))
    notes += found.remarks
    unread = unread_columns(found.missing, sample.columns, found.used)
    return Draft(text, _said(found), found.missing, sample.rows, asked, (*notes, *sample.notes), unread)


def _style(roles: Mapping[str, ColumnProfile], separator: str, answers: Answers) -> Style:
    """How the numbers of the columns that hold amounts are written."""
    numeric = [roles[role].votes for role in _AMOUNT_ROLES if role in roles]
    return decide(numeric, separator, groups_told(roles, answers))


def _headers(origin: Origin) -> dict[str, Sequence[str]]:
    """For each file the names of its columns; of what is no file with a header, all that it has."""
    files: dict[str, Sequence[str]] = {file.label: file.dialect.header for file in headed_files(origin)}
    return files or {"the source": tuple(origin.columns())}


def _folders(places: Sequence[str]) -> list[Path]:
    """The folders that the files lie in."""
    return [Path(place).parent for place in places if "://" not in place and not place.startswith(("duckdb:", "${"))]


def _of_preset(fitted: FittedPreset, places: Sequence[str], origin: Origin, sample: Sample, answers: Answers) -> Draft:
    """The mapping that a platform's preset says, with the preset's comments."""
    preset = fitted.preset
    place = _from(places, origin)
    dialects = [file.dialect for file in headed_files(origin)]
    csv = csv_block(dialects, fitted.style) if dialects else []
    lines = [f"# recognised as {preset.title}", *_head(", ".join(places), sample, fitted.roles, answers)]
    for name, body in fitted.tables.items():
        lines += [f"  {name}:", *place, *body, *csv]
    without = [f"The export leaves out: {text}" for text in preset.leaves_out]
    zone = [f"time zone {answers.timezone}: the column {answers.zone_column} says it"] if answers.zone_column else []
    notes = [f"recognised as {preset.title}", *zone, *without, *preset.traps, *fitted.remarks]
    lines += [f"# {' '.join(note.split())}" for note in [*notes[1:], *sample.notes]]
    said = dict(fitted.said)
    return Draft(
        "\n".join([*lines, ""]),
        said,
        (),
        sample.rows,
        doubts(fitted.roles, fitted.style, answers),
        (*notes, *sample.notes),
    )


def _from(places: Sequence[str], origin: Origin) -> list[str]:
    """Where the rows are."""
    place = scalar(places[0]) if len(places) == 1 else f"[{', '.join(map(scalar, places))}]"
    rows = rows_of(origin)
    where = [f"    rows: {scalar(rows)}   # the lists of the file to go through, down to its rows"] if rows else []
    return [f"    from: {place}", *where]


def _head(shown: str, sample: Sample, roles: Mapping[str, ColumnProfile], answers: Answers) -> list[str]:
    """What stands above the tables."""
    base, source = told_currency(roles)
    if answers.base_currency:
        base, source = answers.base_currency, "as you said"
    zone, of_zone = (answers.timezone, _zone_said(answers)) if answers.timezone else ("UTC", "a guess")
    return [
        f"# Drafted from the first {sample.rows:,} rows of {shown}. Go over every line, then run:",
        "#   regulars ingest --dry-run",
        "# A column's value is a column of the file, or an SQL expression over its columns.",
        f"timezone: {zone}           # {of_zone}: the zone in which the shop's days begin, like Europe/London",
        f"base_currency: {base or UNKNOWN_CURRENCY}      # {source}: the currency of all amounts once taken in",
        "tables:",
    ]


def _zone_said(answers: Answers) -> str:
    return f"as the column {answers.zone_column} says" if answers.zone_column else "as you said"


def _said(found: Guess) -> dict[str, str]:
    """For each role the column that plays it, or the expression over columns that does."""
    return {
        **{role: column.name for role, column in found.roles.items()},
        **{role: value.text for role, value in found.orders.items()},
    }


def _absolute(place: str) -> str:
    """The whole path; a link stays one, so that where it leads to can be looked at."""
    head, mark, table = place.partition("#")
    if sqlite := SQLITE_FILE.fullmatch(head):
        return f"sqlite:///{os.path.abspath(sqlite[1])}{mark}{table}"  # noqa: PTH100
    prefix = "duckdb:" if head.startswith("duckdb:") else ""
    if "://" in head or head.startswith("${"):
        return place
    return f"{prefix}{os.path.abspath(Path(head.removeprefix(prefix)).expanduser())}{mark}{table}"  # noqa: PTH100


def _shown(place: str, workspace: Path) -> str:
    """Relative to the mapping where the file lies beside it."""
    try:
        return str(Path(place).relative_to(workspace.resolve()))
    except ValueError:
        return place


class _Writer:
    """Writes the YAML, with a comment on everything that was guessed."""

    def __init__(self, places: Sequence[str], origin: Origin, found: Guess, sample: Sample, answers: Answers) -> None:
        self.origin, self.found, self.sample, self.answers = origin, found, sample, answers
        self.place = _from(places, origin)
        self.shown = ", ".join(places)
        self.roles: dict[str, ColumnProfile] = found.roles

    def text(self) -> str:
        """The whole file."""
        head = _head(self.shown, self.sample, self.roles, self.answers)
        return "\n".join([*head, *self._orders(), *self._products(), *self._protected(), *self._remarks(), ""])

    def _orders(self) -> list[str]:
        lines = ["  orders:", *self.place, "    columns:"]
        lines += [self._order_column(column.name) for column in TABLES["orders"].columns]
        if self.found.constants:
            texts = ", ".join(f"{name}: {value.text}" for name, value in self.found.constants.items())
            remarks = "; ".join(value.remark for value in self.found.constants.values())
            lines.append(f"    constants: {{{texts}}}   # {remarks}")
        if self.found.keep_identical:
            lines.append("    identical_rows: keep   # a row is one piece: identical rows are pieces of their own")
        if self.found.identical:
            lines.append("    identical_rows: judge  # or keep, or set_aside; of the rows looked at:")
            lines += [f"    # {sentence}" for sentence in self.found.identical]
        return [
            line
            for line in [
                *lines,
                *self._fill_down(self.found.fill_down),
                *self._statuses(),
                *self._timestamps(),
                *self._csv(),
            ]
            if line
        ]

    def _order_column(self, target: str) -> str:
        if value := self.found.orders.get(target):
            remark = value.remark or f"like {_comment(self.roles[target].example)}"
            return f"      {target}: {self._value(target, value.text)}   # {remark}"
        if target not in TABLES["orders"].required or target in self.found.constants:
            return ""
        if target == "revenue" and "unit_price" in self.roles:
            price = reference(self.roles["unit_price"].name)
            return f"      # revenue: 'QUANTITY * {price}'   <- required: put the column with the quantity in its place"
        wanted = "required, and not found: name a column of the file, or an expression over its columns"
        return f"      # {target}:   <- {wanted}"

    def _value(self, target: str, text: str) -> str:
        column = self.roles.get(target)
        if target == "ordered_at" and column is not None and (counted := from_epoch(column)):
            return scalar(counted)
        return scalar(text)

    def _fill_down(self, used: Iterable[ColumnProfile]) -> list[str]:
        """The columns among `used` that only an order's first line fills."""
        names = [scalar(column.name) for column in self.found.fill_down if column in list(used)]
        return [f"    fill_down: [{', '.join(names)}]   # filled on the first line of an order only"] if names else []

    def _statuses(self) -> list[str]:
        """What a person said of orders that came to nothing, and of lines that were given back."""
        unsold = self.found.unsold if self.answers.unsold == "leave out" else None
        back = self.found.given_back if self.answers.given_back == "given back" else None
        listed = {
            role: (said.column.name, f"{role}: [{', '.join(map(scalar, said.words))}]")
            for role, said in (("refund", back), ("cancel", unsold))
            if said
        }
        if not listed:
            return []
        column = next(iter(listed.values()))[0]
        parts = ", ".join(text for name, text in listed.values() if name == column)
        lines = [f"    statuses: {{column: {scalar(column)}, {parts}}}   # as you said"]
        if unsold and unsold.column.name != column:
            lines.append(f"    where: {scalar(left_out(unsold))}   # as you said")
        return lines

    def _timestamps(self) -> list[str]:
        column = self.roles.get("ordered_at")
        if column is None or column.moment is None:
            return []
        zone = "zone: UTC}   # a guess: the zone of the clock that wrote the times"
        if {"utc", "gmt"} & set(words(column.name).split()):
            zone = "zone: UTC}   # as its name says"
        elif self.answers.timezone:
            zone = f"zone: {self.answers.timezone}}}   # {_zone_said(self.answers)}"
        if column.moment == ISO:
            return [f"    timestamps: {{{zone}"]
        if self.answers.moment:
            return [f'    timestamps: {{format: "{self.answers.moment}", {zone}']
        doubt = f"; {column.also!r} fits as well, so check day and month" if column.also else ""
        formats = [f'"{text}"' for text in (column.moment, *column.more)]
        written = formats[0] if len(formats) == 1 else f"[{', '.join(formats)}]"
        return [f"    timestamps: {{format: {written}, {zone}{doubt}"]

    def _csv(self) -> list[str]:
        dialects = [file.dialect for file in headed_files(self.origin)]
        return csv_block(dialects, _style(self.roles, dialects[0].separator, self.answers)) if dialects else []

    def _products(self) -> list[str]:
        if "product_id" not in self.roles:
            return []
        known = [role for role in _PRODUCT_ROLES if role in self.roles]
        product = self.found.orders["product_id"].text
        lines = [
            "  products:               # demand and recommendation count known products only",
            *self.place,
            "    distinct: true        # the file repeats a product on many lines; the value most of them have holds",
            "    columns:",
            f"      product_id: {scalar(product)}",
            *[f"      {role}: {scalar(self.roles[role].name)}" for role in known],
        ]
        if "category" not in known:
            lines.append(
                "    constants: {category: all}   # no category was found: demand is forecast for all together"
            )
        shown = reference(product) if product == self.roles["product_id"].name else product
        lines.append(f"    where: {scalar(f'{shown} IS NOT NULL')}")
        return [*lines, *self._csv()]

    def _protected(self) -> list[str]:
        """One protected attribute, for the fairness reports; no model sees it."""
        customer = self.found.orders.get("customer_id")
        if not self.found.protected or customer is None:
            return []
        attribute, column = next(iter(self.found.protected.items()))
        more = ", ".join(c.name for c in list(self.found.protected.values())[1:])
        both = f"{reference(customer.text)} IS NOT NULL AND {reference(column.name)} IS NOT NULL"
        return [
            "  protected:              # stored apart, for fairness reports only: no feature is ever built on it",
            *self.place,
            "    distinct: true",
            f"    columns: {{customer_id: {scalar(customer.text)}, value: {scalar(column.name)}}}",
            f"    constants: {{attribute: {attribute}}}"
            + (f"   # bring these in a file of their own: {more}" if more else ""),
            f"    where: {scalar(both)}",
            *self._fill_down([self.roles["customer_id"], column]),
            *self._csv(),
        ]

    def _remarks(self) -> list[str]:
        rest = [name for name in self.origin.columns() if name not in self.found.used]
        unused = [f"Columns of the file that nothing uses: {', '.join(map(tidy, rest))}"] if rest else []
        found = [*self.found.remarks, *self._unsold_kept()]
        return [f"# {' '.join(remark.split())}" for remark in [*self.sample.notes, *found, *unused]]

    def _unsold_kept(self) -> list[str]:
        unsold = self.found.unsold
        return [taken_in(unsold)] if unsold and self.answers.unsold != "leave out" else []


def _comment(example: str) -> str:
    return repr(" ".join(example.split())[:30])
