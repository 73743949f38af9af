"""What runs by the clock is as cron, systemd and Kubernetes read it, and waits for what runs before it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from typer.testing import CliRunner

from core.errors import UsageError
from core.workspace import Workspace
from pipelines import timetable
from pipelines.cli import main
from tests.support.shop import empty_workspace


@pytest.fixture
def shop(tmp_path: Path) -> Workspace:
    return empty_workspace(tmp_path / "the shop's 100% $HOME")


def schedule(space: Workspace, *words: str, code: int = 0) -> Any:
    done = CliRunner().invoke(main.build(), ["schedule", *words, "-w", str(space.root), "--json"])
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def test_cron_runs_the_night_s_work_in_order_under_a_lock(shop: Workspace, tmp_path: Path) -> None:
    text = schedule(shop, "--train", "churn", "--train", "demand")["files"]["crontab"]
    night, week = (line for line in text.splitlines() if not line.startswith("#"))
    assert night.startswith("30 4 * * * flock ")
    assert week.startswith("30 6 * * 0 flock ")
    assert night.index("ingest") < night.index("materialize") < night.index("monitor")
    program = tmp_path / "regulars"
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/said\ntest "$1" != materialize\n')
    program.chmod(0o755)
    line = timetable.cron(timetable.jobs("04:30", [], False), str(program), shop.root).splitlines()[2]
    command = line.split(" ", 5)[5].replace(r"\%", "%")  # as cron hands it to the shell
    assert subprocess.run(["sh", "-c", command], check=False).returncode == 1
    assert (tmp_path / "said").read_text().splitlines() == [
        f"{each} -w {shop.root}" for each in ("ingest", "materialize")
    ]


def test_a_crontab_keeps_what_is_not_ours(shop: Workspace) -> None:
    block = timetable.cron(timetable.jobs("04:30", [], False), "regulars", shop.root)
    other = timetable.cron(timetable.jobs("01:00", [], True), "regulars", shop.root)
    once = timetable.replaced("0 1 * * * backup", block, shop.root)
    assert once == "0 1 * * * backup\n" + block
    assert timetable.replaced(once, other, shop.root) == "0 1 * * * backup\n" + other


def test_systemd_takes_the_units(shop: Workspace, tmp_path: Path) -> None:
    files = schedule(shop, "--format", "systemd", "--train", "churn")["files"]
    assert len(files) == 4
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd here")
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    paths = [str(tmp_path / name) for name in files]
    done = subprocess.run(["systemd-analyze", "verify", "--user", *paths], capture_output=True, text=True, check=False)
    assert not [line for line in done.stderr.splitlines() if "regulars-" in line], done.stderr


@pytest.mark.parametrize("version", ["1.32", "1.36"])
def test_kubernetes_takes_the_cron_jobs(shop: Workspace, version: str) -> None:
    text = schedule(shop, "--format", "kubernetes", "--train", "churn", "--act")["files"]["cronjobs.yaml"]
    documents = list(yaml.safe_load_all(text))
    for each in documents:
        kubernetes_validate.validate(each, version, strict=True)
        assert each["spec"]["concurrencyPolicy"] == "Forbid"
    assert "monitor --act" in text


def test_nothing_is_installed_unasked(shop: Workspace) -> None:
    assert "add --yes" in schedule(shop, "--install", code=2)["todo"]
    assert "did you mean 'systemd'" in schedule(shop, "--format", "sytemd", code=2)["todo"]
    assert "did you mean 'churn'" in schedule(shop, "--train", "chrun", code=2)["todo"]


@pytest.mark.parametrize("text", ["4:30", "24:00", "noon", "04:60"])
def test_what_is_no_time_of_the_day_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="04:30"):
        timetable.jobs(text, [], False)
