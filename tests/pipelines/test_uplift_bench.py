"""What the bench of uplift says in the end, of many trials and of one."""

import json
import math

from models.intervals import Interval
from pipelines.bench.uplift_bench import ORACLE, OURS, PolicyResult, standing


def against(policy: str, low: float, high: float) -> PolicyResult:
    return PolicyResult("many buy", policy, 1.0, Interval((low + high) / 2, low, high), 1.0)


def test_rivals_that_are_wholly_ahead_are_counted() -> None:
    found = [against(OURS, 0.0, 0.0), against("a", -2.0, -1.0), against("b", -1.0, 1.0), against(ORACLE, -2.0, -1.0)]
    assert standing(found, 3) == "wholly behind 1 of 2, on 3 trials of each shape"


def test_one_trial_tells_no_interval() -> None:
    single = PolicyResult("many buy", "a", 1.0, Interval(-1.0, math.nan, math.nan), 1.0)
    assert "tells no interval" in standing([single], 1)
    written = json.loads(json.dumps(single.as_dict(), allow_nan=False))
    assert written["ahead"] == {"value": -1.0, "low": None, "high": None}
