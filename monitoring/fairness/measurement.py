"""Measures the fairness of one model on one window: predictions as of its first day, held against what happened.

Churn: the share in tier 1 or above, its true- and its false-positive rate. Recommendation: NDCG@10 and the mean
price level of the list. Demand: wMAPE by region.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import cast

import numpy as np
import pandas as pd

from core.workspace import Workspace, of_one_generation
from models import kinds
from models.demand.series import split_id
from models.fairness_result import FairnessResult, GroupFigure
from models.kinds import FittedModel, Kind
from monitoring import actuals, protected
from monitoring.fairness import judge
from monitoring.fairness.counting import confusions
from monitoring.fairness.judge import Limits

K = 10
VALUE_ATTRIBUTE = "customer value"
VALUE_TIERS = ("low", "middle", "high")
_VALUE_DAYS = 365
_VERSION = "fairness"


@of_one_generation
def measure(workspace: Workspace, kind: str | Kind, model: FittedModel, as_of: date) -> FairnessResult:
    """The fairness of a model that knows nothing of `[as_of, as_of + horizon)`; that window must have passed.

    Raises:
        DataError: nobody can be scored as of that date.
    """
    found = kinds.kind(kind) if isinstance(kind, str) else kind
    by_kind = {"churn": _churn, "recommendation": _recommendation, "demand": _demand}
    return by_kind[found.name](workspace, found, model, as_of)


def ndcg(lists: pd.DataFrame, relevant: pd.DataFrame, k: int = K) -> pd.Series[float]:
    """NDCG@k of each customer who bought something, indexed by customer_id (binary relevance).

    `lists` has customer_id, rank (from 1) and product_id; `relevant` the (customer_id, product_id) pairs that were
    bought. The ideal list holds min(k, bought) hits; a customer without a list scores 0.
    """
    bought = relevant.groupby("customer_id").size()
    top = lists.loc[lists["rank"] <= k, ["customer_id", "rank", "product_id"]]
    hits = top.merge(relevant, on=["customer_id", "product_id"])
    gains = (1 / np.log2(hits["rank"] + 1)).groupby(hits["customer_id"]).sum()
    ideal = np.cumsum(1 / np.log2(np.arange(2, k + 2)))
    best = pd.Series(ideal[np.minimum(bought, k) - 1], index=bought.index)
    return cast("pd.Series[float]", gains.reindex(bought.index).fillna(0.0) / best)


def _churn(workspace: Workspace, kind: Kind, model: FittedModel, as_of: date) -> FairnessResult:
    until = as_of + timedelta(days=workspace.settings.churn.horizon_days)
    scores = kind.predict_file(workspace, model, as_of, _VERSION)
    groups = protected.groups(workspace, scores["customer_id"].tolist())
    selected = (scores["risk_tier"] >= 1).to_numpy()
    churned = ~scores["customer_id"].isin(actuals.buyers(workspace, as_of, until)).to_numpy()
    limits = Limits.of(workspace.settings.rules)
    figures = [
        figure
        for name in map(str, groups.columns)
        for figure in judge.rates(name, confusions(groups[name].tolist(), selected, churned), limits)
    ]
    return _result(kind, as_of, until, figures)


def _recommendation(workspace: Workspace, kind: Kind, model: FittedModel, as_of: date) -> FairnessResult:
    until = as_of + timedelta(days=workspace.settings.recommendation.horizon_days)
    lists = kind.predict_file(workspace, model, as_of, _VERSION, mode="all", k=K)
    quality = ndcg(lists, actuals.purchases(workspace, as_of, until))
    levels = lists["product_id"].map(actuals.price_levels(workspace, as_of))
    price = levels.groupby(lists["customer_id"]).mean().dropna()
    limits = Limits.of(workspace.settings.rules)
    figures: list[GroupFigure] = []
    for metric, values in ((f"NDCG@{K}", quality), ("price level", price)):
        groups = protected.groups(workspace, values.index.tolist())
        for name in map(str, groups.columns):
            figures += judge.means(name, metric, _by_group(values, groups[name]), limits)
        if not groups.empty:
            tiers = _value_tiers(workspace, as_of, values.index)
            shown = judge.means(VALUE_ATTRIBUTE, metric, _by_group(values, tiers), limits)
            figures += [replace(figure, verdict="not judged") for figure in shown]
    return _result(kind, as_of, until, figures)


def _demand(workspace: Workspace, kind: Kind, model: FittedModel, as_of: date) -> FairnessResult:
    settings = workspace.settings.demand
    until, keys = as_of + timedelta(days=settings.horizon_days), list(settings.series)
    if "region" not in keys:
        return FairnessResult(kind.name, as_of, until, (), "demand.series names no region to measure by")
    frame = kind.evaluate(workspace, model, as_of)
    place = keys.index("region")
    regions = pd.Series([split_id(str(name), keys)[place] for name in frame.index], index=frame.index)
    sides = {
        str(region): (part["absolute_error"].to_numpy(float), part["sold"].to_numpy(float))
        for region, part in frame.groupby(regions)
    }
    figures = judge.ratios("region", "wMAPE", sides, Limits.of(workspace.settings.rules))
    return _result(kind, as_of, until, figures)


def _result(kind: Kind, as_of: date, until: date, figures: Iterable[GroupFigure]) -> FairnessResult:
    found = tuple(figures)
    note = "" if found else "the shop keeps no protected attributes"
    return FairnessResult(kind.name, as_of, until, found, note)


def _by_group(values: pd.Series[float], groups: pd.Series[str]) -> dict[str, np.ndarray]:
    """The values of each group; both are indexed by customer_id, in the same order."""
    numbers, names = values.to_numpy(float), groups.to_numpy()
    return {str(name): numbers[names == name] for name in sorted(set(names))}


def _value_tiers(workspace: Workspace, as_of: date, customers: pd.Index[str]) -> pd.Series[str]:
    """Low, middle and high third by revenue in the year before."""
    revenue = actuals.spent(workspace, as_of - timedelta(days=_VALUE_DAYS), as_of).reindex(customers).fillna(0.0)
    share = revenue.rank(pct=True, method="first")
    return pd.Series(np.select([share <= 1 / 3, share <= 2 / 3], VALUE_TIERS[:2], VALUE_TIERS[2]), index=customers)
