"""How long the churn model takes for one customer whose features are at hand, beside XGBoost alone on the same trees.

    .venv/bin/python -m benchmarks.one_customer DIRECTORY

DIRECTORY holds a saved model (in a workspace `models/churn/VERSION/model`). The customer is one of the made-up ones
that lie with it. Prints microseconds of CPU, the least and the median of many turns, and the ratio of the medians to
what XGBoost takes to make a `DMatrix` of the row and predict. The turns of all go round, so that a busy machine is busy
for each of them; what others do on it is not counted.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

import xgboost as xgb

from models.arrays import Float32Array
from models.churn.kind import KIND
from models.churn.model import BoostedModel
from models.churn.portfolio import Portfolio
from models.churn.scorer import Scorer

TURNS = 1000
REASONS = 5
PLAIN = "xgboost alone"


def turns(scorer: Scorer) -> dict[str, Callable[[], Any]]:
    """What is timed, by name."""
    one = {name: values[:1] for name, values in scorer.golden_inputs.items()}
    matrix = scorer.about.inputs.matrix(one)
    members = scorer.members if isinstance(scorer, Portfolio) else {scorer.name: scorer}
    trees = next((member for member in members.values() if isinstance(member, BoostedModel)), None)
    plain = {PLAIN: _plain(trees, _row(trees, one))} if trees else {}
    parts = {f"  {name}": _margins(member, _row(member, one)) for name, member in members.items()}
    whole = {"probability and rank": lambda: scorer.score(one)}
    steps = {"  features as a row": lambda: scorer.about.inputs.matrix(one), "  log-odds": _margins(scorer, matrix)}
    return plain | whole | steps | parts | {"the reasons": lambda: scorer.explain(one, REASONS)}


def _row(member: Scorer, one: Mapping[str, Any]) -> Float32Array:
    return member.about.inputs.matrix(one)


def _margins(scorer: Scorer, row: Float32Array) -> Callable[[], Any]:
    return lambda: scorer.margins(row)


def _plain(member: BoostedModel, row: Float32Array) -> Callable[[], Any]:
    def predict() -> None:
        for booster in member.boosters:
            booster.predict(xgb.DMatrix(row, nthread=1))

    return predict


def measured(timed: Mapping[str, Callable[[], Any]]) -> dict[str, list[float]]:
    """Microseconds of every turn, by name."""
    taken: dict[str, list[float]] = {name: [] for name in timed}
    for turn in range(TURNS):
        for name, work in timed.items():
            started = time.thread_time()
            work()
            if turn > TURNS // 20:
                taken[name].append((time.thread_time() - started) * 1e6)
    return taken


def main() -> None:
    taken = measured(turns(KIND.load(Path(sys.argv[1]))))
    plain = taken.get(PLAIN)
    for name, each in taken.items():
        ratio = f"{median(each) / median(plain):6.2f} x {PLAIN}" if plain else ""
        print(f"{name:24}{min(each):7.0f} us least{median(each):7.0f} us median{ratio:>26}")


if __name__ == "__main__":
    main()
