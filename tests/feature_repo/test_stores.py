"""The stores are a matter of settings: the same values come from SQLite, PostgreSQL and Valkey."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import SettingsError, StoreError
from core.event_log import Event
from core.workspace import Workspace
from feature_repo import catalog, online, store
from feature_repo.config import repo_config
from feature_repo.online import OnlineReader
from tests.feature_repo.conftest import D
from tests.feature_repo.test_online import NOON, SERVICE, purchase, same
from tests.support.postgres import new_database


def opened(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, **urls: str) -> Workspace:
    """The workspace with other stores."""
    for name, url in urls.items():
        monkeypatch.setenv(f"REGULARS_STORES__{name.upper()}", url)
    return Workspace.open(workspace.root)


def online_config(workspace: Workspace) -> dict[str, Any]:
    return dict(repo_config(workspace).online_store.model_dump())


def test_by_default_registry_and_online_store_are_files_of_the_workspace(small_shop: Workspace) -> None:
    config = repo_config(small_shop)
    assert config.registry.path == f"sqlite:///{small_shop.feast_dir / 'registry.db'}"
    assert online_config(small_shop)["url"] == f"sqlite:///{small_shop.feast_dir / 'online.db'}"


def test_names_in_a_url_are_filled_in(small_shop: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "p%40ss")
    workspace = opened(small_shop, monkeypatch, online="redis://user:${SECRET}@cache.internal:6380/2?ssl=true")
    assert online_config(workspace)["url"] == "redis://user:p%40ss@cache.internal:6380/2?ssl=true"


def test_a_store_of_another_kind_is_refused(small_shop: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = opened(small_shop, monkeypatch, online="s3://bucket/features")
    with pytest.raises(SettingsError, match="use redis://, postgresql://, or leave it empty"):
        repo_config(workspace)


def test_a_store_that_is_not_there_is_said_in_one_line(small_shop: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = opened(small_shop, monkeypatch, online="redis://127.0.0.1:1/0")
    with pytest.raises(StoreError, match="the online store does not answer") as caught:
        OnlineReader(workspace, SERVICE).read(["c003"])
    assert "\n" not in str(caught.value)


def assert_serves_like_sqlite(workspace: Workspace) -> None:
    """Online equals offline, a purchase shows at once, and a new materialization takes its place."""
    store.materialize(workspace, D)
    offline = store.matrix(workspace, SERVICE, D)
    reader = OnlineReader(workspace, SERVICE)
    found = reader.read(list(offline["customer_id"]))
    for name in reader.names:
        assert all(same(a, b) for a, b in zip(found[name], offline[name], strict=True)), name
    looked = OnlineReader.of_views(workspace, [catalog.view("customer_interests")])
    before = reader.read(["c003", "nobody"])
    online.OnlineWriter(workspace).apply([purchase("c003"), Event("session 1", NOON, "view", "003")])
    assert reader.read(["c003"])["days_since_last_visit"] == [1.0]
    assert looked.read(["session 1"])["interest_products"] == [["003"]]
    store.materialize(workspace, D)
    assert reader.read(["c003", "nobody"]) == before


@pytest.mark.long
def test_postgresql_serves_like_sqlite(
    small_shop: Workspace, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = new_database(postgres_url)
    assert_serves_like_sqlite(opened(small_shop, monkeypatch, online=url, feast_registry=url))


@pytest.mark.long
def test_valkey_serves_like_sqlite(small_shop: Workspace, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_serves_like_sqlite(opened(small_shop, monkeypatch, online=valkey_url))
