"""What goes on beside the requests: a champion is exchanged again and again, and the online store is filled anew.

    python -m pipelines.bench.service_speed.exchange -w DIR --seconds N [--refill]

A process of its own, so that it takes no time from the load generator. The second version is the first one again, so
that every answer can be told to be right.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from core import clock
from core.workspace import Workspace
from feature_repo import store
from models.churn import KIND
from models.registry import Registry
from models.version import CHAMPION, PREFIX

EVERY_SECONDS = 3.0


def main() -> None:
    """Exchange, and end after the given time."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-w", type=Path, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--refill", action="store_true")
    given = parser.parse_args()
    workspace, until = Workspace.open(given.w), time.monotonic() + given.seconds
    registry = Registry(workspace)
    both = (champion(registry), second(registry))
    refilled = not given.refill
    for turn in range(1, 10_000):
        if time.monotonic() > until:
            break
        promote(registry, both[turn % 2])
        if not refilled:
            store.materialize(workspace, clock.present(workspace))
            refilled = True
        time.sleep(EVERY_SECONDS)
    promote(registry, both[0])


def promote(registry: Registry, version: str) -> None:
    """As a promotion does: the one before may finish until the new one has told what it prepares."""
    now = champion(registry)
    if now != version:
        registry.set_past_champions(KIND.name, [now])
        registry.set_alias(KIND.name, CHAMPION, version)


def champion(registry: Registry) -> str:
    """The version that is champion."""
    return registry.version(KIND.name, CHAMPION).version


def second(registry: Registry) -> str:
    """Another version of the same files."""
    now = registry.version(KIND.name, CHAMPION)
    others = [each.version for each in registry.versions(KIND.name) if each.version != now.version]
    if others:
        return others[0]
    entity = registry.client.get_model_version(KIND.name, now.version)
    facts = {name.removeprefix(PREFIX): value for name, value in entity.tags.items() if name.startswith(PREFIX)}
    return registry.register(KIND.name, entity.run_id, entity.source, facts, entity.model_id).version


if __name__ == "__main__":
    main()
