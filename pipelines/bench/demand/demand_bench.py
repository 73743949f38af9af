"""The bench of demand: shops, one after the other, and what is said of them in the end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from core.clock import present
from core.workspace import Workspace
from models.demand.baselines import NAMES as OWN
from models.kinds import Budget, kind
from models.origins import evaluated_from
from pipelines.bench.contests import naming
from pipelines.bench.contests.bench_shop import BenchShop
from pipelines.bench.contests.standings import said_of
from pipelines.bench.demand.series_contest import contest
from pipelines.bench.demand.series_peers import PEERS, require
from pipelines.bench.demand.series_standings import SeriesStandings, stand, yardstick

NAMES = (*OWN, *PEERS)
HEADER = ("candidate", "WRMSSE", "WSPL", "coverage 90%", "bias", "|bias|", "rank WRMSSE", "rank WSPL", "seconds")
AHEAD_HEADER = ("served less", "WRMSSE", "WSPL", "")
ORIGIN_HEADER = ("from", "candidate", "WRMSSE", "WSPL", "coverage 90%", "bias")


def run_shop(
    shop: BenchShop, origins: Sequence[date], peers: Sequence[str], trials: int | None, keep: Path | None
) -> SeriesStandings:
    """Every candidate on a shop; its workspace is kept in a folder of `keep`, or goes at the end."""
    with naming.bench_folder(keep, shop.name) as root:
        return run_workspace(shop.name, shop.workspace(root), origins or shop.as_of, peers, trials)


def run_workspace(
    name: str, workspace: Workspace, origins: Sequence[date], peers: Sequence[str], trials: int | None
) -> SeriesStandings:
    """Every candidate on a workspace that is there."""
    usual = kind("demand").budget(workspace.settings)
    budget = Budget(trials or usual.trials, usual.timeout_s)
    return stand(name, contest(name, workspace, origins, peers, budget), workspace.settings.seed)


def run_own(root: Path, origins: Sequence[date], peers: Sequence[str], trials: int | None) -> SeriesStandings:
    """Every candidate on a workspace of one's own, from the last origin whose window is over, or as said."""
    workspace = Workspace.open(root)
    last = evaluated_from(present(workspace), workspace.settings.demand.horizon_days)
    return run_workspace(root.name, workspace, origins or [last], peers, trials)


def peers_named(names: Sequence[str]) -> tuple[str, ...]:
    """The candidates of these names beside the product; all where none is named.

    Raises:
        UsageError: there is no such peer.
        NotReady: its library is not installed.
    """
    chosen = naming.peers_named(names, NAMES)
    require(chosen)
    return chosen


def verdict(shops: Sequence[SeriesStandings]) -> str:
    """What happened, in a sentence."""
    return said_of(yardstick(), {each.shop: each.standings for each in shops}, "on both")
