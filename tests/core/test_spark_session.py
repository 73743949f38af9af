"""What Spark is begun with, and what is said where it can't begin."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from core import spark_session
from core.errors import NotReady, SettingsError, StoreError
from core.workspace import Workspace

OLD_JAVA = """#!/bin/sh
echo 'openjdk version "11.0.2" 2019-01-15' >&2
"""


def test_without_java_it_is_said_what_to_install(new_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyspark")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NotReady, match=r"Java is not installed .* apt-get install openjdk-17"):
        spark_session.session(new_workspace)


def test_a_java_that_is_too_old_is_named(
    new_workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pyspark")
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text(OLD_JAVA)
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(NotReady, match=r"Java is too old .*it is 11, and Spark needs 17"):
        spark_session.session(new_workspace)


def test_without_spark_it_is_said_which_extra_brings_it(
    new_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spark_session, "find_spec", lambda name: None)
    with pytest.raises(NotReady, match=r"Spark is not installed; .*regulars\[spark\]"):
        spark_session.session(new_workspace)


def test_properties_of_the_settings_go_over_the_products_own(
    new_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_SPARK__MASTER", "local[3]")
    monkeypatch.setenv("SHOP_SECRET", "s3cret")
    monkeypatch.setenv("REGULARS_SPARK__CONFIG", '{"spark.ui.enabled": "true", "spark.secret": "${SHOP_SECRET}"}')
    found = spark_session.properties(Workspace.open(new_workspace.root))
    assert found["spark.ui.enabled"] == "true"
    assert found["spark.secret"] == "s3cret"
    assert found["spark.sql.session.timeZone"] == "UTC"
    assert found["spark.sql.shuffle.partitions"] == "6"


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("MASTER", "cluster", "spark.master"),
        ("CONFIG", '{"executor.memory": "8g"}', "names begin with spark."),
    ],
)
def test_a_wrong_setting_is_refused_on_opening(
    new_workspace: Workspace, monkeypatch: pytest.MonkeyPatch, key: str, value: str, said: str
) -> None:
    monkeypatch.setenv(f"REGULARS_SPARK__{key}", value)
    with pytest.raises(SettingsError, match=said):
        Workspace.open(new_workspace.root)


def test_of_what_java_says_the_innermost_cause_is_told() -> None:
    said = "org.apache.spark.SparkException: Job aborted.\nCaused by: java.io.IOException: no such file\n\tat x"
    error = RuntimeError(said)
    assert spark_session.cause(error) == "no such file"


def test_of_a_table_that_is_damaged_the_file_is_told() -> None:
    said = (
        "Caused by: org.apache.spark.SparkException: [FAILED_READ_FILE.NO_HINT] Encountered error while reading file"
        " file:///shop/orders.parquet.  SQLSTATE: KD001\nCaused by: java.io.IOException: FAILED_TO_UNCOMPRESS(5)\n"
    )
    assert spark_session.cause(RuntimeError(said)) == "/shop/orders.parquet can't be read: FAILED_TO_UNCOMPRESS(5)"


def test_of_a_driver_that_is_gone_its_last_words_are_told(new_workspace: Workspace) -> None:
    said = "26/11/30 04:52:51 ERROR Backend: Application has been killed. Reason: All masters are unresponsive!\n"
    (new_workspace.root / spark_session.LOG).write_text(said)
    told = "the driver has ended: All masters are unresponsive!"
    with pytest.raises(StoreError, match=told), spark_session.errors(new_workspace):
        raise ConnectionRefusedError


def test_nothing_of_spark_is_imported_before_it_is_needed() -> None:
    code = "import sys, pipelines.cli.main, feature_repo.snapshots; sys.exit('pyspark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
