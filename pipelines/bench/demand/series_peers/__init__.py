"""What a data scientist would pick instead: each forecasts the series of a task.

A peer is a module here and a line in `PEERS`, with the library it needs in `LIBRARIES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from pipelines.bench.contests.naming import require_libraries
from pipelines.bench.demand.demand_task import DemandTask
from pipelines.bench.demand.said import Said
from pipelines.bench.demand.series_peers import exponential_smoothing, lagged_trees, recursive_trees

PEERS: Mapping[str, Callable[[DemandTask], Said]] = {
    "auto_ets": exponential_smoothing.auto_ets,
    "auto_theta": exponential_smoothing.auto_theta,
    "mlforecast": recursive_trees.mlforecast,
    "xgboost": lagged_trees.xgboost,
}
LIBRARIES: Mapping[str, tuple[str, ...]] = {
    "auto_ets": ("statsforecast",),
    "auto_theta": ("statsforecast",),
    "mlforecast": ("mlforecast", "lightgbm"),
}
"""What comes with the extra `bench`, by peer."""


def require(peers: Iterable[str]) -> None:
    """Refuse peers whose library is not installed.

    Raises:
        NotReady: naming the extra that brings it.
    """
    require_libraries(library for peer in peers for library in LIBRARIES.get(peer, ()))
