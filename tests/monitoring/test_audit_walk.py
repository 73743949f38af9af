"""`regulars audit verify` walks all that a decision rests on, and names what somebody changed."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from core.audit import AuditLog
from core.seals import Seals
from core.state.schema import MONITORING_RUNS
from models.registry import Registry
from monitoring.run_seal import snapshot_file
from monitoring.summary import Summaries
from pipelines import doctor
from pipelines.audit_walk import walk
from pipelines.cli import main


def regulars(shop, *words):
    done = CliRunner().invoke(main.build(), [*words, "--json", "--workspace", str(shop.root)])
    return done.exit_code, json.loads(done.stdout or "{}")


def problems(shop) -> set[str]:
    return {f"{subject}: {problem}" for subject, problem in walk(shop).problems}


def change_database(shop, statement: str) -> None:
    with shop.database.begin() as connection:
        connection.execute(sa.text(statement))


def change_registry(shop, statement: str) -> None:
    with sqlite3.connect(shop.mlflow_dir / "mlflow.db") as database:
        assert database.execute(statement).rowcount


def test_an_untouched_shop_is_as_it_was_sealed(shop):
    found = walk(shop)
    assert found.problems == ()
    assert found.unsealed == ()
    assert found.intact
    assert (found.versions, found.runs) == (1, 1)


@pytest.mark.parametrize("name", ["card.md", "fairness.json", "record.json", "plots/toy.png", "tuning/trials.csv"])
def test_a_replaced_file_of_a_version_is_found(shop, name):
    registry = Registry(shop)
    path = Path(registry.artifacts(registry.version("churn", "1"))) / name
    path.write_bytes(path.read_bytes() + b" ")
    assert problems(shop) == {f"churn/1: file {name} was changed"}


@pytest.mark.parametrize("part", ["model", "evaluation", "baseline"])
def test_a_replaced_model_in_the_registry_is_found_though_the_local_copy_is_whole(shop, part):
    path = Path(Registry(shop).version("churn", "1").location) / "artifacts" / "version" / part / "model.json"
    path.write_text(path.read_text() + " ")
    assert problems(shop) == {f"churn/1: model artifacts/version/{part}/model.json was changed"}


def test_code_slipped_in_beside_a_model_is_found(shop):
    (Path(Registry(shop).version("churn", "1").location) / "hook.py").write_text("import os")
    assert problems(shop) == {"churn/1: model hook.py was added"}


@pytest.mark.parametrize("tag", ["gates", "metrics", "fairness", "paired", "trained_by"])
def test_a_rewritten_tag_is_found_by_verify_and_doctor(shop, tag):
    change_registry(shop, f"update model_version_tags set value = '[]' where key = 'regulars.{tag}'")
    assert problems(shop) == {f"churn/1: tag {tag} was changed"}
    (check,) = [check for check in doctor.examine(shop.root) if check.name == "audit trail"]
    assert not check.ok
    assert f"churn/1 is not as it was sealed: tag {tag} was changed" in check.found


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("update monitoring_runs set document = replace(document, '\"ok\"', '\"alert\"')", "row was changed"),
        ("update monitoring_runs set as_of = '2031-01-01'", "row was changed"),
        ("delete from monitoring_runs", "its row is gone"),
    ],
)
def test_a_rewritten_or_deleted_monitoring_run_is_found(shop, statement, said):
    change_database(shop, statement)
    assert problems(shop) == {f"monitoring/1: {said}"}


def test_a_monitoring_run_slipped_in_is_found(shop):
    change_database(
        shop, "insert into monitoring_runs (as_of, at, document) select '2031-01-01', at, document from monitoring_runs"
    )
    assert problems(shop) == {"monitoring/2: its row was added"}


def test_a_replaced_or_deleted_full_report_is_found(shop):
    run = Summaries(shop).latest()
    links = (run.report, run.model("churn").report)
    first, second = (snapshot_file(shop.reports_dir, link) for link in links)
    first.write_text(first.read_text() + " ")
    second.unlink()
    assert problems(shop) == {
        f"monitoring/1: report {first.stem} was changed",
        f"monitoring/1: report {second.stem} is gone",
    }


def test_a_version_that_vanished_from_the_registry_is_missed(shop):
    change_registry(shop, "delete from model_versions")
    assert "churn/1: the version is gone from the registry" in problems(shop)


@pytest.mark.parametrize("with_head", [False, True])
def test_a_log_deleted_whole_is_found_even_with_the_head_beside_it(shop, with_head):
    change_database(shop, "delete from audit_log")
    if with_head:
        (shop.secrets_dir / "audit-head").unlink()
    code, said = regulars(shop, "audit", "verify")
    assert code == 1
    assert not said["ok"]
    if with_head:
        assert "the log tells nothing of its training: it was cut, or deleted whole" in str(said["problems"])
    else:
        assert "the log ends before the head kept" in said["reason"]


@pytest.mark.parametrize(
    "statement", ["update audit_log set who = 'x' where seq = 2", "delete from audit_log where seq = 2"]
)
def test_an_edited_or_dropped_entry_is_named(shop, statement):
    change_database(shop, statement)
    code, said = regulars(shop, "audit", "verify")
    assert (code, said["broken"]) == (1, 2)


@pytest.fixture
def unsealed(shop):
    """The shop as an earlier release leaves it: decided and monitored, nothing sealed, no head kept."""
    with shop.database.begin() as connection:
        connection.execute(sa.text("delete from audit_log"))
    (shop.secrets_dir / "audit-head").unlink()
    AuditLog(shop).append("train", "ana", "churn/1", {})
    (shop.secrets_dir / "audit-head").unlink()
    return shop


def test_what_an_earlier_release_made_is_named_and_sealed_by_an_act_with_a_reason(unsealed):
    code, said = regulars(unsealed, "audit", "verify")
    assert code == 0
    assert said["not_sealed"] == ["churn/1", "monitoring/1"]
    assert regulars(unsealed, "audit", "seal")[0] == 2
    code, said = regulars(unsealed, "audit", "seal", "--reason", "compared with the backup")
    assert (code, said["sealed"]) == (0, ["churn/1", "monitoring/1"])
    found = walk(unsealed)
    assert found.intact
    assert found.unsealed == ()
    (entry,) = AuditLog(unsealed).entries("seal:churn/1")
    assert entry.details["reason"] == "compared with the backup"


def test_an_upgraded_shop_goes_on_being_monitored(unsealed):
    run = Summaries(unsealed).latest()
    Summaries(unsealed).append(run)
    found = walk(unsealed)
    assert found.problems == ()
    assert found.unsealed == ("churn/1", "monitoring/1")


def test_a_copied_shop_is_as_it_was_sealed(shop, tmp_path):
    shop.database.dispose()
    shutil.copytree(shop.root, tmp_path / "copy")
    copy = type(shop).open(tmp_path / "copy")
    assert walk(copy).problems == ()


def test_seals_name_no_customer_and_no_content(shop):
    with shop.database.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(MONITORING_RUNS)).scalar() == 1
    for seal in Seals(shop).all().values():
        assert all(len(digest) == 64 for digest in seal.items.values())
