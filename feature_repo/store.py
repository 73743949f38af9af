"""Reading and filling the feature store: training frames as of their time, and the online store."""

from __future__ import annotations

import contextlib
import hashlib
import io
import shutil
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

import ibis
import pandas as pd
import pyarrow.parquet as pq

from core import locks, query_engine, spark_session
from core.clock import day_start
from core.errors import StoreError
from core.files import write_atomically
from core.kept_answers import KeptAnswers
from core.workspace import Workspace, of_one_generation
from feature_repo import catalog, drawn_snapshots, partitions, shop_tables, snapshots
from feature_repo.catalog import View
from feature_repo.config import OFFLINE_STORE, ONLINE_STORE, SPARK_STORE, repo_config
from feature_repo.entities import entity
from feature_repo.feast_api import FeatureStore
from feature_repo.materialization import Content, Materializations
from feature_repo.packed.filling import fill
from feature_repo.packed.opened import online_backend
from feature_repo.packed.view_tables import PROJECT
from feature_repo.services import services
from feature_repo.snapshots import TIMESTAMP
from feature_repo.store_errors import store_errors
from feature_repo.views import PLACE, view

# Importing Feast switches these on; the versions of DuckDB and Ibis are pinned together.
warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"ibis\.")

APPLIED = "applied.json"
READ_BACK = 3
MOST_KEPT = 20_000
"""Rows of a snapshot that are read whole, and kept for the steps of a job that ask for most of them again."""
_WHOLE = KeptAnswers[pd.DataFrame](most=4)


@dataclass(frozen=True)
class MaterializeReport:
    """What the online store now shows: the date, the rows of each view, and how long it took."""

    as_of: date
    rows: dict[str, int]
    seconds: float


def feature_store(workspace: Workspace, offline_store: str = OFFLINE_STORE) -> FeatureStore:
    """Feast on this workspace, its registry up to date with the code.

    Raises:
        StoreError: the registry does not answer.
    """
    with store_errors("the feature registry"):
        feast = FeatureStore(config=repo_config(workspace, offline_store))
        apply(workspace, feast)
        return feast


def apply(workspace: Workspace, feast: FeatureStore) -> bool:
    """Register entities, views and services where the code has changed; returns whether it had to."""
    marker, fingerprint = workspace.feast_dir / APPLIED, _definitions(workspace)
    if _applied(feast, marker, fingerprint):
        return False
    with locks.waiting(workspace.feast_dir / ".lock"):
        views = {name: view(spec) for name, spec in catalog.VIEWS.items()}
        entities = {spec.entity.name: entity(spec.entity) for spec in catalog.VIEWS.values()}
        with _quiet():
            feast.apply([*entities.values(), *views.values(), *services(views)])
        write_atomically(marker, fingerprint)
    return True


def _applied(feast: FeatureStore, marker: Path, fingerprint: str) -> bool:
    """The marker tells what this workspace has registered last; the registry may have been emptied since."""
    if not marker.exists() or marker.read_text() != fingerprint:
        return False
    return set(catalog.SERVICES) <= {service.name for service in feast.list_feature_services()}


@of_one_generation
def historical(workspace: Workspace, service: str, entities: pd.DataFrame) -> pd.DataFrame:
    """The service's features for each row of `entities`, as of its `event_timestamp` (aware; start of a day).

    Of the service's views those are read whose key column `entities` brings. Snapshots that are missing or
    stale are built first. The rows come back in the order given, with all columns of `entities` first.

    Raises:
        UsageError: no such service, or none of its keys among the columns.
        DataError: a time before any data.
    """
    parts = catalog.views_of(service, entities.columns)
    with snapshots.kept(workspace, [part.name for part in parts], _days(workspace, entities)):
        whole = _whole(workspace, parts, entities)
        if whole is None:
            return _joined(workspace, parts, entities, workspace.root)
    return pd.concat([entities, whole.loc[entities[parts[0].key]].set_index(entities.index)], axis=1)


def _whole(workspace: Workspace, parts: tuple[View, ...], entities: pd.DataFrame) -> pd.DataFrame | None:
    """The features of every entity of the snapshot that most of `entities` are asked of, by key.

    The models of customers ask for nearly the same rows of the same day, one after another, and a join costs more than
    its rows. None where this would cost more (several views or days, few rows of many) or some are not in the snapshot.
    """
    if len(parts) > 1 or entities[TIMESTAMP].nunique() != 1:
        return None
    (part,), (day,) = parts, _days(workspace, entities)
    moment = entities[TIMESTAMP].iloc[0]
    rows = pq.ParquetFile(partitions.partition(workspace, part.name, day)).metadata.num_rows
    is_worth_it = rows <= min(2 * len(entities), MOST_KEPT)
    if not is_worth_it or moment != pd.Timestamp(day_start(day, workspace.tables.timezone)):
        return None
    found = _WHOLE.of(workspace, (part.name, day), lambda: _of_everyone(workspace, part, day, moment))
    return found if entities[part.key].isin(found.index).all() else None


def _of_everyone(workspace: Workspace, part: View, day: date, moment: pd.Timestamp) -> pd.DataFrame:
    keys = pd.read_parquet(partitions.partition(workspace, part.name, day), columns=[part.key], partitioning=None)
    found = _joined(workspace, (part,), keys.assign(**{TIMESTAMP: moment}), workspace.root)
    return found.drop(columns=TIMESTAMP).set_index(part.key)


def _days(workspace: Workspace, entities: pd.DataFrame) -> set[date]:
    """The shop's days of some entities' times."""
    return set(_day_of_each(workspace, entities.drop_duplicates(TIMESTAMP)))


def _day_of_each(workspace: Workspace, entities: pd.DataFrame) -> pd.Series[date]:
    zone = ZoneInfo(workspace.tables.timezone)
    return cast("pd.Series[date]", entities[TIMESTAMP].dt.tz_convert(zone).dt.date)


def _joined(workspace: Workspace, parts: tuple[View, ...], entities: pd.DataFrame, place: Path) -> pd.DataFrame:
    """Entities with their features, by Feast's point-in-time join over the snapshots below a folder."""
    on_spark = workspace.settings.features.engine == "spark"
    feast = feature_store(workspace, SPARK_STORE if on_spark else OFFLINE_STORE)
    feast.config.repo_path = place
    keys = sorted({part.key for part in parts})
    frame = entities[[*keys, TIMESTAMP]].reset_index(drop=True).assign(row_=range(len(entities)))
    with store_errors("the offline store"), (_spark if on_spark else _engine)(workspace):
        found = feast.get_historical_features(entity_df=frame, features=references(parts)).to_df()
    names = [feature.name for part in parts for feature in part.features]
    features = found.sort_values("row_")[names].set_index(entities.index)
    return pd.concat([entities, features], axis=1)


@of_one_generation
def historical_of_some(workspace: Workspace, service: str, entities: pd.DataFrame) -> pd.DataFrame:
    """`historical` of customers who are few beside all: no snapshot of all of them is built, where that can be.

    Raises:
        UsageError, DataError: as `historical`.
    """
    parts = catalog.views_of(service, entities.columns)
    if not all(drawn_snapshots.can_draw(workspace, part) for part in parts):
        return historical(workspace, service, entities)
    snapshots.refuse_too_early(workspace, sorted(_days(workspace, entities)))
    folder = query_engine.spill_folder(workspace)
    try:
        for part in parts:
            days = entities.groupby(_day_of_each(workspace, entities))[part.key]
            drawn_snapshots.write(workspace, part, {day: list(keys) for day, keys in days}, folder)
        return _joined(workspace, parts, entities, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@of_one_generation
def matrix(workspace: Workspace, service: str, as_of: date, key: str | None = None) -> pd.DataFrame:
    """Every entity of the snapshot as of a date (`entities`), with its features, through `historical`.

    Raises:
        UsageError: no such service or key.
        DataError: before any data.
    """
    return historical(workspace, service, entities(workspace, service, as_of, key))


@of_one_generation
def entities(workspace: Workspace, service: str, as_of: date, key: str | None = None) -> pd.DataFrame:
    """The entities of the snapshot as of a date, as `historical` takes them: the key and `event_timestamp`.

    `key` names the entity where the service has several (`customer_id`, `product_id`); else its first.

    Raises:
        UsageError: no such service or key.
        DataError: before any data.
    """
    part = catalog.views_of(service, [key] if key else [catalog.service(service)[0].key])[0]
    with snapshots.kept(workspace, [part.name], [as_of]):
        ids = pd.read_parquet(partitions.partition(workspace, part.name, as_of), columns=[part.key], partitioning=None)
    moment = day_start(as_of, workspace.tables.timezone)
    return ids.assign(**{TIMESTAMP: pd.Timestamp(moment)})


@of_one_generation
def materialize(workspace: Workspace, as_of: date) -> MaterializeReport:
    """Fill the online store with the snapshots as of a date, and read some rows back.

    Raises:
        DataError: before any data.
        StoreError: the online store does not answer, or does not hold what was written.
    """
    started = time.monotonic()
    days = {name: snapshots.snapshot_day(workspace, spec, as_of) for name, spec in catalog.VIEWS.items()}
    feast, fillings = feature_store(workspace), Materializations(workspace)
    with contextlib.ExitStack() as held:
        counts = {name: _kept(workspace, name, days[name], held) for name in sorted(days)}
        filling = fillings.begin(as_of, Content.now(workspace, days))
        with store_errors("the online store"):
            fill(workspace, online_backend(workspace), filling)
        for name in counts:
            _read_back(workspace, feast, catalog.view(name), days[name])
            _note(workspace, feast, name, days[name])
        fillings.end(filling)
    return MaterializeReport(as_of, counts, time.monotonic() - started)


def _kept(workspace: Workspace, name: str, day: date, held: contextlib.ExitStack) -> int:
    """The rows of a view's snapshot of a day, made where it is missing, and as it is while `held` is open."""
    return sum(report.rows for report in held.enter_context(snapshots.kept(workspace, [name], [day])))


def references(parts: tuple[View, ...]) -> list[str]:
    """The features of some views, as Feast names them."""
    return [f"{part.name}:{feature.name}" for part in parts for feature in part.features]


def _read_back(workspace: Workspace, feast: FeatureStore, spec: View, as_of: date) -> None:
    """What Feast reads back has been written, and in the way that Feast knows."""
    path = partitions.partition(workspace, spec.name, as_of)
    first = next(pq.ParquetFile(path).iter_batches(READ_BACK), None)  # no more: a snapshot may be of gigabytes
    if first is None or not first.num_rows:
        return
    sample = first.to_pandas()
    ids = [{spec.key: key} for key in sample[spec.key]]
    with store_errors("the online store"):
        found = feast.get_online_features(features=references((spec,)), entity_rows=ids).to_dict()
    filled = [f.name for f in spec.features if sample[f.name].notna().all()]
    if any(value is None for name in filled for value in found[name]):
        raise StoreError(
            f"the online store does not hold {spec.name} as of {as_of}",
            why="written rows could not be read back",
            todo="run: regulars doctor, then: regulars materialize",
        )


def _note(workspace: Workspace, feast: FeatureStore, name: str, day: date) -> None:
    """Tell Feast's registry, as its own materialisation does."""
    moment = day_start(day, workspace.tables.timezone)
    with store_errors("the feature registry"):
        view = feast.get_feature_view(name)
        feast.registry.apply_materialization(view, PROJECT, moment - timedelta(seconds=1), moment)


def _definitions(workspace: Workspace) -> str:
    """A hash of all that `apply` registers."""
    content = [repr(workspace.settings.stores), ONLINE_STORE, repr(sorted(catalog.SERVICES.items())), PLACE]
    content += [repr((v.name, v.entity, v.description, v.features)) for v in catalog.VIEWS.values()]
    return hashlib.sha256("\0".join(content).encode()).hexdigest()


@contextlib.contextmanager
def _engine(workspace: Workspace) -> Iterator[None]:
    """Feast's DuckDB store runs on Ibis's default engine: give it this workspace's threads and memory."""
    previous = ibis.options.default_backend
    ibis.set_backend(shop_tables.connect(workspace))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        ibis.options.default_backend = previous


@contextlib.contextmanager
def _spark(workspace: Workspace) -> Iterator[None]:
    """Feast's Spark store takes the session that is active."""
    with spark_session.errors(workspace), spark_session.apart(workspace), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Feast prints; the command line says what there is to say itself."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield
