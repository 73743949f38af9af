"""The order plan as a file, and its back-test, by a version of the demand model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa

from core.progress import current
from core.workspace import Workspace, of_one_generation
from models.artifact_cache import EVALUATION, MODEL
from models.demand.batch import outlook
from models.demand.inventory.backtest import backtest
from models.demand.inventory.order_plan import OrderPlan, demand_ahead, order_plan
from models.demand.inventory.simulation import Earned
from models.demand.inventory.stock import Stock, stock
from models.demand.inventory.terms import order_terms, service_levels
from models.demand.kind import KIND
from models.kinds import refuse_hindsight
from models.registry import Registry
from pipelines.output import require_writable, write


@dataclass(frozen=True)
class Planned:
    """What was written, by which version, and what is known of the stock."""

    plan: OrderPlan
    stock: Stock
    version: str


@of_one_generation
def write_plan(workspace: Workspace, as_of: date, output: Path, alias: str) -> Planned:
    """Write the plan as of a date.

    Raises:
        UsageError: an impossible output or version, or days that the forecast does not reach.
        NotReady: no version carries the alias, or it was trained as of later than `as_of`.
    """
    require_writable(output)
    order_terms(workspace.settings).within(workspace.settings.demand.horizon_days)
    registry = Registry(workspace)
    version = registry.version("demand", alias)
    model = KIND.load(registry.fetch(version) / MODEL)
    refuse_hindsight("demand", version.version, model, as_of)
    current().step(f"forecasting demand as of {as_of} with version {version.version}")
    ahead = outlook(workspace, model, as_of)
    service = service_levels(workspace, ahead.keys, ahead.forecast.ids)
    there = stock(workspace, ahead.keys, as_of)
    coming = demand_ahead(ahead, model.dispersion, workspace.settings, as_of)
    plan = order_plan(ahead, coming, service, there, workspace.settings)
    rows = plan.rows.assign(model_version=version.version)
    write(pa.Table.from_pandas(rows, schema=_schema(ahead.keys, rows.columns), preserve_index=False), output)
    return Planned(plan, there, version.version)


@of_one_generation
def simulated(workspace: Workspace, alias: str) -> tuple[date, list[Earned]]:
    """The first day of the window that the version was judged on, and what each policy would have come to in it.

    Raises:
        NotReady: no version carries the alias.
    """
    registry = Registry(workspace)
    version = registry.version("demand", alias)
    model = KIND.load(registry.fetch(version) / EVALUATION)
    current().step(f"letting each policy order from {model.trained_as_of} on")
    return model.trained_as_of, backtest(workspace, model, model.trained_as_of)


def _schema(keys: Sequence[str], columns: Iterable[object]) -> pa.Schema:
    texts = {*keys, "limited_by", "model_version"}
    days = {"as_of", "stock_day"}
    kinds = {str(name): pa.float64() for name in columns} | dict.fromkeys(days, pa.date32())
    return pa.schema(list((kinds | dict.fromkeys(texts, pa.string())).items()))
