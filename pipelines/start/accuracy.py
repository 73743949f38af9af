"""How good a model was on the shop's own past, in words: beside its best simple rival, with what chance allows."""

from __future__ import annotations

from models.intervals import Interval
from models.kinds import kind
from models.version import Version


def in_words(version: Version) -> str:
    """One sentence: the primary metric, the best baseline's, and whether the difference is certain."""
    primary, rival = version.primary, version.best_baseline
    own, theirs = version.metrics[primary], version.baselines[rival][primary]
    better = _better(version.paired.get(rival), higher_is_better=kind(version.kind).higher_is_better)
    return (
        f"from {version.evaluated_from} to {version.as_of}, days it had not seen: {primary} {_figure(own)}, where the"
        f" best simple model ({rival}) has {theirs.value:.3f}: {better}"
    )


def _figure(interval: Interval) -> str:
    return f"{interval.value:.3f} [{interval.low:.3f}, {interval.high:.3f}]"


def _better(difference: Interval | None, *, higher_is_better: bool) -> str:
    if difference is None:
        return "not compared"
    low, high = (difference.low, difference.high) if higher_is_better else (-difference.high, -difference.low)
    if low > 0:
        return "better, and by more than chance"
    return "worse, and by more than chance" if high < 0 else "no certain difference"
