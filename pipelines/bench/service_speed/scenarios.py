"""What is asked of the services: the requests of each scenario, made of a workspace's own customers and series."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from core.errors import NotReady
from core.workspace import Workspace
from feature_repo.materialization import Materializations
from models.demand.series import split_id
from pipelines.bench.service_speed.load import post

BODIES: Final = 500
CHURN: Final = "churn, 1 id"
SINGLE: Final = "churn, 1 id, 1 connection"
MANY: Final = "churn, 100 ids"
DEMAND: Final = "demand, 1 series"
HEALTH: Final = "healthz"


@dataclass(frozen=True)
class LoadScenario:
    """Requests of one kind, and from how many connections at once; `by_floor`: the floor answers them, too."""

    name: str
    requests: Sequence[bytes]
    connections: int = 16
    by_floor: bool = False


def scenarios(workspace: Workspace, token: str, seed: int) -> list[LoadScenario]:
    """All of them.

    Raises:
        NotReady: the online store knows nobody.
    """
    fillings, draw = Materializations(workspace), random.Random(seed)
    customers, series = list(fillings.keys("customer_features")), list(fillings.keys("series_features"))
    if not customers:
        raise NotReady("the online store is empty", todo="run: regulars materialize")
    draw.shuffle(customers)
    keys = workspace.settings.demand.series
    turn = itertools.cycle(customers)

    def of(path: str, body: Callable[[], Any]) -> list[bytes]:
        return [post(path, msgspec.json.encode(body()), token) for _ in range(BODIES)]

    one = of("/v1/churn", lambda: {"customer_ids": [next(turn)]})
    hundred = of("/v1/churn", lambda: {"customer_ids": [next(turn) for _ in range(100)]})
    explained = of("/v1/churn", lambda: {"customer_ids": [next(turn)], "explain": True})
    known = of("/v1/customers", lambda: {"customer_ids": [next(turn)]})
    lists = of("/v1/recommendations", lambda: {"customer_id": next(turn), "k": 10})
    events = of("/v1/events", lambda: {"events": [_purchase(next(turn), draw)]})
    found = [
        LoadScenario(SINGLE, one, 1, by_floor=True),
        LoadScenario(CHURN, one, 16, by_floor=True),
        LoadScenario(MANY, hundred, 4, by_floor=True),
        LoadScenario("churn, 1 id, explained", explained, 16, by_floor=True),
        LoadScenario("customers, 1 id", known),
        LoadScenario("recommendations, 10", lists, 4),
        LoadScenario(HEALTH, [post("/healthz", b"")], by_floor=True),
        LoadScenario("events, 1 purchase", events),
    ]
    if series:
        asked = itertools.cycle([dict(zip(keys, split_id(each, keys), strict=True)) for each in series[:BODIES]])
        found.insert(5, LoadScenario(DEMAND, of("/v1/demand", lambda: {"series": [next(asked)]})))
    return found


def _purchase(customer: str, draw: random.Random) -> dict[str, Any]:
    order = f"bench-{draw.getrandbits(60):x}"
    return {"customer_id": customer, "kind": "purchase", "order_id": order, "quantity": 1, "value": 2.5}
