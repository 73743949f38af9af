"""What others would pick instead: each fits on a task and scores all products for customers, per mode.

A peer is a module here and a line in `PEERS`, with the library it needs in `LIBRARIES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from models.recommendation.rankers import Mode
from pipelines.bench.contests.naming import require_libraries
from pipelines.bench.recommendation.list_peers import autoencoder, factors, next_basket, two_stages
from pipelines.bench.recommendation.list_task import ListTask
from pipelines.bench.recommendation.scored_lists import Scores

Peer = Callable[[ListTask], Mapping[Mode, Scores]]
PEERS: Mapping[str, Peer] = {
    "tifu_knn": next_basket.tifu_knn,
    "ease": autoencoder.ease,
    "als": factors.als,
    "als_first_buyers": factors.als_first_buyers,
    "bm25": factors.bm25,
    "two_stage_plain": two_stages.two_stage_plain,
}
LIBRARIES: Mapping[str, tuple[str, ...]] = {
    "als": ("implicit",),
    "als_first_buyers": ("implicit",),
    "bm25": ("implicit",),
    "two_stage_plain": ("lightgbm",),
}
"""What comes with the extra `bench`, by peer."""


def require(peers: Iterable[str]) -> None:
    """Refuse peers whose library is not installed.

    Raises:
        NotReady: naming the extra that brings it.
    """
    require_libraries(library for peer in peers for library in LIBRARIES.get(peer, ()))
