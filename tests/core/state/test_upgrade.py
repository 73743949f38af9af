"""A workspace's database comes to this release's schema whole, once, with every row, or stays what it was."""

from __future__ import annotations

import math
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from core.alerts import Alerts
from core.audit import AuditLog
from core.database import connect
from core.errors import StoreError
from core.event_log import Event, EventLog
from core.keys import KeyStore
from core.messages import Message
from core.prediction_log import PredictionLog
from core.state.schema import METADATA, RELEASES
from core.state.upgrade import MIGRATIONS, VERSION_TABLE, revisions, upgrade
from core.workspace import Workspace
from models.demand.acceptance import Acceptances, Totals
from monitoring.summary import Summaries
from tests.support.postgres import new_database
from tests.support.shop import empty_workspace

DATA = Path(__file__).parent / "data"

NEXT_REVISION = """
import os
import time

import sqlalchemy as sa
from alembic import op

revision = "9001"
down_revision = "{head}"


def upgrade():
    with op.batch_alter_table("alerts") as table:
        table.add_column(sa.Column("nickname", sa.Text))
    op.execute("update alerts set nickname = 'ada', level = 'mild'")
    print("half", flush=True)
    time.sleep({seconds})
    op.create_table("loyalty_cards", sa.Column("card_id", sa.String(40), primary_key=True))
    print("whole", flush=True)
"""
UPGRADES = """
import sys
from pathlib import Path

from core import settings
from core.database import connect
from core.state.upgrade import upgrade

root = Path(sys.argv[1])
engine = connect(settings.load(root / "regulars.toml").stores.database, root / "state.db")
upgrade(engine, Path(sys.argv[2]))
with engine.connect() as connection:
    print(connection.exec_driver_sql("select count(*) from loyalty_cards").scalar())
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest) -> str:
    """The setting `stores.database` for a database without any table."""
    return "" if request.param == "sqlite" else new_database(request.getfixturevalue("postgres_url"))


@pytest.fixture
def old(new_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace whose database Regulars 0.1.0 made, with rows in every table."""
    monkeypatch.setenv("REGULARS_AUDIT_KEY", "the audit key of the release 0.1.0")
    workspace = empty_workspace(tmp_path / "workspace", state=False, stores={"database": new_url})
    engine = opened(workspace)
    script = (DATA / f"state-0.1.0.{engine.dialect.name}.sql").read_text()
    connection: Any = engine.raw_connection().driver_connection
    (connection.execute if new_url else connection.executescript)(script)
    connection.commit()
    return workspace


@pytest.fixture
def new_workspace(tmp_path: Path) -> Workspace:
    """A workspace that has no database yet."""
    return empty_workspace(tmp_path / "workspace", state=False)


@pytest.fixture
def later_release(tmp_path: Path) -> Callable[[float], Path]:
    """The migrations of a release to come, whose revision stops half-way for some seconds."""

    def make(seconds: float) -> Path:
        folder = tmp_path / "migrations 100%"  # a space and a percent sign are possible in a path
        shutil.copytree(MIGRATIONS, folder, dirs_exist_ok=True)
        text = NEXT_REVISION.format(head=revisions()[-1], seconds=seconds)
        (folder / "versions" / "r9001_later.py").write_text(text)
        return folder

    return make


def opened(workspace: Workspace) -> sa.Engine:
    """The workspace's database, as it is."""
    return connect(workspace.settings.stores.database, workspace.root / "state.db")


def upgrading(workspace: Workspace, migrations: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", UPGRADES, str(workspace.root), str(migrations)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def columns(engine: sa.Engine, table: str) -> set[str]:
    return {column["name"] for column in sa.inspect(engine).get_columns(table)}


def differences(connection: sa.Connection) -> list[Any]:
    """What the database has otherwise than declared; a partition belongs to its table."""

    def is_whole(found: Any, name: str | None, type_: str, reflected: bool, _declared: Any) -> bool:
        table = name if type_ == "table" else found.table.name
        return not reflected or table in METADATA.tables or ("_before" not in table and "_others" not in table)

    opts = {"version_table": VERSION_TABLE, "compare_type": True, "include_object": is_whole}
    return compare_metadata(MigrationContext.configure(connection, opts=opts), METADATA)


def test_the_revisions_lead_to_the_tables_that_are_declared(new_url: str, tmp_path: Path) -> None:
    engine = connect(new_url, tmp_path / "state.db")
    upgrade(engine)
    with engine.connect() as connection:
        assert differences(connection) == []


def test_the_revisions_form_one_line_in_the_order_of_their_files() -> None:
    script = ScriptDirectory(str(MIGRATIONS))
    assert [each.revision for each in script.walk_revisions()] == revisions()[::-1]


def test_an_installation_has_the_migrations() -> None:
    """Only folders that are packages are installed."""
    folders = [MIGRATIONS.parent, MIGRATIONS, MIGRATIONS / "versions"]
    assert all((folder / "__init__.py").is_file() for folder in folders)


def test_every_row_of_the_release_before_migrations_survives(old: Workspace) -> None:
    log = AuditLog(old)
    assert log.verify().intact
    assert [entry.action for entry in log.entries()] == ["promote", "approve", "accept forecasts"]
    assert [(alert.subject, alert.closed_by) for alert in Alerts(old).recent()] == [
        ("demand/1", "ada"),
        ("churn/3", None),
    ]
    assert {alert.kind for alert in Alerts(old).recent()} == {"churn", "demand"}
    assert {key.name: key.state() for key in KeyStore(old).list()} == {"shop front": "active", "crm": "revoked"}
    assert [event.customer_id for event in EventLog(old).pending()] == ["8"]
    predictions = PredictionLog(old)
    made = predictions.predictions("churn", datetime(2024, 8, 1, tzinfo=UTC), datetime(2024, 8, 2, tzinfo=UTC))
    assert [(row["subject"], row["value"], row["fallback"]) for row in made] == [
        ("007", 0.25, None),
        ("8", None, "no_consent"),
    ]
    assert [row["outcome"] for row in predictions.outcomes()] == [{"bought": True, "value": 12.5}]
    assert Acceptances(old).accepted(Totals("1", date(2024, 7, 1), 28, {"BEER": 2000.0})) == {"BEER"}
    kept = Summaries(old).latest()
    assert kept is not None
    assert (kept.models, kept.rules) == ((), ())


def test_a_run_that_the_release_before_kept_says_what_it_said(old: Workspace) -> None:
    document = (DATA / "monitoring-run-0.1.0.json").read_text()
    runs = sa.table("monitoring_runs", *(sa.column(name) for name in ("as_of", "at", "document")))
    with opened(old).begin() as connection:
        connection.execute(runs.insert().values(as_of="2025-01-01", at="2025-01-01T06:00:00+00:00", document=document))
    kept = Summaries(old).latest()
    assert kept is not None
    assert {rule.name: str(rule.says) for rule in kept.rules} == {
        "quality": "roc_auc 0.7400 is worse than its floor 0.8000 (recency), 8 of 7 days in a row",
        "needs review": "2 forecasts exceed 1,000 units or are of high risk: BEER",
        "business": "9,000 is 10% below its baseline 10,000",
    }
    assert [(rule.kind, str(rule.effect)) for rule in kept.alerts] == [
        ("churn", "retraining is requested: regulars train churn")
    ]
    assert [(check.name, str(check.says), check.passed) for check in kept.quality] == [
        ("lines of guests", "12.0%, 10.0% in the windows before", True)
    ]
    churn, demand = kept.model("churn"), kept.model("demand")
    assert churn is not None
    assert churn.performance is not None
    assert churn.fairness is not None
    assert churn.performance.below
    assert math.isnan(churn.performance.low)
    assert (str(churn.fairness.note), churn.waiting) == ("the shop keeps no protected attributes", None)
    assert demand is not None
    assert demand.waiting is not None
    assert [each.name for each in demand.waiting] == ["BEER"]
    assert [figure.unit for figure in kept.business] == ["money"]


def test_an_old_database_takes_new_rows_and_has_the_declared_tables(old: Workspace) -> None:
    assert Alerts(old).append("mild", "drift", "churn/4", Message.plain("new")) == 3
    (event,) = EventLog(old).append([Event("9", datetime.now(UTC), "view")])
    assert event.sequence == 3
    with old.database.connect() as connection:
        assert differences(connection) == []


def test_a_database_with_some_of_the_tables_gets_the_others(new_workspace: Workspace) -> None:
    with sqlite3.connect(new_workspace.root / "state.db") as connection:
        connection.execute(
            "create table audit_log (seq integer primary key, at text not null, action text not null, "
            "who text not null, subject text not null, details text not null, mac text not null)"
        )
    assert sa.inspect(new_workspace.database).get_table_names() == sorted([*METADATA.tables, VERSION_TABLE])


def test_the_release_that_migrated_is_kept(workspace: Workspace) -> None:
    with workspace.database.connect() as connection:
        rows = connection.execute(sa.select(RELEASES.c.revision)).scalars().all()
    assert sorted(rows) == revisions()


def test_a_newer_release_s_database_is_refused_with_both_versions(new_url: str, tmp_path: Path) -> None:
    workspace = empty_workspace(tmp_path / "workspace", state=False, stores={"database": new_url})
    with workspace.database.begin() as connection:
        connection.exec_driver_sql(f"update {VERSION_TABLE} set version_num = '9007'")
        connection.execute(RELEASES.insert().values(revision="9007", release="7.3.1", applied_at=datetime(2030, 1, 1)))
    with pytest.raises(StoreError) as refused:
        _ = Workspace.open(workspace.root).database
    for part in ("9007", "Regulars 7.3.1", revisions()[-1], "this is Regulars"):
        assert part in str(refused.value)


def test_a_workspace_of_a_newer_release_is_refused_before_anything_in_it_is_written(new_workspace: Workspace) -> None:
    with new_workspace.database.begin() as connection:
        connection.exec_driver_sql(f"update {VERSION_TABLE} set version_num = '9007'")
    with pytest.raises(StoreError, match=r"its schema is 9007 .* knows schemas up to"):
        Workspace.open(new_workspace.root)


def test_opening_a_workspace_neither_makes_nor_needs_its_database(new_workspace: Workspace) -> None:
    Workspace.open(new_workspace.root)
    assert not (new_workspace.root / "state.db").exists()
    (new_workspace.root / "state.db").write_bytes(b"no database " * 500)
    assert Workspace.open(new_workspace.root).root == new_workspace.root


def test_a_migration_killed_half_way_leaves_what_was_and_the_next_start_completes_it(
    old: Workspace, later_release: Callable[[float], Path]
) -> None:
    with upgrading(old, later_release(60)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
        os.kill(process.pid, signal.SIGKILL)
    engine = opened(old)
    with engine.connect() as connection:
        assert not sa.inspect(connection).has_table("loyalty_cards")
        assert not sa.inspect(connection).has_table(VERSION_TABLE)
    assert "nickname" not in columns(engine, "alerts")
    assert [alert.text for alert in Alerts(Workspace.open(old.root)).open()] == ["4 of 10 features drifted"]
    upgrade(engine, later_release(0))
    assert "nickname" in columns(engine, "alerts")
    assert sa.inspect(engine).has_table("loyalty_cards")


def test_of_two_that_open_an_old_workspace_one_migrates_and_the_other_waits(
    old: Workspace, later_release: Callable[[float], Path]
) -> None:
    migrations = later_release(2)
    processes = [upgrading(old, migrations) for _ in range(2)]
    said = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    assert sorted(out for out, _ in said) == ["0\n", "half\nwhole\n0\n"]


def test_many_that_open_a_new_workspace_at_once_all_find_its_tables(new_url: str, tmp_path: Path) -> None:
    workspace = empty_workspace(tmp_path / "workspace", state=False, stores={"database": new_url})
    program = (
        "import sys; from pathlib import Path; from core.workspace import Workspace; from core.keys import KeyStore\n"
    )
    program += "KeyStore(Workspace.open(Path(sys.argv[1]))).create(sys.argv[2], ['predict'])"
    command = [sys.executable, "-c", program, str(workspace.root)]
    processes = [subprocess.Popen([*command, name], stderr=subprocess.PIPE, text=True) for name in "abc"]
    said = [process.communicate(timeout=120)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 3, said
    assert sorted(key.name for key in KeyStore(workspace).list()) == list("abc")


def test_tables_that_another_makes_between_two_looks_are_found(new_url: str, tmp_path: Path) -> None:
    engine = connect(new_url, tmp_path / "state.db")

    def another_makes_them(_context: sa.engine.ExceptionContext) -> None:
        upgrade(connect(new_url, tmp_path / "state.db"))

    sa.event.listen(engine, "handle_error", another_makes_them, once=True)
    upgrade(engine)
    with engine.connect() as connection:
        assert connection.execute(sa.select(RELEASES.c.revision)).scalars().all()


def test_an_up_to_date_database_costs_one_select_and_no_alembic(workspace: Workspace) -> None:
    _ = workspace.database
    program = """
import sys
from pathlib import Path
import sqlalchemy as sa
from core.workspace import Workspace
workspace = Workspace.open(Path(sys.argv[1]))
said = []
sa.event.listen(sa.engine.Engine, "before_cursor_execute", lambda _c, _k, statement, *_: said.append(statement))
workspace.database
workspace.database
assert len([s for s in said if "regulars_schema_version" in s]) == len([s for s in said if " FROM " in s]) == 1, said
assert not [name for name in sys.modules if name.startswith(("alembic", "mako"))]
"""
    command = [sys.executable, "-c", program, str(workspace.root)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_mlflow_s_tables_may_lie_in_the_same_database(new_url: str, tmp_path: Path) -> None:
    engine = connect(new_url, tmp_path / "state.db")
    with engine.begin() as connection:
        connection.exec_driver_sql("create table alembic_version (version_num varchar(32) not null)")
        connection.exec_driver_sql("insert into alembic_version values ('of mlflow')")
    upgrade(engine)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("select version_num from alembic_version").scalar() == "of mlflow"


def test_what_is_no_database_is_said_with_its_place(new_workspace: Workspace) -> None:
    (new_workspace.root / "state.db").write_bytes(b"no database " * 400)
    with pytest.raises(StoreError, match=r"state\.db.*can't be opened"):
        _ = new_workspace.database


def test_a_database_that_does_not_answer_is_said_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "hunter2")
    url = "postgresql://shop:${SHOP_PASSWORD}@127.0.0.1:1/shop"
    workspace = empty_workspace(tmp_path / "workspace", state=False, stores={"database": url})
    with pytest.raises(StoreError) as refused:
        _ = workspace.database
    assert "127.0.0.1" in str(refused.value)
    assert "hunter2" not in str(refused.value)
