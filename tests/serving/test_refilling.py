"""While a store that has lost what it held is filled again, what is quick goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from core.workspace import Workspace
from feature_repo import folding
from feature_repo.materialization import Materialization
from serving.runtime import Runtime

ROUNDS = 3


@pytest.mark.fault(
    "online store",
    "emptied, and long in being filled again",
    "consents, rules and availability are read on meanwhile; who starts, starts",
)
def test_a_long_refilling_holds_up_no_consents(served: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    serving = served.settings.serving.model_copy(update={"reload_seconds": 0.05})
    served.settings = served.settings.model_copy(update={"serving": serving})
    began, may_end, read = threading.Event(), threading.Event(), dict.fromkeys(("consents", "rules", "availability"), 0)
    refill = folding.refill_what_was_lost

    def slowly(workspace: Workspace) -> Materialization | None:
        began.set()
        may_end.wait(30)
        return refill(workspace)

    monkeypatch.setattr(folding, "refill_what_was_lost", slowly)
    for file in served.feast_dir.glob("online.db*"):
        file.unlink()
    runtime = Runtime(served)
    for group in runtime.background._groups:
        for name in read.keys() & group.keys():
            group[name] = counting(group[name], read, name)  # type: ignore[index]
    runtime.background.start()
    try:
        assert began.wait(30)
        before = dict(read)
        assert until(lambda: all(read[name] >= before[name] + ROUNDS for name in read))
        assert runtime.online_store.trouble is not None
        assert until(lambda: runtime.loaded)
        may_end.set()
        assert until(lambda: runtime.online_store.trouble is None)
    finally:
        may_end.set()
        runtime.close()


def counting(task: Callable[[], None], read: dict[str, int], name: str) -> Callable[[], None]:
    def counted() -> None:
        read[name] += 1
        task()

    return counted


def until(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 30
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.01)
    return holds()
