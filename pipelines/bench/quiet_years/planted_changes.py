"""Changes that are planted in a week's table, one at a time, each with the columns in which it should show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from monitoring.drift.judgement import JOINTLY
from pipelines.bench.quiet_years.invented_year import CODE, JOINED

GONE = 0.1
"""Of all customers, so many more stop buying where churn doubles: it is about a tenth in 28 days."""
Change = Callable[[pd.DataFrame, np.random.Generator], pd.DataFrame]


def _shift(frame: pd.DataFrame, _rng: np.random.Generator) -> pd.DataFrame:
    return frame.assign(f14=frame["f14"] + 0.3 * frame["f14"].std())


def _category(frame: pd.DataFrame, _rng: np.random.Generator) -> pd.DataFrame:
    return frame.assign(**{CODE: frame[CODE].replace("d", "c")})


def _unit(frame: pd.DataFrame, _rng: np.random.Generator) -> pd.DataFrame:
    return frame.assign(f10=frame["f10"] * 100)


def _nulls(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    return frame.assign(f19=frame["f19"].where(rng.random(len(frame)) >= 0.2))


def _joint(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    return frame.assign(**{JOINED[1]: rng.permutation(frame[JOINED[1]].to_numpy())})


def _join(frame: pd.DataFrame, _rng: np.random.Generator) -> pd.DataFrame:
    """The ids of one table are mismatched: everything that comes of it is not there."""
    return frame.assign(**dict.fromkeys(("f20", "f21", "f22", "f24", "f25", "f26"), np.nan))


def _churn(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Twice as many have stopped buying (10% of all more, of those who still bought): no visits, a long recency."""
    buying = frame["f1"] > 0
    gone = buying & (rng.random(len(frame)) < GONE * len(frame) / max(int(buying.sum()), 1))
    return frame.assign(f1=frame["f1"].mask(gone, 0.0), f29=frame["f29"].mask(gone, frame["f29"].max()))


CHANGES: Mapping[str, tuple[Change, frozenset[str]]] = MappingProxyType(
    {
        "a column shifted by 0.3 sd": (_shift, frozenset({"f14"})),
        "a category gone": (_category, frozenset({CODE})),
        "a unit changed (x 100)": (_unit, frozenset({"f10"})),
        "20% nulls": (_nulls, frozenset({"f19"})),
        "a joint change, margins alone": (_joint, frozenset({JOINTLY})),
        "a broken join": (_join, frozenset({"f20", "f21", "f22", "f24", "f25", "f26"})),
        "churn doubled": (_churn, frozenset({"f1", "f29", JOINTLY})),
    }
)
