"""Ports for servers in tests: each worker has a range of its own, as a server binds long after its port was picked."""

from __future__ import annotations

import itertools
import os

from pipelines.processes import free_port

# Below the range from which systems pick the ports of outgoing connections.
_FIRST, _PER_WORKER = 21_000, 400
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_turns = itertools.count()


def own_port() -> int:
    """A free port that no other worker, and no earlier test of this one, was given lately."""
    step = next(_turns) % (_PER_WORKER // 2)
    return free_port("127.0.0.1", _FIRST + _WORKER * _PER_WORKER + step)
