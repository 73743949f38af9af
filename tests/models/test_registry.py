"""The registry: one contract on SQLite and on PostgreSQL, and what serves when something is broken."""

import json
import shutil
import time

import pytest

from core.alerts import Alerts
from core.errors import NotReady, StoreError, UsageError
from core.settings import Settings
from core.workspace import Workspace
from models.registry import Registry
from tests.models.conftest import fairness, trainer
from tests.support import toy
from tests.support.postgres import new_database


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def store(request, tmp_path_factory):
    """A workspace with two trained versions, on each kind of database; the tests of the contract share it."""
    folder = tmp_path_factory.mktemp("registry")
    stores = {}
    if request.param == "postgresql":
        stores["mlflow"] = new_database(request.getfixturevalue("postgres_url"))
    with pytest.MonkeyPatch.context() as patch:
        toy.install(patch)
        workspace = Workspace(folder / "workspace", Settings(stores=stores))
        train = trainer(workspace, folder)
        train(1.1)
        train(1.0)
        yield workspace


@pytest.fixture
def registry(store) -> Registry:
    return Registry(store)


class TestContract:
    """What every backend does."""

    def test_versions_count_up_and_the_newest_comes_first(self, registry):
        assert [version.version for version in registry.versions("churn")] == ["2", "1"]

    def test_the_latest_version_is_the_challenger(self, registry):
        assert registry.version("churn", "challenger").version == "2"
        assert registry.version("churn", "1").aliases == ()

    def test_a_list_of_versions_knows_the_aliases_too(self, registry):
        assert [version.aliases for version in registry.versions("churn")] == [("challenger",), ()]

    def test_an_alias_moves_and_goes(self, registry):
        registry.set_alias("churn", "canary", "1")
        registry.set_alias("churn", "canary", "2")
        assert registry.version("churn", "canary").version == "2"
        assert registry.aliases("churn")["canary"] == "2"
        registry.drop_alias("churn", "canary")
        assert registry.find("churn", "canary") is None

    def test_tags_and_metrics_come_back_as_they_were(self, registry):
        version = registry.version("churn", "1")
        registry.tag(version, "note", "größer")
        assert registry.version("churn", "1").tags["note"] == "größer"
        assert version.metrics["error"].low < version.metrics["error"].value < version.metrics["error"].high
        assert set(version.baselines) == set(version.paired) == {"recency", "popularity"}

    def test_the_history_of_champions_is_kept(self, registry):
        assert registry.past_champions("churn") == []
        registry.set_past_champions("churn", ["1", "2"])
        assert Registry(registry.workspace).past_champions("churn") == ["1", "2"]

    def test_a_fairness_measurement_comes_back_and_a_later_one_replaces_it(self, registry):
        version = registry.version("churn", "2")
        registry.store_fairness(version, fairness("flagged"))
        assert registry.fairness(registry.version("churn", "2")) == fairness("flagged")
        registry.store_fairness(version, fairness("ok"))
        assert registry.fairness(registry.version("churn", "2")) == fairness("ok")

    def test_a_fetched_version_is_a_whole_copy_that_loads(self, registry):
        version = registry.version("churn", "1")
        assert toy.ToyKind().load(registry.fetch(version) / "model").value == 1.1

    def test_an_unknown_number_names_those_there_are(self, registry):
        with pytest.raises(UsageError, match=r"no churn version '9'.*1, 2"):
            registry.version("churn", "9")

    def test_an_alias_nobody_has_names_the_command(self, registry):
        with pytest.raises(NotReady, match="regulars promote churn 2"):
            registry.version("churn", "champion")

    def test_a_kind_without_versions_names_the_command(self, registry):
        assert registry.versions("demand") == []
        with pytest.raises(NotReady, match="regulars train demand"):
            registry.version("demand", "champion")


def test_asking_makes_no_registry(bare):
    registry = Registry(bare)
    assert registry.versions("churn") == []
    assert registry.serving_state("churn") is None
    with pytest.raises(NotReady, match="regulars train churn"):
        registry.version("churn", "champion")
    assert not bare.mlflow_dir.exists()


def test_a_registry_that_is_down_is_said_within_seconds_and_without_the_password(tmp_path):
    settings = Settings(stores={"mlflow": "postgresql://u:hidden@127.0.0.1:1/x"})
    started = time.monotonic()
    with pytest.raises(StoreError) as caught:
        Registry(Workspace(tmp_path, settings)).versions("churn")
    assert time.monotonic() - started < 5
    assert "does not answer" in str(caught.value)
    assert "hidden" not in str(caught.value)


def spoil(path, name: str = "model/model.json") -> None:
    file = path / name
    file.write_text(file.read_text() + " ")


def remote(registry: Registry, number: str):
    from pathlib import Path

    return Path(registry.version("churn", number).location) / "artifacts" / "version"


def test_a_damaged_local_copy_is_made_again(workspace, train):
    registry, version = Registry(workspace), train()
    copy = registry.fetch(version)
    spoil(copy)
    assert toy.ToyKind().load(registry.fetch(version) / "model").value == 1.0


@pytest.mark.parametrize("name", ["model/model.json", "evaluation/model.json", "baseline/model.json", "card.md"])
def test_a_damaged_version_is_named(workspace, train, name):
    registry, version = Registry(workspace), train()
    spoil(remote(registry, "1"), name)
    with pytest.raises(StoreError, match="churn version 1 is damaged"):
        registry.fetch(version)


def test_a_version_whose_files_are_gone_is_named(workspace, train):
    registry, version = Registry(workspace), train()
    shutil.rmtree(remote(registry, "1"))
    with pytest.raises(StoreError, match="churn version 1 is damaged"):
        registry.fetch(version)


def test_another_models_folder_in_its_place_is_found(workspace, train):
    """Each folder is whole in itself; only the seal in the registry tells that it is the wrong one."""
    registry = Registry(workspace)
    train(1.0)
    second = train(1.1)
    shutil.rmtree(remote(registry, "2"))
    shutil.copytree(remote(registry, "1"), remote(registry, "2"))
    with pytest.raises(StoreError, match="churn version 2 is damaged"):
        registry.fetch(second)


@pytest.fixture
def released(workspace, train) -> Registry:
    """The registry with a champion, version 1."""
    train()
    registry = Registry(workspace)
    registry.set_alias("churn", "champion", "1")
    return registry


class TestServing:
    """`serving_state`: the champion, else the baseline, else nothing; the last good state when something breaks."""

    def test_a_challenger_does_not_serve(self, workspace, train):
        train()
        assert Registry(workspace).serving_state("churn") is None

    def test_a_new_champion_is_seen_by_the_next_question(self, workspace, train):
        registry = Registry(workspace)
        train(1.1)
        train(1.0)
        registry.set_alias("churn", "champion", "1")
        assert registry.serving_state("churn").version == "1"
        Registry(workspace).set_alias("churn", "champion", "2")
        state = registry.serving_state("churn")
        assert (state.version, state.alias, state.mode) == ("2", "champion", "model")
        assert toy.ToyKind().load(state.directory).value == 1.0

    def test_the_baseline_serves_only_without_a_champion(self, workspace, train):
        registry = Registry(workspace)
        train()
        registry.set_alias("churn", "baseline", "1")
        state = registry.serving_state("churn")
        assert (state.mode, state.directory.name) == ("baseline", "baseline")
        assert toy.ToyKind().load(state.directory).value == 1.3
        registry.set_alias("churn", "champion", "1")
        assert registry.serving_state("churn").mode == "model"

    def test_asking_again_asks_no_registry_that_has_not_changed(self, released, monkeypatch):
        state = released.serving_state("churn")
        monkeypatch.delattr(Registry, "find")
        assert released.serving_state("churn") == state

    def test_asking_again_for_a_model_that_nobody_trained_asks_it_neither(self, workspace, train, monkeypatch):
        registry = Registry(workspace)
        train()
        assert registry.serving_state("value") is None
        with monkeypatch.context() as patched:
            patched.delattr(Registry, "standing")
            assert registry.serving_state("value") is None
        assert registry.serving_state("churn") is None
        registry.set_alias("churn", "champion", "1")
        assert registry.serving_state("churn").version == "1"

    def test_with_the_registry_broken_the_last_good_version_serves_even_after_a_restart(self, workspace, released):
        good = released.serving_state("churn")
        (workspace.mlflow_dir / "mlflow.db").write_bytes(b"no database" * 1000)
        assert released.serving_state("churn") == good
        assert Registry(workspace).serving_state("churn") == good
        assert [alert.subject for alert in Alerts(workspace).open()] == ["churn"]

    def test_the_alert_closes_when_the_registry_answers_again(self, workspace, released):
        good = released.serving_state("churn")
        database = workspace.mlflow_dir / "mlflow.db"
        whole = database.read_bytes()
        database.write_bytes(b"no database" * 1000)
        fresh = Registry(workspace)
        assert fresh.serving_state("churn") == good
        database.write_bytes(whole)
        assert fresh.serving_state("churn") == good
        assert Alerts(workspace).open() == []

    def test_with_the_registry_gone_the_last_good_version_serves(self, workspace, released):
        good = released.serving_state("churn")
        shutil.rmtree(workspace.mlflow_dir)
        assert Registry(workspace).serving_state("churn") == good

    def test_a_damaged_champion_leaves_the_last_good_one_and_an_alert_names_it(self, workspace, train):
        registry = Registry(workspace)
        train(1.1)
        train(1.0)
        registry.set_alias("churn", "champion", "1")
        good = registry.serving_state("churn")
        spoil(remote(registry, "2"))
        registry.set_alias("churn", "champion", "2")
        for asked in (registry, Registry(workspace)):
            assert asked.serving_state("churn") == good
        (alert,) = Alerts(workspace).open()
        assert (alert.level, alert.subject) == ("severe", "churn/2")
        assert "churn version 2 is damaged" in alert.text

    def test_a_damaged_copy_of_the_last_good_version_is_not_served(self, workspace, train):
        registry = Registry(workspace)
        for value in (1.2, 1.1, 1.0):
            train(value)
        for number in ("1", "2"):
            registry.set_alias("churn", "champion", number)
            registry.serving_state("churn")
        spoil(registry.cache.path("churn", "2"))
        shutil.rmtree(workspace.mlflow_dir)
        assert Registry(workspace).serving_state("churn").version == "1"

    def test_the_alert_closes_when_the_version_is_whole_again(self, workspace, train, monkeypatch):
        registry = Registry(workspace)
        train()
        path = remote(registry, "1") / "model" / "model.json"
        text = path.read_text()
        path.write_text("{}")
        registry.set_alias("churn", "champion", "1")
        assert registry.serving_state("churn") is None
        assert len(Alerts(workspace).open()) == 1
        path.write_text(text)
        monkeypatch.setattr("models.serving_state.RETRY_SECONDS", 0.0)
        assert registry.serving_state("churn").version == "1"
        assert Alerts(workspace).open() == []

    def test_an_unreadable_note_of_the_last_good_state_is_no_state(self, workspace, released):
        released.serving_state("churn")
        (workspace.models_dir / "churn" / "serving.json").write_text(json.dumps({"not": "a list"}))
        shutil.rmtree(workspace.mlflow_dir)
        assert Registry(workspace).serving_state("churn") is None


def test_a_moved_workspace_takes_its_registry_along(workspace, train, tmp_path):
    before = train(1.0)
    workspace.database.dispose()
    elsewhere = tmp_path / "elsewhere"
    shutil.move(workspace.root, elsewhere)
    registry = Registry(Workspace.open(elsewhere))
    version = registry.version("churn", before.version)
    assert version.location.startswith(str(elsewhere))
    shutil.rmtree(elsewhere / "models", ignore_errors=True)
    assert (registry.fetch(version) / "model").is_dir()
    after = trainer(registry.workspace, tmp_path)(1.1)
    assert after.location.startswith(str(elsewhere))
    assert not workspace.root.exists()
