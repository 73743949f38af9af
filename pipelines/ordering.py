"""The order plan as a file, and its back-test, by a version of the demand model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from core.clock import present
from core.errors import DataError
from core.progress import current
from core.workspace import Workspace, of_one_generation
from models.artifact_cache import MODEL
from models.demand.batch import outlook
from models.demand.inventory.backtest import backtest
from models.demand.inventory.order_plan import OrderPlan, demand_ahead, order_plan
from models.demand.inventory.pooling import pooled, pooled_keys, separate_safety_stock
from models.demand.inventory.simulation import Earned, earned
from models.demand.inventory.stock import Stock, stock
from models.demand.inventory.terms import order_terms, refuse_unknown_categories, service_levels
from models.demand.kind import KIND, Model
from models.demand.levels.series_groups import series_groups
from models.demand.series import origin
from models.kinds import Budget, refuse_hindsight
from models.registry import Registry
from pipelines.output import require_writable, write
from training.kinds import trainer


@dataclass(frozen=True)
class Planned:
    """What was written, by which version, and what is known of the stock."""

    plan: OrderPlan
    stock: Stock
    version: str


@of_one_generation
def write_plan(workspace: Workspace, as_of: date, output: Path, alias: str, pool: str | None = None) -> Planned:
    """Write the plan as of a date, of every series, or of those that differ in the column `pool` alone together.

    Raises:
        UsageError: an impossible output, pool or version, or days that the forecast does not reach.
        NotReady: no version carries the alias, or it was trained as of later than `as_of`.
    """
    require_writable(output)
    terms, series = order_terms(workspace.settings), workspace.settings.demand.series
    keys = series if pool is None else pooled_keys(series, pool)
    terms.within(workspace.settings.demand.horizon_days)
    refuse_unknown_categories(workspace)
    registry = Registry(workspace)
    version = registry.version("demand", alias)
    model = KIND.load(registry.fetch(version) / MODEL)
    refuse_hindsight("demand", version.version, model, as_of)
    current().step(f"forecasting demand as of {as_of} with version {version.version}")
    ahead = outlook(workspace, model, as_of)
    coming, separate = demand_ahead(ahead, model.dispersion, workspace.settings, as_of), None
    if pool is not None:
        groups = series_groups(workspace, keys, coming.forecast.ids)
        service = service_levels(workspace, series, coming.forecast.ids)
        separate = separate_safety_stock(coming, groups, terms, service)
        coming = pooled(coming, groups, model.correlations)
    service, there = service_levels(workspace, keys, coming.forecast.ids), stock(workspace, keys, as_of)
    plan = order_plan(keys, coming, service, there, workspace.settings, separate=separate)
    rows = plan.rows.assign(model_version=version.version)
    write(pa.Table.from_pandas(rows, schema=_schema(keys, rows.columns), preserve_index=False), output)
    return Planned(plan, there, version.version)


@of_one_generation
def simulated(workspace: Workspace, windows: int) -> tuple[list[date], list[Earned]]:
    """The first days of the last windows that are over, and what each policy came to in them, the cheapest first.

    For each a model is trained as of its first day, as `regulars train` would then have done with one trial: what a
    version learnt since would be hindsight.

    Raises:
        DataError: there is too little history for even the last window.
    """
    days = workspace.settings.demand.horizon_days
    order_terms(workspace.settings).within(days)
    refuse_unknown_categories(workspace)
    start, found = origin(present(workspace) - timedelta(days=days), workspace.settings.demand.freq), []
    starts = [start - timedelta(days=days * back) for back in range(windows)]
    for first in starts:
        try:
            found.append(backtest(workspace, _trained(workspace, first), first))
        except DataError:
            if not found:
                raise
            break  # the shop's history begins here
    policies = [earned(name, [window[name] for window in found]) for name in found[0]]
    return starts[: len(found)], sorted(policies, key=lambda each: each.cost)


def _trained(workspace: Workspace, as_of: date) -> Model:
    """A model of what was known before a date."""
    current().step(f"training a model as of {as_of}, to order by it")
    with TemporaryDirectory() as folder:
        trainer(KIND)(workspace, as_of, Path(folder), Budget(1, workspace.settings.demand.timeout_s))
        return KIND.load(Path(folder) / MODEL)


def _schema(keys: Sequence[str], columns: Iterable[object]) -> pa.Schema:
    texts = {*keys, "limited_by", "model_version"}
    days = {"as_of", "stock_day"}
    kinds = {str(name): pa.float64() for name in columns} | dict.fromkeys(days, pa.date32())
    return pa.schema(list((kinds | dict.fromkeys(texts, pa.string())).items()))
