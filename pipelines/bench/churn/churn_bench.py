"""The bench of churn: shops, one after the other, and what is said of them in the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from core.clock import present
from core.workspace import Workspace
from models.kinds import Budget, kind
from models.origins import evaluated_from
from pipelines.bench.churn.churn_standings import KEPT_WITHIN, ShopStandings, stand, yardstick
from pipelines.bench.churn.contest import contest
from pipelines.bench.churn.peers import MEAN, PEERS, require
from pipelines.bench.contests import naming
from pipelines.bench.contests.bench_shop import BenchShop

OWN = ("recency", "rfm_logistic", "bgnbd")
"""The product's own baselines, which are candidates too."""
NAMES = (*OWN, *PEERS, MEAN)
HEADER = ("candidate", "ROC-AUC", "log loss", "ECE", "Brier", "rank AUC", "rank loss", "seconds")
AHEAD_HEADER = ("served less", "ROC-AUC", "log loss", "")
PROMISE_HEADER = ("as of", "ROC-AUC promised", "came", "log loss promised", "came ")
_LOSS = "log_loss"


def run_shop(
    shop: BenchShop, dates: Sequence[date], peers: Sequence[str], trials: int | None, keep: Path | None
) -> ShopStandings:
    """Every candidate on a shop; its workspace is kept in a folder of `keep`, or goes at the end."""
    with naming.bench_folder(keep, shop.name) as root:
        return run_workspace(shop.name, shop.workspace(root), dates or shop.as_of, peers, trials)


def run_workspace(
    name: str, workspace: Workspace, dates: Sequence[date], peers: Sequence[str], trials: int | None
) -> ShopStandings:
    """Every candidate on a workspace that is there."""
    usual = kind("churn").budget(workspace.settings)
    budget = Budget(trials or usual.trials, usual.timeout_s)
    return stand(contest(name, workspace, dates, peers, budget), workspace.settings.seed)


def run_own(root: Path, dates: Sequence[date], peers: Sequence[str], trials: int | None) -> ShopStandings:
    """Every candidate on a workspace of one's own, as of the last date whose window is over, or as said."""
    workspace = Workspace.open(root)
    last = evaluated_from(present(workspace), workspace.settings.churn.horizon_days)
    return run_workspace(root.name, workspace, dates or [last], peers, trials)


def peers_named(names: Sequence[str]) -> tuple[str, ...]:
    """The candidates of these names beside the product; all where none is named.

    Raises:
        UsageError: there is no such peer.
        NotReady: its library is not installed.
    """
    chosen = naming.peers_named(names, NAMES)
    require(chosen)
    return chosen


def promise_rows(shop: ShopStandings) -> list[tuple[object, ...]]:
    """What was promised beside what came, a row per date."""
    told = {(each.as_of, each.metric): each for each in shop.promises}
    pairs = [(day, told[day, "roc_auc"], told[day, _LOSS]) for day in shop.dates]
    return [
        (day, *(f"{value:.4f}" for each in (auc, loss) for value in (each.promised, each.came)))
        for day, auc, loss in pairs
    ]


def verdict(shops: Sequence[ShopStandings]) -> str:
    """What happened, in a sentence."""
    losses = [f"{name} on {shop.shop} ({', '.join(metrics)})" for shop in shops for name, metrics in _losing(shop)]
    first = sum(shop.served().ranks[_LOSS] == 1 for shop in shops)
    promises = sum(len(shop.dates) for shop in shops)
    kept = promises - sum(len(shop.broken()) for shop in shops)
    lead = f"served is first by log loss on {first} of {len(shops)} shops"
    behind = (
        f"behind {'; '.join(losses)} with its whole interval" if losses else "behind nobody with its whole interval"
    )
    return f"{lead}, {behind}; {kept} of {promises} promises of ROC-AUC kept within {KEPT_WITHIN}"


def _losing(shop: ShopStandings) -> Iterator[tuple[str, list[str]]]:
    """The candidates that the product is behind, with the metrics."""
    lost = ((each.name, yardstick().loses(each)) for each in shop.standings)
    return ((name, metrics) for name, metrics in lost if metrics)
