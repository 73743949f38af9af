"""The mark-down plan as a file, by a version of the demand model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa

from core import query_engine
from core.errors import UsageError
from core.progress import current
from core.reads import Read
from core.workspace import Workspace, of_one_generation
from models.artifact_cache import MODEL
from models.demand.batch import outlook
from models.demand.inventory.order_plan import demand_ahead
from models.demand.inventory.stock import stock
from models.demand.kind import KIND
from models.demand.pricing.markdown import MarkdownPlan, MarkdownTerms, markdown_plan
from models.demand.series import split_id
from models.kinds import refuse_hindsight
from models.registry import Registry
from pipelines.output import require_writable, write

READS = (
    Read("products", ("product_id", "unit_cost"), "mark-down plans: what a unit costs"),
    Read("stock", ("product_id", "date", "on_hand"), "mark-down plans: what is left"),
)
PRODUCT: Final = "product_id"


@dataclass(frozen=True)
class MarkedDown:
    """What was written, by which version, and why nothing is known of the stock (empty where it is)."""

    plan: MarkdownPlan
    missing: str
    version: str


@of_one_generation
def write_markdowns(workspace: Workspace, terms: MarkdownTerms, output: Path, alias: str) -> MarkedDown:
    """Write the plan that begins on `terms.begins`.

    Raises:
        UsageError: an impossible output, margin or last day, or series that are no products.
        NotReady: no version carries the alias, or it was trained as of later than the plan begins.
    """
    require_writable(output)
    refuse_terms(workspace, terms)
    registry = Registry(workspace)
    version = registry.version("demand", alias)
    model = KIND.load(registry.fetch(version) / MODEL)
    refuse_hindsight("demand", version.version, model, terms.begins)
    current().step(f"forecasting demand as of {terms.begins} with version {version.version}")
    planned = outlook(workspace, model, terms.begins)
    there = stock(workspace, planned.keys, terms.begins)
    ahead = demand_ahead(planned, model.dispersion, workspace.settings, terms.begins)
    costs = _costs(workspace, planned.forecast.ids, planned.keys)
    plan = markdown_plan(planned, ahead, there.units["on_hand"], costs, terms)
    rows = plan.rows.assign(model_version=version.version)
    write(pa.Table.from_pandas(rows, schema=_schema(planned.keys, rows.columns), preserve_index=False), output)
    return MarkedDown(plan, there.missing, version.version)


def refuse_terms(workspace: Workspace, terms: MarkdownTerms) -> None:
    """Refuse what can't be planned.

    Raises:
        UsageError: the last day lies before the first or beyond the forecast, the margin is none, or a series is not
            of one product.
    """
    settings = workspace.settings.demand
    if PRODUCT not in settings.series:
        raise UsageError(
            f"prices are lowered by product, and demand is forecast by {', '.join(settings.series)}",
            todo='set demand.series = ["product_id"] in regulars.toml and train demand anew, in a workspace of its own',
        )
    if not 1 <= terms.days <= settings.horizon_days:
        raise UsageError(
            f"--until {terms.until} is not possible",
            why=f"{settings.horizon_days} days from {terms.begins} on are forecast (demand.horizon_days)",
        )
    if terms.margin is not None and not -1 < terms.margin < 1:
        raise UsageError(
            f"--margin {terms.margin} is not possible", why="it is a share of the price: above -1 and below 1"
        )


def _costs(workspace: Workspace, ids: Sequence[str], keys: Sequence[str]) -> pd.Series[float]:
    """What a unit costs the shop, by series."""
    with query_engine.on_tables(workspace) as connection:
        found = connection.execute("SELECT product_id, unit_cost FROM products").df()
    costs = found.set_index(PRODUCT)["unit_cost"]
    products = [split_id(each, keys)[list(keys).index(PRODUCT)] for each in ids]
    return pd.Series(costs.reindex(products).to_numpy(dtype=float), index=list(ids))


def _schema(keys: Sequence[str], columns: Iterable[object]) -> pa.Schema:
    texts, days = {*keys, "limited_by", "refused", "model_version"}, {"as_of", "until", "begins"}
    kinds = {str(name): pa.float64() for name in columns} | dict.fromkeys(days, pa.date32())
    return pa.schema(list((kinds | dict.fromkeys(texts, pa.string())).items()))
