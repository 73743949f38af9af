"""What a data scientist would pick instead: each fits on a task and gives the chances of its population.

A peer is a module here and a line in `PEERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib.util import find_spec

from core.errors import NotReady
from models.arrays import Float64Array
from pipelines.bench.churn.churn_task import ChurnTask
from pipelines.bench.churn.peers import base_rate, boosted_trees, pareto_nbd, regression

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


def require_libraries(peers: Iterable[str]) -> None:
    """Refuse peers whose library is not installed, before hours are spent on the others.

    Raises:
        NotReady: naming the extra that brings it.
    """
    fitted = {each for peer in peers for each in (MEAN_OF if peer == MEAN else (peer,))}
    for library in ("lightgbm", "catboost"):
        if library in fitted and find_spec(library) is None:
            raise NotReady(
                f"{library} is not installed",
                why="it is a peer of the bench, which the product itself does not need",
                todo="install the extra: pip install 'regulars[bench]'; or name other peers with --peers",
            )
