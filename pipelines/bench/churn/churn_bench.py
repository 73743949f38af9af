"""The bench of churn: shops, one after the other, and what is said of them in the end."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from core.clock import present
from core.errors import UsageError, did_you_mean
from core.workspace import Workspace
from models.intervals import Interval
from models.kinds import Budget, kind
from models.origins import evaluated_from
from pipelines.bench.churn.bench_shop import BenchShop
from pipelines.bench.churn.contest import contest
from pipelines.bench.churn.peers import MEAN, PEERS, require_libraries
from pipelines.bench.churn.standings import HIGHER_IS_BETTER, KEPT_WITHIN, ShopStandings, Standing, means, stand

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
    with _folder(keep, shop.name) as root:
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


def dates_named(texts: Sequence[str]) -> list[date]:
    """The dates that `--as-of` names.

    Raises:
        UsageError: one is not a date.
    """
    try:
        return sorted({date.fromisoformat(text) for text in texts})
    except ValueError:
        named = ", ".join(map(repr, texts))
        raise UsageError(f"--as-of {named} is not a date", todo="write it as YYYY-MM-DD") from None


def peers_named(names: Sequence[str]) -> tuple[str, ...]:
    """The candidates of these names beside the product; all where none is named.

    Raises:
        UsageError: there is no such peer.
        NotReady: its library is not installed.
    """
    for name in names:
        if name not in NAMES:
            raise UsageError(f"the bench has no peer {name!r}", todo=did_you_mean(name, NAMES))
    chosen = tuple(names) or NAMES
    require_libraries(chosen)
    return chosen


def rows(shop: ShopStandings) -> list[tuple[object, ...]]:
    """Of a shop: each candidate's metrics with their intervals, its ranks, and seconds per date."""
    return [
        (
            each.name,
            *(str(each.metrics[metric]) for metric in HIGHER_IS_BETTER),
            *each.ranks.values(),
            f"{each.seconds:.1f}",
        )
        for each in shop.standings
    ]


def ahead_rows(shop: ShopStandings) -> list[tuple[object, ...]]:
    """Of a shop: the product's difference to each other candidate, paired by customer."""
    others = [each for each in shop.standings if each.ahead]
    return [(each.name, *map(str, each.ahead.values()), _said(each)) for each in others]


def mean_rows(shops: Sequence[ShopStandings]) -> list[tuple[object, ...]]:
    """Over all shops."""
    return [
        (
            name,
            *(f"{metrics[metric]:.4f}" for metric in HIGHER_IS_BETTER),
            *(f"{rank:.1f}" for rank in ranks.values()),
            f"{seconds:.1f}",
        )
        for name, metrics, ranks, seconds in means(shops)
    ]


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
    losses = [f"{each.name} on {shop.shop} ({', '.join(each.loses())})" for shop in shops for each in _losing(shop)]
    first = sum(shop.served().ranks[_LOSS] == 1 for shop in shops)
    promises = sum(len(shop.dates) for shop in shops)
    kept = promises - sum(len(shop.broken()) for shop in shops)
    lead = f"served is first by log loss on {first} of {len(shops)} shops"
    behind = (
        f"behind {'; '.join(losses)} with its whole interval" if losses else "behind nobody with its whole interval"
    )
    return f"{lead}, {behind}; {kept} of {promises} promises of ROC-AUC kept within {KEPT_WITHIN}"


def _losing(shop: ShopStandings) -> Iterator[Standing]:
    return (each for each in shop.standings if each.loses())


def _said(each: Standing) -> str:
    """Where the whole interval lies, in a word for each metric that it says something of."""
    words = {metric: _side(metric, interval) for metric, interval in each.ahead.items()}
    return ", ".join(f"{word} in {metric}" for metric, word in words.items() if word)


def _side(metric: str, interval: Interval) -> str:
    if interval.wholly_worse(HIGHER_IS_BETTER[metric]):
        return "behind"
    return "ahead" if interval.wholly_better(HIGHER_IS_BETTER[metric]) else ""


@contextmanager
def _folder(keep: Path | None, name: str) -> Iterator[Path]:
    if keep is not None:
        yield keep / name
        return
    with tempfile.TemporaryDirectory(prefix="regulars-") as folder:
        yield Path(folder) / name
