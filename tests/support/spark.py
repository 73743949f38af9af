"""Spark in tests: what it needs, a session that is light, and a cluster of real processes on this machine."""

from __future__ import annotations

import shutil

import pytest

from core.settings import SparkSettings
from core.workspace import Workspace
from tests.conftest import REQUIRE_ALL, need

LIGHT = {
    "spark.driver.memory": "1g",
    "spark.sql.shuffle.partitions": "2",
    "spark.driver.extraJavaOptions": "-XX:+UseSerialGC -XX:CICompilerCount=2",
}


def need_spark() -> None:
    """Skip visibly without pyspark or Java, or fail where all tests are required."""
    need("pyspark")
    if shutil.which("java") is None:
        message = "needs a Java runtime (openjdk-17-jre-headless)"
        pytest.fail(message) if REQUIRE_ALL else pytest.skip(message)


def on_spark(workspace: Workspace, master: str = "local[2]", **config: str) -> Workspace:
    """The same workspace, computing features on Spark."""
    spark = SparkSettings(master=master, config=LIGHT | {name.replace("__", "."): v for name, v in config.items()})
    settings = workspace.settings.computed_by("spark").model_copy(update={"spark": spark})
    return Workspace(workspace.root, settings)
