"""A thousand exchanges under load, half of them to broken artifacts: no answer fails, none is another version's."""

from __future__ import annotations

import random
import threading
import time
from datetime import date
from pathlib import Path

import pytest

from core.workspace import Workspace
from models import artifact
from models.artifact_cache import MODEL, ServingState, seal_of
from models.registry import Registry
from models.serving_state import LineupState
from serving import champions
from tests.support import toy
from tests.support.shop import empty_workspace

SWAPS, VERSIONS, READERS = 1000, 8, 4
BREAKS = ("bit", "cut", "pickle", "path", "golden")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    toy.install(monkeypatch)
    monkeypatch.setattr(champions, "RETRY_SECONDS", 0.0)
    return empty_workspace(tmp_path / "workspace")


def save(workspace: Workspace, version: int, broken: str = "") -> ServingState:
    """A version that says its own number to everyone."""
    folder = workspace.models_dir / "churn" / str(version)
    value = 1000.0 + version if broken == "golden" else float(version)
    toy.ToyModel(value, date(2024, 7, 1)).save(folder / MODEL)
    artifact.seal(folder)
    seal, file = seal_of(folder), folder / MODEL / "model.json"
    content = file.read_bytes()
    if broken == "bit":
        file.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    elif broken == "cut":
        file.write_bytes(content[: len(content) // 2])
    elif broken in ("pickle", "path"):
        name = "model.pkl" if broken == "pickle" else "../../secret.json"
        (folder / MODEL / "model.pkl").write_bytes(b"cos\nsystem\n(S'touch ran'\ntR.")
        artifact.write_json(folder / MODEL / artifact.MANIFEST, {"format": 1, "files": {name: "0" * 64}})
    return ServingState("churn", str(version), folder / MODEL, "champion", "model", seal)


@pytest.mark.fault(
    "registry and models",
    "a thousand exchanges under load, half of them to broken artifacts",
    "no failed answer, none of a wrong version",
)
def test_a_thousand_exchanges_fail_no_answer_and_mix_no_versions(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = [save(workspace, number) for number in range(1, VERSIONS + 1)]
    bad = [save(workspace, 100 + place, kind) for place, kind in enumerate(BREAKS)]
    registry, rng = Registry(workspace), random.Random(20)
    wanted = {"churn": LineupState(good[0])}
    monkeypatch.setattr(registry, "lineup", lambda kind: wanted.get(kind, LineupState()))
    serving = champions.Champions(workspace, registry)
    serving.refresh()
    wrong: list[object] = []
    answers, over = [0] * READERS, threading.Event()

    def ask(reader: int) -> None:
        while not over.is_set():
            found = serving.get(toy.KIND)
            if found is None or not 1 <= int(found.version) <= VERSIONS or found.model.value != float(found.version):
                wrong.append(found)
            answers[reader] += 1
            time.sleep(0.0005)  # the exchanges have to get in between

    threads = [threading.Thread(target=ask, args=(reader,)) for reader in range(READERS)]
    for thread in threads:
        thread.start()
    last = good[0]
    for swap in range(SWAPS):
        broken = swap % 2 == 1
        state = rng.choice(bad if broken else good)
        wanted["churn"] = LineupState(state)
        serving.refresh()
        last = last if broken else state
        now = serving.get(toy.KIND)
        assert now is not None
        assert now.version == last.version
    over.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert min(answers) > SWAPS / 10
