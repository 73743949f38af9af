"""What is read off MLflow's own tables is what MLflow says, on SQLite and on PostgreSQL."""

import json
import sqlite3
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from core import utc
from core.errors import RegularsError, StoreError
from core.settings import Settings
from core.state.schema import MATERIALIZATIONS
from core.workspace import Workspace
from feature_repo.materialization import Content, Materializations
from models import registry_tables, release
from models.registry import Registry
from tests.models.conftest import trainer
from tests.support import toy
from tests.support.mlflow import give_empty_registry
from tests.support.postgres import new_database
from tests.support.shop import empty_workspace


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def registered(request, tmp_path_factory) -> Workspace:
    folder = tmp_path_factory.mktemp("registered")
    stores = {}
    if request.param == "postgresql":
        stores = {"mlflow": request.getfixturevalue("postgres_url")}
    with pytest.MonkeyPatch.context() as patch:
        toy.install(patch)
        workspace = empty_workspace(folder / "workspace", stores=stores)
        if not stores:
            give_empty_registry(workspace)
        train = trainer(workspace, folder)
        for value in (1.0, 0.999):
            release.promote(workspace, "churn", train(value).version, "ada")
        train(1.4)
    return workspace


def test_the_versions_are_those_that_mlflow_tells(registered):
    assert registry_tables.versions(registered, "churn") == Registry(registered).versions("churn")
    assert [version.aliases for version in registry_tables.versions(registered, "churn")] == [
        ("challenger",),
        ("champion",),
        (),
    ]


@pytest.mark.parametrize("name", ["2", "champion", "7", "canary", "chalenger"])
def test_a_version_is_found_or_refused_as_the_registry_does(name, registered):
    def asked(of):
        try:
            return of()
        except RegularsError as error:
            return type(error), str(error)

    told = asked(lambda: registry_tables.version(registered, "churn", name))
    assert told == asked(lambda: Registry(registered).version("churn", name))


def test_a_kind_without_versions_has_none_and_all_are_counted(registered):
    assert registry_tables.versions(registered, "demand") == []
    assert registry_tables.count(registered) == 3


def test_before_the_first_training_there_is_nothing(tmp_path):
    assert registry_tables.versions(empty_workspace(tmp_path / "workspace"), "churn") == []


def test_a_registry_that_does_not_answer_is_said_without_its_password(tmp_path):
    url = "postgresql://ada:secret@127.0.0.1:1/none"
    workspace = Workspace(tmp_path, Settings(stores={"mlflow": url}))
    with pytest.raises(StoreError, match="does not answer") as caught:
        registry_tables.versions(workspace, "churn")
    assert "secret" not in str(caught.value)


PROGRAM = """
import json, os, sys
import alembic.command, sqlalchemy.dialects.sqlite
from pipelines.cli.main import main
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        answers = os.fdopen(os.dup(1), "w")
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)
        sys.argv = ["regulars", *json.loads(line)]
        heavy = ("mlflow", "feast", "bentoml", "ibis", "evidently", "pandas", "xgboost")
        try:
            main()
        except SystemExit:
            pass
        except BaseException as error:
            heavy = repr(error)
        found = heavy if isinstance(heavy, str) else [name for name in heavy if name in sys.modules]
        print(json.dumps(found), file=answers, flush=True)
        os._exit(0)
    os.waitpid(child, 0)
"""


@pytest.fixture(scope="module")
def heavy_imports():
    """Says which heavy libraries a command has imported: in a fork of a process that has loaded the light ones."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def ask(command, workspace):
        process.stdin.write(json.dumps([*command.split(), "--workspace", str(workspace.root)]) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    with process:
        yield ask
        process.stdin.close()


REFUSED = (
    *("compare nothing 1 2", "promote nothing 1", "rollback nothing", "predict nothing --output lists.csv"),
    *("compare churn 1 2", "promote churn 9", "approve churn 9 --reason good", "retire churn"),
    *("predict churn --output lists.csv", "export feedback --output lists.txt"),
    *("features build --as-of 2999-01-01", "materialize --as-of 2999-01-01"),
)


@pytest.mark.parametrize("command", ["status", "doctor", "keys list", "audit verify", *REFUSED])
def test_quick_commands_import_no_heavy_library(command, heavy_imports, tmp_path):
    assert heavy_imports(command, empty_workspace(tmp_path / "workspace")) == []


def test_doctor_asks_a_filled_online_store_without_feast(heavy_imports, tmp_path):
    workspace = empty_workspace(tmp_path / "workspace")
    filling = Materializations(workspace).begin(date(2024, 8, 1), Content({}, {}, "UTC", ()))
    ended = MATERIALIZATIONS.update().values(ended_at=utc.naive(utc.now()))
    with workspace.database.begin() as connection:
        connection.execute(ended.where(MATERIALIZATIONS.c.number == filling.number))
    workspace.feast_dir.mkdir()
    sqlite3.connect(workspace.feast_dir / "online.db").close()
    (workspace.feast_dir / "online.db").touch()
    assert heavy_imports("doctor", workspace) == []


def test_an_empty_database_has_no_versions(postgres_url: str, tmp_path: Path) -> None:
    workspace = empty_workspace(tmp_path / "workspace", stores={"mlflow": new_database(postgres_url)})
    assert registry_tables.count(workspace) == 0
    assert registry_tables.versions(workspace, "churn") == []
    assert registry_tables.experiment(workspace, "churn") is None
