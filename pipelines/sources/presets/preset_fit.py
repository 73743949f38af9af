"""A preset beside the rows of a file: how its times and numbers are written, and whether its orders add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.errors import MappingError
from core.expressions import analyse, quote
from feature_repo.contract import TABLES
from pipelines.parsing.formats import Formats
from pipelines.parsing.moments import moment
from pipelines.parsing.numbers import number_from_text
from pipelines.parsing.types import is_text
from pipelines.sources import moment_style, number_style
from pipelines.sources.doubts import Answers, groups_told
from pipelines.sources.epoch_moments import from_epoch
from pipelines.sources.moment_style import ISO
from pipelines.sources.number_style import Style
from pipelines.sources.presets.preset_form import Preset
from pipelines.sources.presets.preset_text import in_words_of, written
from pipelines.sources.profile import SAMPLE, ColumnProfile, Sample
from pipelines.sources.source import ROW

_TELLS = 0.99
"""The share of a file's times that formats have to read for them to be those of the file."""
_CENT = 0.011


@dataclass(frozen=True)
class FittedPreset:
    """The tables of a mapping in the file's words, as far as the file has what the preset names.

    `roles` are the columns that tell what a person has to be asked, `style` is how the numbers are written.
    """

    preset: Preset
    tables: Mapping[str, Sequence[str]]
    said: Mapping[str, str]
    roles: Mapping[str, ColumnProfile]
    style: Style
    remarks: Sequence[str]

    @property
    def missing(self) -> tuple[str, ...]:
        """Required columns of orders that the file has nothing for."""
        constants = self.preset.mapped("orders").constants
        return tuple(name for name in TABLES["orders"].required if name not in self.said and name not in constants)


def fit(preset: Preset, sample: Sample, separator: str, answers: Answers) -> FittedPreset:
    """The preset for a file with this sample; `separator` parts its cells."""
    return _Fit(preset, sample, separator, answers).fitted()


class _Fit:
    """One preset, one sample."""

    def __init__(self, preset: Preset, sample: Sample, separator: str, answers: Answers) -> None:
        self.preset, self.sample, self.separator, self.answers = preset, sample, separator, answers
        self.columns = {column.name: column for column in sample.columns}

    def fitted(self) -> FittedPreset:
        """Everything about them."""
        found = written(self.preset, list(self.columns), {})
        roles = {role: self.columns[text] for role, text in found.orders.items() if text in self.columns}
        numeric = [column for text in found.amounts for column in self._of(text) if column.number]
        if "currency" in roles and len(roles["currency"].most_frequent) != 3:
            del roles["currency"]
        if code := self.preset.mapped("orders").constants.get("currency"):
            roles["currency"] = replace(self.sample.columns[0], most_frequent=code)
        if signed := next((column for column in numeric if column.currency), None):
            roles["unit_price"] = signed
        remarks = list(found.left_out)
        if "ordered_at" in found.orders:
            at = self._moment(found.orders["ordered_at"])
            roles["ordered_at"] = at
            counted = from_epoch(at) if at.name in self.columns else None
            instead = {"timestamps": self._timestamps(at), **({"ordered_at": counted} if counted else {})}
            found = written(self.preset, list(self.columns), instead)
            self._append(found.tables["orders"], at)
        style = self._style(numeric, roles)
        remarks += self._changed(found.orders.get("order_id"))
        remarks += self._sums(found.orders.get("order_id"), style)
        return FittedPreset(self.preset, found.tables, found.orders, roles, style, remarks)

    def _style(self, numeric: Sequence[ColumnProfile], roles: Mapping[str, ColumnProfile]) -> Style:
        """How the numbers are written."""
        each = {column.name: column.votes for column in numeric}
        groups = self.preset.groups or groups_told(roles, self.answers)
        return number_style.decide(list(each.values()), self.separator, groups)

    def _of(self, text: str) -> list[ColumnProfile]:
        """The columns of the file that a text reads; none where it reads what an operation makes."""
        names = [*self.columns, *self._made()]
        return [self.columns[name] for name in analyse(text, names).columns if name in self.columns]

    def _made(self) -> list[str]:
        mapped = self.preset.mapped("orders")
        groups = mapped.explode.groups if mapped.explode else {}
        return [*groups, *(mapped.unpivot.keys if mapped.unpivot else ())]

    def _moment(self, text: str) -> ColumnProfile:
        """The column (or what is computed of several) that says when; its formats are the preset's where they fit."""
        sql = analyse(text, list(self.columns)).sql
        first = self._of(text)[0]
        connection = self.sample.connection
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE at_ AS SELECT v FROM (SELECT CAST({sql} AS VARCHAR) AS v FROM {SAMPLE})"
            " WHERE v IS NOT NULL"
        )
        stated = self.preset.mapped("orders").timestamps.format
        column = replace(first, name=text)
        if stated and self._read_by(stated) >= _TELLS:
            return replace(column, moment=stated[0], more=stated[1:], also=None)
        if text == first.name:
            return first
        [(filled,)] = connection.execute("SELECT count(*) FROM at_").fetchall()
        style = moment_style.detect(connection, "at_", filled) if filled and is_text(first.type) else None
        if style is None:
            return replace(column, moment=stated[0] if stated else None, more=stated[1:], also=None)
        return replace(column, moment=style.format, more=style.more, also=style.also)

    def _read_by(self, formats: Sequence[str]) -> float:
        read = moment("v", tuple(formats), "UTC")
        [(found, all_)] = self.sample.connection.execute(f"SELECT count({read}), count(*) FROM at_").fetchall()
        return found / all_ if all_ else 0.0

    def _timestamps(self, at: ColumnProfile) -> str:
        """The block of the mapping; a zone stands in it where the platform has one of its own."""
        formats = [self.answers.moment] if self.answers.moment and at.also else [at.moment or ISO, *at.more]
        shown = [f'"{text}"' for text in formats if text != ISO]
        parts = [f"format: {shown[0] if len(shown) == 1 else '[' + ', '.join(shown) + ']'}"] if shown else []
        zone = self.preset.mapped("orders").timestamps.zone
        return f"{{{', '.join([*parts, *([f'zone: {zone}'] if zone else [])])}}}"

    def _append(self, lines: list[str], at: ColumnProfile) -> None:
        """The block of a preset that has none."""
        block = self._timestamps(at)
        if "timestamps" not in self.preset.tables["orders"] and block != "{}":
            doubt = f"   # {at.also!r} fits as well, so check day and month" if at.also else "   # seen in the file"
            lines.append(f"    timestamps: {block}{doubt}")

    def _sums(self, order: str | None, style: Style) -> list[str]:
        """What is to be said where the lines of orders do not come to what the export says of the order."""
        rule = self.preset.adds_up
        if rule is None or order is None:
            return []
        texts = [in_words_of(self.preset, list(self.columns), text) for text in (rule.lines, rule.less or "0", rule.to)]
        if any(not self._there(text) for text in texts):
            return []
        lines, less, to = (
            self._amount(text, Formats(decimal=style.decimal, thousands=style.thousands)) for text in texts
        )
        key = f"last_value({analyse(order, list(self.columns)).sql} IGNORE NULLS) OVER (ORDER BY {ROW})"
        rows = f"SELECT {key} AS k, {lines} AS a, {less} AS b, {to} AS c, {ROW} AS r FROM {SAMPLE}"
        orders = (
            f"SELECT sum(a) - coalesce(max(b), 0) - max(c) AS off FROM ({rows}) GROUP BY k HAVING max(c) IS NOT NULL"
        )
        [(all_, wrong, off)] = self.sample.connection.execute(
            f"SELECT count(*), count(*) FILTER (wrong), sum(off) FILTER (wrong)"
            f" FROM (SELECT off, abs(off) > {_CENT} AS wrong FROM ({orders}))"
        ).fetchall()
        if not wrong:
            return []
        minus = f" less {texts[1]}" if rule.less else ""
        return [
            f"{wrong:,} of {all_:,} orders: {texts[0]}{minus} is not the order's {texts[2]};"
            f" together it differs by {off:+,.2f}. Look at these orders before you trust the revenue"
        ]

    def _changed(self, order: str | None) -> list[str]:
        """What is to be said of orders that tell two things where each tells one."""
        names = [in_words_of(self.preset, list(self.columns), name) for name in self.preset.once_an_order]
        remarks = []
        for name in names if order else ():
            if name not in self.columns:
                continue
            key = f"last_value({analyse(str(order), list(self.columns)).sql} IGNORE NULLS) OVER (ORDER BY {ROW})"
            rows = f"SELECT {key} AS k, CAST({quote(name)} AS VARCHAR) AS v FROM {SAMPLE}"
            [(orders,)] = self.sample.connection.execute(
                f"SELECT count(*) FROM (SELECT k FROM ({rows}) GROUP BY k HAVING count(DISTINCT v) > 1)"
            ).fetchall()
            if orders:
                remarks.append(
                    f"{orders:,} orders stand in the files with more than one {name}, as where one changed between two"
                    " exports; nothing tells which is the newer. Export the whole range anew, and start with that"
                )
        return remarks

    def _there(self, text: str) -> bool:
        try:
            analyse(text, list(self.columns))
        except MappingError:
            return False
        return True

    def _amount(self, text: str, formats: Formats) -> str:
        """SQL of an amount over the sample."""
        texts = [column.name for column in self.sample.columns if is_text(column.type)]
        if text in texts:
            return number_from_text(quote(text), formats)
        return (
            f"TRY({analyse(text, list(self.columns), text_columns=texts, number=number_from_text('{0}', formats)).sql})"
        )
