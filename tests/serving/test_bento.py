"""The Bento packs what the service imports and reads."""

from __future__ import annotations

import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
PACKED = ("core", "feature_repo", "models", "serving")


def packed() -> set[str]:
    return set(yaml.safe_load((ROOT / "bentofile.yaml").read_text())["include"])


def test_every_package_under_the_service_is_packed() -> None:
    assert {f"{package}/**/*.py" for package in PACKED} <= packed()


def test_what_those_packages_read_is_packed() -> None:
    data = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    assert {f"{package}/{pattern}" for package in PACKED for pattern in data.get(package, ())} <= packed()
