"""How good a model was on the shop's own past, in words: beside its best simple rival, with what chance allows."""

from __future__ import annotations

from core.messages import Message
from models.intervals import Interval
from models.kinds import kind
from models.version import Version


def in_words(version: Version) -> str:
    """What the primary metric means, its value, the best baseline's, and whether the difference is certain."""
    primary, rival = version.primary, version.best_baseline
    own, theirs = version.metrics[primary], version.baselines[rival][primary]
    higher = kind(version.kind).higher_is_better
    return str(
        Message(
            "start.accuracy",
            {
                "metric": primary,
                "first": str(version.evaluated_from),
                "end": str(version.as_of),
                "value": own.value,
                "interval": f"{own.low:.3f} to {own.high:.3f}",
                "rival": rival,
                "theirs": theirs.value,
                "verdict": _verdict(version.paired.get(rival), higher_is_better=higher),
            },
        )
    )


def _verdict(difference: Interval | None, *, higher_is_better: bool) -> str:
    if difference is None:
        return "not compared"
    low, high = (difference.low, difference.high) if higher_is_better else (-difference.high, -difference.low)
    if low > 0:
        return "better"
    return "worse" if high < 0 else "uncertain"
