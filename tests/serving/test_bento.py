"""The Bento packs what the service imports and reads; as built it answers, and so does what the image has."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from core.workspace import Workspace
from tests.deploy.test_image import said
from tests.serving.process import Process

ROOT = Path(__file__).parents[2]
PACKED = ("core", "feature_repo", "models", "serving")


def packed() -> set[str]:
    return set(yaml.safe_load((ROOT / "bentofile.yaml").read_text())["include"])


def test_every_package_under_the_service_is_packed() -> None:
    assert {f"{package}/**/*.py" for package in PACKED} <= packed()


def test_what_those_packages_read_is_packed() -> None:
    data = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    assert {f"{package}/{pattern}" for package in PACKED for pattern in data.get(package, ())} <= packed()


@pytest.fixture(scope="module")
def bento(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("bentoml")
    told = subprocess.run(
        [sys.executable, "-m", "bentoml", "build", "--output", "tag", str(ROOT)],
        env={**os.environ, "BENTOML_HOME": str(home), "DO_NOT_TRACK": "true"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    tag = told.stdout.strip().removeprefix("__tag__:")
    return home / "bentos" / tag.replace(":", "/")


@pytest.mark.long
def test_its_image_runs_our_supervisor_from_what_is_packed(bento: Path) -> None:
    lines = (bento / "env" / "docker" / "Dockerfile").read_text().splitlines()
    assert [line for line in lines if line.startswith("CMD")] == [
        'CMD ["python", "-m", "serving", "--host", "0.0.0.0", "--port", "3000"]'
    ]
    assert "ENV PYTHONPATH=$BENTO_PATH/src PYTHONSAFEPATH=1" in lines
    pins = (bento / "env" / "python" / "requirements.txt").read_text()
    assert "--hash=sha256:" in pins
    assert "pytest==" not in pins


@pytest.mark.long
def test_as_built_it_answers_and_ends_without_losing_a_request(bento: Path, served: Workspace) -> None:
    process = Process(served)
    process.command = [sys.executable, "-m", "serving", "--port", str(process.port)]
    process.variables = {
        "PYTHONPATH": str(bento / "src"),
        "PYTHONSAFEPATH": "1",
        "REGULARS_WORKSPACE": str(served.root),
    }
    process.start()
    try:
        answer = process.post("/v1/churn", {"customer_ids": ["c001"]})
        assert (answer.status_code, answer.json()["results"][0]["fallback"]) == (200, None)
        assert process.worker().cwd() == str(bento / "src")
    finally:
        process.stop()
    assert process.process.returncode == 0
    assert "Traceback" not in process.log.read_text()


@pytest.mark.long
def test_what_the_image_copies_is_enough_to_answer(served: Workspace, tmp_path: Path) -> None:
    """Installed as the image has it: the packages alone, started where the workspace's own folder `models` lies."""
    source, installed = tmp_path / "source", tmp_path / "installed"
    for words in said("COPY"):
        if not words.startswith("--from"):
            for name in words.split()[:-1]:
                there = source / name
                there.parent.mkdir(parents=True, exist_ok=True)
                (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, there)
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "pip", "install", "--quiet", "--no-deps", "--target", installed, source], check=True)
    process = Process(served)
    process.command = [sys.executable, "-m", "serving", "--port", str(process.port)]
    process.variables = {"PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1", "REGULARS_WORKSPACE": str(served.root)}
    process.start()
    try:
        assert process.worker().cwd() == str(installed)
        assert process.post("/v1/churn", {"customer_ids": ["c001"]}).json()["results"][0]["fallback"] is None
    finally:
        process.stop()
