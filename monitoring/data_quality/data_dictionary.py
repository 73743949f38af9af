"""The data dictionary: every field of the shop's tables and every feature, with what it means and where it comes from.

What only the mapping tells (source columns, owners) is noted at ingest (`SourceNote`); the rest is looked up in the
tables and snapshots in force when somebody asks.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from itertools import pairwise
from statistics import median
from typing import Any

from core import query_engine, row_places, utc
from core.expressions import literal, quote
from core.files import write_atomically
from core.manifest import Commit
from core.workspace import Workspace, of_one_generation
from feature_repo import catalog, lineage
from feature_repo.contract import TABLES, ColumnSpec, TableSpec
from feature_repo.partitions import built_days, partition, read_build
from monitoring.data_quality.completeness import empty_cells
from monitoring.data_quality.look import TablesRead

FILE = "dictionary.json"
NOBODY = "not named"
"""The owner of a table for which the mapping names none."""
_UNITS = {"id": "id", "text": "text", "timestamp": "moment, UTC", "date": "day", "boolean": "yes or no"}
_SPANS = {"campaigns": ("starts_on", "ends_on"), "promotions": ("starts_on", "ends_on"), "calendar": ("date", "date")}
"""The days that rows without a time are about."""


@dataclass(frozen=True)
class SourceNote:
    """What the mapping told of a table when it was read last: what fills each column, and who owns it."""

    table: str
    source: str
    columns: Mapping[str, str]
    owner: str


@dataclass(frozen=True)
class DictionaryField:
    """One column or feature. `source` are the source columns or expressions behind it, as «column» or «table.column».

    `completeness` is the share of rows that have it, None where nobody could tell. Of a feature, `missing` says what
    stands where nothing happened, and `cause` the family of reasons that it belongs to.
    """

    name: str
    meaning: str
    unit: str
    source: tuple[str, ...]
    first_day: str | None
    last_day: str | None
    completeness: float | None
    needs: tuple[str, ...] = ()
    missing: str | None = None
    cause: str | None = None

    @property
    def by_table(self) -> dict[str, str]:
        """The columns behind a feature, listed for each table."""
        found: dict[str, list[str]] = {}
        for table, _, column in (one.partition(".") for one in self.source):
            found.setdefault(table, []).append(column)
        return {table: ", ".join(columns) for table, columns in found.items()}


@dataclass(frozen=True)
class DictionarySection:
    """A table, or a view of features: what one row is, where it comes from, how fresh it is and who owns it."""

    name: str
    kind: str
    row: str
    rows: int
    files: tuple[str, ...]
    refreshed_at: str | None
    rhythm: str
    owner: str
    fields: tuple[DictionaryField, ...]


@dataclass(frozen=True)
class DataDictionary:
    """All of it, as of one generation of the tables."""

    at: str
    generation: int
    sections: tuple[DictionarySection, ...] = field(default_factory=tuple)

    def as_document(self) -> dict[str, Any]:
        """For machines: one entry per field, each complete in itself."""
        entries = [_entry(section, each) for section in self.sections for each in section.fields]
        return {"at": self.at, "generation": self.generation, "fields": entries}


def keep_notes(workspace: Workspace, notes: Iterable[SourceNote]) -> None:
    """Note what the mapping told."""
    text = json.dumps([asdict(note) for note in notes], indent=1)
    write_atomically(workspace.tables_dir / FILE, text)


def recall_notes(workspace: Workspace) -> list[SourceNote]:
    """What the mapping told at the last ingest; nothing where an earlier release ran it."""
    try:
        kept = json.loads((workspace.tables_dir / FILE).read_text())
        return [SourceNote(**entry) for entry in kept]
    except (OSError, ValueError, TypeError):
        return []


def made_of(workspace: Workspace) -> tuple[Hashable, ...]:
    """What tells two dictionaries apart: the tables, the notes, the newest snapshot of each view, the settings."""
    builds = []
    for name in catalog.VIEWS:
        days = built_days(workspace, name)
        build = read_build(workspace, name, days[-1]) if days else None
        builds.append((name, len(days), build.built_at if build else ""))
    notes = tuple(map(repr, recall_notes(workspace)))
    return str(workspace.root), workspace.tables.generation, notes, tuple(builds), repr(workspace.settings)


@of_one_generation
def describe(workspace: Workspace) -> DataDictionary:
    """The dictionary of the tables in force and of the features made of them.

    Raises:
        NotReady: nothing has been ingested.
    """
    workspace.tables.entry("orders")
    notes = {note.table: note for note in recall_notes(workspace)}
    with query_engine.on_tables(workspace) as connection:
        look = TablesRead(workspace, connection)
        tables = [_table(look, TABLES[name], notes.get(name)) for name in TABLES if workspace.tables.has(name)]
        by_name = {section.name: section for section in tables}
        views = [_view(look, catalog.VIEWS[name], by_name) for name in catalog.VIEWS]
    return DataDictionary(utc.text(), workspace.tables.generation, (*tables, *views))


def _table(look: TablesRead, spec: TableSpec, note: SourceNote | None) -> DictionarySection:
    rows, empty, days = look.workspace.tables.rows(spec.name), empty_cells(look, spec.name), _days(look, spec)
    commits = [each for each in look.workspace.tables.manifest.commits if each.table == spec.name]
    filled = {column.name: 1 - empty[column.name] / rows for column in spec.columns}
    currency = look.workspace.tables.manifest.base_currency
    fields = [
        DictionaryField(
            column.name,
            column.description,
            _unit(column, currency),
            (note.columns[column.name],) if note and column.name in note.columns else (),
            *days.get(column.name, (None, None)),
            filled[column.name],
        )
        for column in spec.columns
        if (column.name in note.columns if note else filled[column.name] > 0)
    ]
    return DictionarySection(
        spec.name,
        "table",
        spec.row,
        rows,
        _files(look.workspace, spec.name) or ((note.source,) if note else ()),
        commits[-1].at if commits else None,
        _rhythm(commits),
        note.owner if note else NOBODY,
        tuple(fields),
    )


def _view(look: TablesRead, view: catalog.View, tables: Mapping[str, DictionarySection]) -> DictionarySection:
    workspace = look.workspace
    days = built_days(workspace, view.name)
    build = read_build(workspace, view.name, days[-1]) if days else None
    filled = _filled(look, view, days[-1]) if days else {}
    found = lineage.of_view(view.name, workspace.settings)
    reads = [table for table in tables if any(table == name for each in found for name, _ in each.columns)]
    return DictionarySection(
        view.name,
        "features",
        f"{view.entity.description}; {view.description}",
        build.rows if build else 0,
        tuple(dict.fromkeys(file for table in reads for file in tables[table].files)),
        build.built_at if build else None,
        f"with each snapshot; of {days[-1]} last" if days else "not built yet",
        ", ".join(dict.fromkeys(tables[table].owner for table in reads)),
        tuple(
            DictionaryField(
                each.feature.name,
                each.feature.meaning,
                each.feature.unit,
                tuple(f"{table}.{column}" for table, column in each.columns if table in tables),
                *_period(tables, [table for table, _ in each.columns]),
                filled.get(each.feature.name),
                tuple(sorted({table for table, _ in each.columns} - tables.keys())),
                each.feature.missing,
                each.feature.cause,
            )
            for each in found
        ),
    )


def _days(look: TablesRead, spec: TableSpec) -> dict[str, tuple[str | None, str | None]]:
    """The first and the last day of which a column says something."""
    if spec.name in _SPANS:
        first, last = _SPANS[spec.name]
        query = f"SELECT min({first}), max({last}) FROM {spec.name}"
        found = dict.fromkeys(spec.names, look.connection.execute(query).fetchall()[0])
    elif spec.time:
        parts = [f"{end}(day) FILTER ({quote(name)} IS NOT NULL)" for name in spec.names for end in ("min", "max")]
        row = look.connection.execute(f"SELECT {', '.join(parts)} FROM {spec.name}").fetchall()[0]
        found = dict(zip(spec.names, zip(row[::2], row[1::2], strict=True), strict=True))
    else:
        return {}
    return {name: (_text(first), _text(last)) for name, (first, last) in found.items()}


def _period(tables: Mapping[str, DictionarySection], reads: Sequence[str]) -> tuple[str | None, str | None]:
    """The days of the facts that a feature is computed from."""
    facts = [name for name in dict.fromkeys(reads) if name in tables and TABLES[name].kind == "fact"]
    fields = [each for name in facts for each in tables[name].fields]
    firsts, lasts = [each.first_day for each in fields], [each.last_day for each in fields]
    return min(filter(None, firsts), default=None), max(filter(None, lasts), default=None)


def _filled(look: TablesRead, view: catalog.View, day: date) -> dict[str, float]:
    """The share of rows of a snapshot that have each feature, by the file's own statistics."""
    path = literal(str(partition(look.workspace, view.name, day)))
    rows = look.connection.execute(
        "SELECT path_in_schema, sum(num_values), sum(stats_null_count), bool_or(stats_null_count IS NULL)"
        f" FROM parquet_metadata({path}) GROUP BY 1"
    ).fetchall()
    return {name.partition(".")[0]: 1 - nulls / n for name, n, nulls, lacking in rows if n and not lacking}


def _unit(column: ColumnSpec, currency: str) -> str:
    if column.type != "number":
        return _UNITS[column.type]
    if column.money or "base currency" in column.description:
        return currency or "base currency"
    return "units" if column.name == "quantity" else "number"


def _files(workspace: Workspace, table: str) -> tuple[str, ...]:
    found = [reading.file for reading in row_places.readings(workspace).values() if reading.table == table]
    return tuple(dict.fromkeys(found))


def _rhythm(commits: Sequence[Commit]) -> str:
    """How often rows came: the median of the days between commits."""
    moments = [utc.parse(commit.at) for commit in commits]
    between = [(later - earlier).total_seconds() / 86_400 for earlier, later in pairwise(moments)]
    if not between:
        return "taken in once"
    days = median(between)
    return f"every {days:.0f} days" if days >= 1.5 else "daily" if days >= 0.5 else "several times a day"


def _entry(section: DictionarySection, each: DictionaryField) -> dict[str, Any]:
    about = {name: value for name, value in asdict(section).items() if name not in {"fields", "name", "rows"}}
    return {"of": section.name, **asdict(each), **about}


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None
