"""Champions exchanged while a real service with two workers answers: nothing fails, and nobody else answers."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from core.workspace import Workspace
from models.kinds import FittedModel, kind
from models.registry import Registry
from models.version import CHAMPION
from tests.serving.process import Process
from tests.support import toy
from tests.support.mlflow import give_empty_registry
from training import tracking

pytestmark = pytest.mark.long
SWAPS, CLIENTS, LATEST = 12, 6, 30.0
"""Exchanges, every other one to a damaged version; connections at a time; seconds until every worker has it."""
ASKED = {
    "churn": ("/v1/churn", {"customer_ids": ["c001"]}),
    "recommendation": ("/v1/recommendations", {"customer_id": "c001", "k": 3}),
}


@dataclass(frozen=True)
class Answered:
    """An answer, from when to when (monotonic) it was under way."""

    kind: str
    began: float
    ended: float
    status: int
    version: str
    fresh: bool
    """Whether it came over a new connection, which any of the workers takes."""


@dataclass
class Askers:
    """Clients that ask without pause; each begins a new connection every so often."""

    process: Process
    answers: list[Answered] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Askers:
        self.threads = [threading.Thread(target=self._ask, args=(name,)) for name in [*ASKED] * (CLIENTS // 2)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join()

    def _ask(self, name: str) -> None:
        like, (path, body) = self.process.client, ASKED[name]
        while not self.over.is_set():
            with httpx.Client(base_url=like.base_url, headers=like.headers, timeout=60) as client:
                for turn in range(5):
                    began = time.monotonic()
                    answer = client.post(path, json=body)
                    version = answer.json().get("version", "")
                    self.answers.append(
                        Answered(name, began, time.monotonic(), answer.status_code, version, fresh=turn == 0)
                    )
                    time.sleep(0.02)

    def everywhere(self, name: str, version: str, since: float) -> bool:
        """Whether the last dozen new connections that were begun since then were all answered by the version."""
        told = [each.version for each in self.answers if each.kind == name and each.fresh and each.began > since]
        return len(told) >= 12 and set(told[-12:]) == {version}


def register(workspace: Workspace, name: str, folder: Path, model: FittedModel) -> str:
    """A version in the registry; what it says of its training is a toy's."""
    for part in ("model", "evaluation", "baseline"):
        model.save(folder / part)
    record = toy.record(folder.parent / "toy", kind=kind(name), as_of=model.trained_as_of, directory=folder)
    return tracking.log(workspace, record).version


def damage(folder: Path, *, cut: bool) -> None:
    """Its largest file, cut off or with one bit turned."""
    file = max((each for each in folder.rglob("*") if each.is_file()), key=lambda each: each.stat().st_size)
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2] if cut else content[:-1] + bytes([content[-1] ^ 1]))


@pytest.fixture
def exchanged(served: Workspace, fitted: tuple[Path, dict[str, FittedModel]], tmp_path: Path) -> Iterator[Process]:
    """Of each kind versions 1 to 3, and 4 and 5, whose files in the registry are damaged."""
    give_empty_registry(served)
    registry = Registry(served)
    for name in ASKED:
        for number in range(1, 6):
            version = register(served, name, tmp_path / f"{name}-{number}", fitted[1][name])
            assert version == str(number)
            if number > 3:
                place = registry.version(name, version).location.removeprefix("file://")
                damage(Path(place) / "artifacts" / "version" / "model", cut=number == 4)
        registry.set_alias(name, CHAMPION, "1")
    process = Process(served, workers="2")
    process.start()
    yield process
    process.stop()


@pytest.mark.fault(
    "registry and models",
    "champions exchanged under load in a process, every other one's files damaged",
    "no failed answer, none of a version that was not champion then",
)
def test_nothing_fails_and_no_version_answers_that_was_not_champion_then(exchanged: Process) -> None:
    registry, rng = Registry(exchanged.workspace), random.Random(12)
    reigns: dict[str, list[tuple[str, float]]] = {name: [("1", 0.0)] for name in ASKED}
    with Askers(exchanged) as askers:
        for swap in range(SWAPS):
            name = rng.choice([*ASKED])
            broken = swap % 2 == 1
            last = reigns[name][-1][0]
            version = rng.choice(["4", "5"] if broken else [each for each in "123" if each != last])
            at = time.monotonic()
            registry.set_alias(name, CHAMPION, version)
            if broken:  # nothing is to happen: give it the time in which something would
                time.sleep(2)
                continue
            reigns[name].append((version, at))
            while not askers.everywhere(name, version, at):
                assert time.monotonic() - at < LATEST, f"{name} {version} does not answer everywhere"
                time.sleep(0.05)
    assert {each.status for each in askers.answers} == {200}
    assert len(askers.answers) > 100
    for name, reign in reigns.items():
        ends = [*[at + LATEST for _, at in reign[1:]], float("inf")]
        for each in askers.answers:
            may = {version for (version, begins), end in zip(reign, ends, strict=True)
                   if begins <= each.ended and each.began <= end}  # fmt: skip
            assert each.kind != name or each.version in may
