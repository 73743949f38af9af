"""Every connection to DuckDB keeps to the settings, and comes through one door."""

from __future__ import annotations

import ast
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core import query_engine
from core.settings import Settings
from core.workspace import Workspace
from feature_repo import shop_tables

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("core", "feature_repo", "models", "training", "monitoring", "serving", "pipelines", "benchmarks")
MODULES = ("duckdb", "ibis.duckdb")
# Each opens a connection, or uses the one that DuckDB keeps for the whole process.
DOORS = ("connect", "execute", "sql", "query", "from_query", "read_parquet", "read_csv", "read_json", "from_df")
LIMITS = "SELECT " + ", ".join(
    f"current_setting('{name}')" for name in ("threads", "memory_limit", "TimeZone", "temp_directory")
)

SPILLER = """
import os, signal, sys
from pathlib import Path
from core import query_engine
from core.workspace import Workspace
connection = query_engine.connect(Workspace.open(Path(sys.argv[1])))
[(folder,)] = connection.execute("SELECT current_setting('temp_directory')").fetchall()
Path(folder).mkdir()
Path(folder, "spilled").touch()
print(folder, end="", flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def opened(path: Path) -> list[str]:
    """Calls of `duckdb.connect`, `ibis.duckdb.connect` and the like, and imports of such names."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    calls = [node.func for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    names = [ast.unparse(call) for call in calls if call.attr in DOORS]
    imports = [ast.unparse(node) for node in nodes if isinstance(node, ast.ImportFrom) and node.module in MODULES]
    return [name for name in names if name.rpartition(".")[0] in MODULES] + imports


def test_nobody_opens_a_connection_but_the_query_engine() -> None:
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    assert {str(path.relative_to(ROOT)): opened(path) for path in files if opened(path)} == {
        "core/query_engine.py": ["duckdb.connect"]
    }


def test_a_connection_keeps_to_the_settings(new_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGULARS_THREADS", "1")
    monkeypatch.setenv("REGULARS_MEMORY_MB", "512")
    workspace = Workspace.open(new_workspace.root)
    with query_engine.connect(workspace) as connection:
        found = connection.execute(LIMITS).fetchone()
    by_ibis = shop_tables.connect(workspace).raw_sql(LIMITS).fetchone()
    assert found[:3] == (1, "488.2 MiB", "UTC")
    assert by_ibis[:3] == (1, "244.1 MiB", "UTC"), "the rest is the process's that builds features"
    assert Path(found[3]).is_relative_to(workspace.root / ".spill")
    assert found[3] != by_ibis[3]


def test_a_build_of_features_leaves_room_for_its_process(
    new_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_MEMORY_MB", str(shop_tables.BESIDE_MB + 1000))
    found = shop_tables.connect(Workspace.open(new_workspace.root)).raw_sql(LIMITS).fetchone()
    assert found[1] == "953.6 MiB"


def test_what_does_not_fit_into_memory_is_spilled_and_goes_with_the_connection(new_workspace: Workspace) -> None:
    with query_engine.connect(new_workspace) as connection:
        connection.execute("SET memory_limit = '40MB'")
        connection.execute("CREATE TEMP TABLE large AS SELECT range AS number, random() AS other FROM range(4_000_000)")
        [(folder,)] = connection.execute("SELECT current_setting('temp_directory')").fetchall()
        assert list(Path(folder).iterdir())
    assert not Path(folder).exists()


def test_a_look_without_a_workspace_has_limits_too() -> None:
    with query_engine.without_workspace() as connection:
        found = connection.execute(LIMITS).fetchone()
    assert found is not None
    assert found[:3] == (Settings().threads, "1.8 GiB", "UTC")
    assert not Path(found[3]).exists()


def test_what_a_killed_process_has_spilled_goes_with_the_next(new_workspace: Workspace) -> None:
    command = [sys.executable, "-c", SPILLER, str(new_workspace.root)]
    spiller = subprocess.run(command, capture_output=True, text=True, check=False)
    assert spiller.returncode == -signal.SIGKILL
    assert Path(spiller.stdout).exists()
    query_engine.connect(new_workspace).close()
    assert not Path(spiller.stdout).exists()
