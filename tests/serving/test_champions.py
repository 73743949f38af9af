"""A new champion answers soon, a damaged one never, and no request waits or fails meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from core.alerts import Alerts
from core.workspace import Workspace
from models import kinds
from models.registry import Registry
from models.version import BASELINE, CHAMPION, Version
from serving.background import BREATH, LONGEST_BREATH, Background
from serving.champions import Champion, Champions
from tests.models.conftest import trainer
from tests.support import toy
from tests.support.mlflow import give_empty_registry
from tests.support.shop import empty_workspace

Train = Callable[..., Version]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    toy.install(monkeypatch)
    made = empty_workspace(tmp_path / "workspace")
    give_empty_registry(made)
    yield made
    monkeypatch.undo()


@pytest.fixture
def train(workspace: Workspace, tmp_path: Path) -> Train:
    return trainer(workspace, tmp_path)


def serve(workspace: Workspace, version: Version, alias: str = CHAMPION) -> None:
    Registry(workspace).set_alias("churn", alias, version.version)


def champions(workspace: Workspace) -> Champions:
    made = Champions(workspace, Registry(workspace))
    made.refresh()
    return made


def answering(serving: Champions) -> Champion[toy.ToyModel]:
    found = serving.get(toy.KIND)
    assert found is not None
    return found


def test_without_a_version_nothing_answers(workspace: Workspace) -> None:
    assert champions(workspace).versions() == dict.fromkeys(kinds.names())


def test_the_champion_answers_and_the_next_one_after_it(workspace: Workspace, train: Train) -> None:
    serve(workspace, train(1.0))
    serving = champions(workspace)
    first = answering(serving)
    serve(workspace, train(0.9))
    serving.refresh()
    second = answering(serving)
    assert (first.version, first.model.value, first.variant) == ("1", 1.0, "champion")
    assert (second.version, second.model.value, second.fallback) == ("2", 0.9, None)


def test_the_best_baseline_says_so(workspace: Workspace, train: Train) -> None:
    serve(workspace, train(3.0), BASELINE)
    serving = answering(champions(workspace))
    assert (serving.variant, serving.fallback, serving.model.value) == ("baseline", "baseline", 1.3)


@pytest.mark.fault(
    "registry and models", "a champion that answers its golden inputs differently", "refused, with an alert"
)
def test_a_version_that_answers_its_golden_inputs_differently_is_refused_with_an_alert(
    workspace: Workspace, train: Train
) -> None:
    serve(workspace, train(1.0))
    serving = champions(workspace)
    serve(workspace, train(1000.0))
    serving.refresh()
    good = answering(serving)
    assert good.version == "1"
    assert [alert.subject for alert in Alerts(workspace).open()] == ["churn/2"]


@pytest.mark.fault("registry and models", "a damaged champion", "refused, with an alert; the one before it goes on")
def test_a_damaged_version_is_refused_with_an_alert_that_names_it(workspace: Workspace, train: Train) -> None:
    serve(workspace, train(1.0))
    serving = champions(workspace)
    damaged = train(0.9)
    files = [f for f in workspace.mlflow_dir.rglob("model.json") if '"value": 0.9' in f.read_text()]
    for file in files:
        file.write_text(file.read_text().replace("0.9", "0.8"))
    assert files
    serve(workspace, damaged)
    serving.refresh()
    good = answering(serving)
    assert good.version == "1"
    assert any("2" in alert.subject for alert in Alerts(workspace).open())


def test_the_registry_may_be_gone(workspace: Workspace, train: Train) -> None:
    serve(workspace, train(1.0))
    serving = champions(workspace)
    (workspace.mlflow_dir / "mlflow.db").write_bytes(b"no database")
    serving.refresh()
    assert serving.versions()["churn"] == "1"
    fresh = champions(Workspace.open(workspace.root))
    assert fresh.versions()["churn"] == "1"


@pytest.mark.fault("registry and models", "a new champion while the database takes no alert", "it answers")
def test_an_alert_that_can_not_be_told_keeps_no_champion_back(
    workspace: Workspace, train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving = Champions(workspace, Registry(workspace))
    serve(workspace, train(1.0))
    with monkeypatch.context() as patched:
        for name in ("append", "close"):
            patched.setattr(Alerts, name, away)
        serving.refresh()
        assert serving.versions()["churn"] == "1"
    closed: list[object] = []
    monkeypatch.setattr(Alerts, "close", lambda *told, **_: closed.append(told[2]))
    serving.refresh()
    assert "churn/1" in closed


def away(*_: object, **__: object) -> None:
    raise OperationalError("insert", {}, Exception("away"))


@pytest.mark.fault("registry and models", "a champion that takes long to load", "delays nobody")
def test_a_slow_load_delays_nobody(workspace: Workspace, train: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = train(1.0), train(0.9)
    serve(workspace, first)
    serving = champions(workspace)
    kind = kinds.kind("churn")
    load, loading, may_end = kind.load, threading.Event(), threading.Event()

    def slowly(directory: Path) -> object:
        loading.set()
        assert may_end.wait(10)
        return load(directory)

    monkeypatch.setattr(kind, "load", slowly)
    serve(workspace, second)
    background = Background(60, {"champions": serving.refresh})
    background.start()
    assert loading.wait(10)
    assert answering(serving).version == "1"
    may_end.set()
    background.close()
    assert answering(serving).version == "2"


def test_a_task_that_fails_stops_neither_the_others_nor_the_next_round() -> None:
    done = []

    def fails() -> None:
        done.append("fails")
        raise ValueError("no")

    background = Background(0.01, {"fails": fails, "works": lambda: done.append("works")})
    background.start()
    while done.count("works") < 3:
        time.sleep(0.01)
    background.close()
    assert done.count("fails") >= 3


def test_a_task_is_followed_by_time_for_requests_but_not_while_the_service_loads() -> None:
    waits: list[float] = []

    class Waits(threading.Event):
        """Tells how long it is waited for."""

        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout or 0.0)
            return False

    background = Background(60, {"slow": lambda: time.sleep(0.002), "slower": lambda: time.sleep(0.1)})
    background._stop = Waits()
    background._round(background._groups[0])
    assert waits == [0.0, 0.0]
    background._round(background._groups[0], BREATH)
    assert 0.002 * BREATH <= waits[2] <= LONGEST_BREATH
    assert waits[3] == LONGEST_BREATH


def test_what_is_slow_does_not_hold_up_what_is_quick() -> None:
    looks, prepared, hold = [], [], threading.Event()

    def prepare() -> None:
        hold.wait(10)
        prepared.append(1)

    background = Background(0.01, {"looks": lambda: looks.append(1)}, {"prepares": prepare})
    background.start()
    deadline = time.monotonic() + 10
    while len(looks) < 5 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(looks) >= 5
    assert prepared == []
    hold.set()
    background.close()


def test_a_later_group_begins_after_the_first_round_of_the_one_before() -> None:
    order: list[str] = []
    first = {"slowly": lambda: time.sleep(0.1), "first": lambda: order.append("first")}
    background = Background(60, first, {"second": lambda: order.append("second")})
    background.start()
    while len(order) < 2:
        time.sleep(0.01)
    background.close()
    assert order == ["first", "second"]


def test_what_stands_aside_waits_for_the_first_and_nothing_waits_for_it() -> None:
    order: list[str] = []
    hold = threading.Event()

    def aside() -> None:
        order.append("aside")
        hold.wait(10)

    after = {"third": lambda: order.append("third")}, {"fourth": lambda: order.append("fourth")}
    background = Background(60, {"first": lambda: order.append("first")}, *after, aside={"aside": aside})
    background.start()
    deadline = time.monotonic() + 10
    while len(order) < 4 and time.monotonic() < deadline:
        time.sleep(0.01)
    hold.set()
    background.close()
    assert order[0] == "first"
    assert sorted(order) == ["aside", "first", "fourth", "third"]
    assert order.index("third") < order.index("fourth")
