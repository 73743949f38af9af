"""What a data scientist would pick instead: each fits on a task and gives the chances of its population.

A peer is a module here and a line in `PEERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from models.arrays import Float64Array
from pipelines.bench.churn.churn_task import ChurnTask
from pipelines.bench.churn.peers import base_rate, boosted_trees, pareto_nbd, regression
from pipelines.bench.contests.naming import require_libraries

PEERS: Mapping[str, Callable[[ChurnTask], Float64Array]] = {
    "base_rate": base_rate.predict,
    "pareto_nbd": pareto_nbd.predict,
    "logistic": regression.predict,
    "xgboost": boosted_trees.xgboost,
    "lightgbm": boosted_trees.lightgbm,
    "catboost": boosted_trees.catboost,
}
MEAN = "mean"
MEAN_OF = ("logistic", "xgboost", "lightgbm", "catboost")
"""The mean logit of these is a peer too."""


def require(peers: Iterable[str]) -> None:
    """Refuse peers whose library is not installed.

    Raises:
        NotReady: naming the extra that brings it.
    """
    fitted = {each for peer in peers for each in (MEAN_OF if peer == MEAN else (peer,))}
    require_libraries(library for library in ("lightgbm", "catboost") if library in fitted)
