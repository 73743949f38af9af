"""The bench of recommendation: shops, one after the other, and what is said of them in the end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from core.clock import present
from core.workspace import Workspace
from models.kinds import Budget, kind
from models.origins import evaluated_from
from models.recommendation.rankers import BASELINES as OWN
from pipelines.bench.contests import naming
from pipelines.bench.contests.bench_shop import BenchShop
from pipelines.bench.contests.standings import said_of
from pipelines.bench.recommendation.list_contest import OtherRelease, contest
from pipelines.bench.recommendation.list_peers import PEERS, require
from pipelines.bench.recommendation.list_standings import ListStandings, stand, yardstick

NAMES = (*OWN, *PEERS)
HEADER = (
    "candidate", "NDCG@10 all", "new", "recall@10 all", "new ", "coverage", "diversity", "rank all", "rank new",
    "seconds",
)  # fmt: skip
AHEAD_HEADER = ("served less", "NDCG@10 all", "new", "")
DATE_HEADER = ("as of", "candidate", "NDCG@10 all", "new")


def run_shop(
    shop: BenchShop,
    dates: Sequence[date],
    peers: Sequence[str],
    trials: int | None,
    keep: Path | None,
    *,
    beside: Path | None = None,
) -> ListStandings:
    """Every candidate on a shop; its workspace is kept in a folder of `keep`, or goes at the end."""
    with naming.bench_folder(keep, shop.name) as root:
        return run_workspace(shop.name, shop.workspace(root), dates or shop.as_of, peers, trials, beside=beside)


def run_workspace(
    name: str,
    workspace: Workspace,
    dates: Sequence[date],
    peers: Sequence[str],
    trials: int | None,
    *,
    beside: Path | None = None,
) -> ListStandings:
    """Every candidate on a workspace that is there."""
    usual = kind("recommendation").budget(workspace.settings)
    budget = Budget(trials or usual.trials, usual.timeout_s)
    other = None if beside is None else OtherRelease(beside)
    return stand(name, contest(name, workspace, dates, peers, budget, beside=other), workspace.settings.seed)


def run_own(
    root: Path, dates: Sequence[date], peers: Sequence[str], trials: int | None, *, beside: Path | None = None
) -> ListStandings:
    """Every candidate on a workspace of one's own, as of the last date whose window is over, or as said."""
    workspace = Workspace.open(root)
    last = evaluated_from(present(workspace), workspace.settings.recommendation.horizon_days)
    return run_workspace(root.name, workspace, dates or [last], peers, trials, beside=beside)


def peers_named(names: Sequence[str]) -> tuple[str, ...]:
    """The candidates of these names beside the product; all where none is named.

    Raises:
        UsageError: there is no such peer.
        NotReady: its library is not installed.
    """
    chosen = naming.peers_named(names, NAMES)
    require(chosen)
    return chosen


def verdict(shops: Sequence[ListStandings]) -> str:
    """What happened, in a sentence."""
    return said_of(yardstick(), {each.shop: each.standings for each in shops}, "in both modes")
