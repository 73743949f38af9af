"""Feature snapshots: one Parquet partition per view and date, built only where missing or stale.

`feature_repo.partitions` says where they lie and what each was made from.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir
import pyarrow.parquet as pq

from core import locks, progress, utc
from core.clock import day_start
from core.errors import DataError
from core.files import replace_directory, staging_directory, write_atomically
from core.workspace import Workspace, of_one_generation
from feature_repo import catalog, code_types, engines, family_modules, shop_tables
from feature_repo.catalog import View
from feature_repo.feature_definition import DECIMALS, IBIS_TYPES, Feature
from feature_repo.partitions import BUILD, PART, Build, built_days, is_fresh, partition, read_build, transform_hash
from feature_repo.shop_tables import AnySnapshot, KnownTables, ShopTables, Snapshot

if TYPE_CHECKING:
    import pandas as pd

TIMESTAMP = "event_timestamp"


_OF = " of "
"""Between the view and the family in the name of a temporary table."""


@dataclass(frozen=True)
class BuildReport:
    """What `ensure` did: the dates it built, those it could reuse, the rows of all of them, and how long it took."""

    view: str
    built: tuple[date, ...]
    reused: tuple[date, ...]
    rows: int
    seconds: float


@dataclass(frozen=True)
class CompiledView:
    """A view's queries for any snapshot: Ibis takes several times as long to write them as the engine to run them.

    `reads` are the tables and aggregates they stand on, `parts` the queries of the families' temporary tables.
    """

    reads: tuple[str, ...]
    parts: Mapping[str, str]
    query: str
    at: AnySnapshot

    def prepared(self, shop: ShopTables, day: date) -> str:
        """The query of the view as of a day, once the engine has what it stands on."""
        self.begin(shop, day)
        self.compute(shop, self.parts)
        return self.query

    def begin(self, shop: ShopTables, day: date) -> None:
        """Have the tables there, and tell the engine which day it is."""
        for name in self.reads:
            shop.table(name)
        for statement in self.at.setting(day):
            shop.engine.raw_sql(statement)

    def compute(self, shop: ShopTables, names: Iterable[str]) -> None:
        """Some of the families' temporary tables."""
        for name in names:
            with family_modules.computing(self.family_of(name)):
                shop.fill(name, self.parts[name])

    @staticmethod
    def family_of(part: str) -> str:
        """Which family a temporary table is of."""
        return part.partition(_OF)[2]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"reads": self.reads, "parts": self.parts, "query": self.query, "days": sorted(self.at.used)}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> CompiledView:
        """The inverse of `as_dict`."""
        at = AnySnapshot(used=set(content["days"]))
        return cls(tuple(content["reads"]), content["parts"], content["query"], at)


_COMPILED: dict[tuple[str, ...], CompiledView] = {}
"""By the names of a view and its families, and the shape of the tables."""


def snapshot_day(workspace: Workspace, view: View, as_of: date) -> date:
    """The snapshot that shows a view as of a date: weekly series are counted up to a Monday."""
    if view.entity is not catalog.SERIES or workspace.settings.demand.freq == "D":
        return as_of
    monday = as_of - timedelta(days=as_of.weekday())
    return min(as_of, max(monday, workspace.tables.first_day() + timedelta(days=1)))


def ensure(workspace: Workspace, view: str, dates: Iterable[date]) -> BuildReport:
    """Build the snapshots of `dates` that are missing or stale.

    Raises:
        UsageError: no such view.
        NotReady: nothing has been ingested.
        DataError: a date before any data; names the earliest possible one.
    """
    return ensure_all(workspace, [view], dates)[0]


@of_one_generation
def ensure_all(workspace: Workspace, views: Iterable[str], dates: Iterable[date]) -> list[BuildReport]:
    """`ensure` for several views, from one reading of the tables.

    Raises:
        UsageError, NotReady, DataError: as `ensure`.
    """
    specs, wanted = _asked(workspace, views, dates)
    with _reading(workspace) as shop:
        return [_ensure(workspace, spec, wanted, shop) for spec in specs]


@contextmanager
def kept(workspace: Workspace, views: Iterable[str], dates: Iterable[date]) -> Iterator[list[BuildReport]]:
    """`ensure_all`; until the end of the block no other process builds snapshots of these views anew.

    A job on a pinned workspace reads what its generation gives, though another's makes the same snapshots stale.

    Raises:
        UsageError, NotReady, DataError: as `ensure`.
    """
    specs, wanted = _asked(workspace, views, dates)
    with ExitStack() as held:
        for spec in sorted(specs, key=lambda spec: spec.name):  # always in one order, so that nobody waits in a circle
            held.enter_context(_building(workspace, spec))
        with _reading(workspace) as shop:
            reports = [_build_missing(workspace, spec, wanted, shop) for spec in specs]
        yield reports


def _asked(workspace: Workspace, views: Iterable[str], dates: Iterable[date]) -> tuple[list[View], list[date]]:
    specs, wanted = [catalog.view(name) for name in views], sorted(set(dates))
    refuse_too_early(workspace, wanted)
    return specs, wanted


@contextmanager
def _reading(workspace: Workspace) -> Iterator[Callable[[], ShopTables]]:
    """The tables, opened once and only if something is to be built, on the engine of the settings."""
    with ExitStack() as until_end:
        yield cache(lambda: until_end.enter_context(engines.opened(workspace)))


def _building(workspace: Workspace, view: View) -> AbstractContextManager[None]:
    return locks.waiting(workspace.features_dir / f".{view.name}.lock")


def _ensure(workspace: Workspace, view: View, wanted: list[date], shop: Callable[[], ShopTables]) -> BuildReport:
    started, transform = time.monotonic(), transform_hash(workspace, view)
    if not _outdated(workspace, view, transform) and not _not_fresh(workspace, view, wanted, transform):
        return _report(workspace, view, wanted, [], started)
    with _building(workspace, view):
        return _build_missing(workspace, view, wanted, shop)


def _build_missing(workspace: Workspace, view: View, wanted: list[date], shop: Callable[[], ShopTables]) -> BuildReport:
    """Hold the view's lock meanwhile."""
    started, transform = time.monotonic(), transform_hash(workspace, view)
    _tidy(workspace, view, transform)
    missing = _not_fresh(workspace, view, wanted, transform)
    for day in progress.current().track(missing, f"features: {view.name}", total=len(missing)):
        build = Build(view.name, day.isoformat(), transform, workspace.tables.digest(day))
        _build(workspace, view, shop(), build)
    return _report(workspace, view, wanted, missing, started)


def _report(workspace: Workspace, view: View, wanted: list[date], built: list[date], started: float) -> BuildReport:
    rows = sum(build.rows for day in wanted if (build := read_build(workspace, view.name, day)))
    reused = tuple(day for day in wanted if day not in set(built))
    return BuildReport(view.name, tuple(built), reused, rows, time.monotonic() - started)


def expression(view: View, shop: ShopTables, at: Snapshot) -> ir.Table:
    """The view's table as of the snapshot: key and features, one row per entity. `shop` is not yet cut.

    Each family is computed by itself: one query of all of them takes the engine several times as long to plan.
    """
    known = shop.before(at)
    kept = []
    for name, part in _parts(view, known, at).items():
        with family_modules.computing(CompiledView.family_of(name)):
            kept.append(shop.keep(name, part))
    return _joined(view, known, kept)


def passing(workspace: Workspace, view: View, days: Iterable[date]) -> Iterator[tuple[date, pd.DataFrame]]:
    """Snapshots of a view that are not kept, one day after another: a row per entity, in the order of the key."""
    shop = shop_tables.tables(workspace, shop_tables.connect(workspace), keeps=True)
    queries = compiled(view, shop)
    for day in days:
        yield day, shop.engine.raw_sql(queries.prepared(shop, day)).df()


def compiled(view: View, shop: ShopTables) -> CompiledView:
    """The view's queries for any snapshot, written once for all processes on a workspace."""
    key = (view.name, *view.family_names, *shop.shape)
    if key not in _COMPILED:
        kept = shop.written.read(view.name, *view.family_names)
        _COMPILED[key] = CompiledView.from_dict(kept) if kept else _compiled(view, shop)
        if not kept:
            shop.written.write(view.name, _COMPILED[key].as_dict(), *view.family_names)
    return _COMPILED[key]


def _compiled(view: View, shop: ShopTables) -> CompiledView:
    at = AnySnapshot()
    known = shop.before(at)
    shop.asked.clear()
    parts = _parts(view, known, at)
    filled = [shop.filled(name, part.schema()) for name, part in parts.items()]
    query = str(shop.engine.compile(_joined(view, known, filled)))
    names, lists = ([feature.name for feature in view.features if feature.dtype == each] for each in ("text", "texts"))
    if shop.numbers(view.key):
        query = shop.named(code_types.as_texts(query, names, lists))
    else:
        query = code_types.as_texts(f'SELECT * FROM ({query}) ORDER BY "{view.key}"', [view.key, *names], lists)
    texts = {name: str(shop.engine.compile(part)) for name, part in parts.items()}
    return CompiledView(tuple(shop.asked), texts, query, at)


def _parts(view: View, known: KnownTables, at: Snapshot) -> dict[str, ir.Table]:
    speaking = [family for family in view.families if _speaks(family, known)]
    parts = {}
    for number, family in enumerate(speaking):
        name = family.__name__.rpartition(".")[2]
        with family_modules.computing(name):
            parts[f"{view.name}{_OF}{name}"] = family_table(view, family, known, at, number)
    return parts


def _speaks(family: ModuleType, known: KnownTables) -> bool:
    return all(map(known.has, getattr(family, "NEEDS", ())))


def _joined(view: View, known: KnownTables, parts: Sequence[ir.Table]) -> ir.Table:
    base = view.population(known) if view.population else parts[0].select(**{view.key: f"{view.key}_0"})
    joined = base
    for i, part in enumerate(parts):
        joined = joined.left_join(part, base[view.key] == part[f"{view.key}_{i}"])
    said = {feature.name for family in view.families if _speaks(family, known) for feature in family.FEATURES}
    columns = {f.name: _filled(joined[f.name], f) if f.name in said else _missing(f) for f in view.features}
    return joined.select(view.key, **columns)


def family_table(view: View, family: ModuleType, known: KnownTables, at: Snapshot, number: int = 0) -> ir.Table:
    """A family's table, with a key column of its own name, `KEY_NUMBER` (which keeps the join flat)."""
    table = family.compute(known, at)
    columns = {feature.name: _typed(table[feature.name], feature) for feature in family.FEATURES}
    return table.select(**{f"{view.key}_{number}": view.key}, **columns)


def _typed(value: ir.Value, feature: Feature) -> ir.Value:
    value = value.cast(IBIS_TYPES[feature.dtype])
    return value.round(DECIMALS) if feature.dtype == "float" else value


def _filled(value: ir.Value, feature: Feature) -> ir.Value:
    return value if feature.default is None else value.fill_null(feature.default)


def _missing(feature: Feature) -> ir.Value:
    """The shop has not brought the table this comes from: nothing can be said, not even 0."""
    return ibis.null(IBIS_TYPES[feature.dtype])


def refuse_too_early(workspace: Workspace, days: Sequence[date]) -> None:
    """Refuse days on which no snapshot can be made.

    Raises:
        DataError: a date before any data; names the earliest possible one.
    """
    first = workspace.tables.first_day()
    early = [day for day in days if day <= first]
    if early:
        earliest = date.fromordinal(first.toordinal() + 1)
        raise DataError(
            f"no data before {early[0]}",
            why=f"the first order is of {first}",
            todo=f"the earliest possible date is {earliest}",
        )


def _not_fresh(workspace: Workspace, view: View, days: Sequence[date], transform: str) -> list[date]:
    return [day for day in days if not is_fresh(workspace, view, day, transform)]


def _outdated(workspace: Workspace, view: View, transform: str) -> list[date]:
    """Partitions made by other transforms: their columns may differ, and readers take all there are."""
    builds = {day: read_build(workspace, view.name, day) for day in built_days(workspace, view.name)}
    return [day for day, build in builds.items() if build is None or build.transform != transform]


def _tidy(workspace: Workspace, view: View, transform: str) -> None:
    """Remove what is outdated, and what a killed build has left lying; hold the view's lock meanwhile."""
    folders = [partition(workspace, view.name, day).parent for day in _outdated(workspace, view, transform)]
    for folder in [*folders, *(workspace.features_dir / view.name).glob(".snapshot=*")]:
        shutil.rmtree(folder, ignore_errors=True)


def _build(workspace: Workspace, view: View, shop: ShopTables, build: Build) -> None:
    started, day = time.monotonic(), date.fromisoformat(build.snapshot)
    target = partition(workspace, view.name, day).parent
    with staging_directory(target) as staging:
        rows = write(view, shop, day, staging / PART, day_start(day, workspace.tables.timezone))
        done = replace(
            build,
            rows=rows,
            seconds=round(time.monotonic() - started, 3),
            built_at=utc.text(),
        )
        write_atomically(staging / BUILD, json.dumps(asdict(done), indent=1))
        replace_directory(staging, target)


def write(view: View, shop: ShopTables, day: date, path: Path, moment: datetime) -> int:
    """Write the rows with their event_timestamp; returns how many."""
    if shop.writes_once:
        query = compiled(view, shop).prepared(shop, day)
        stamped = f"SELECT *, TIMESTAMPTZ '{moment.isoformat()}' AS {TIMESTAMP} FROM ({query})"
        shop.write_query(stamped, path)
    else:
        table = expression(view, shop, Snapshot(day)).order_by(view.key)
        shop.write(table.mutate(**{TIMESTAMP: ibis.literal(moment.isoformat()).cast("timestamp('UTC', 6)")}), path)
    return int(pq.read_metadata(path).num_rows)
