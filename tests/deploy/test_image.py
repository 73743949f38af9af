"""The image: what it copies is there and is all that is needed, from the lock with hashes, run as nobody."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import requires
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from core.settings import Settings
from tests.deploy.rendered import DEPLOY, ROOT

DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
LINES = re.sub(r"\\\n", " ", re.sub(r"(?m)^\s*#.*\n", "", DOCKERFILE)).splitlines()
EXTRAS = ("redis", "postgres", "mysql", "s3", "objects", "identity")
COMPILE = (
    "uv pip compile pyproject.toml "
    + " ".join(f"--extra {name}" for name in EXTRAS)
    + " -c requirements.lock --universal --generate-hashes --no-annotate --no-emit-index-url --no-header"
    " --python-version 3.11 -o deploy/requirements.lock"
)
"""Run it after requirements.lock has changed."""


def said(instruction: str) -> list[str]:
    return [line.split(" ", 1)[1].strip() for line in LINES if line.startswith(f"{instruction} ")]


def locked(path: str) -> dict[str, str]:
    """Each pin of a lock, with its marker and hashes."""
    text = re.sub(r"(?m)^\s*#.*\n", "", (ROOT / path).read_text())
    pins = re.findall(r"(?m)^([\w.\[\]-]+)==(.*(?:\n {4}--hash.*)*)", text)
    return {canonicalize_name(name.partition("[")[0]): re.sub(r"\s+", " ", pin) for name, pin in pins}


def test_what_it_copies_is_there_and_is_every_package() -> None:
    copied = [words.split()[:-1] for words in said("COPY") if not words.startswith("--from")]
    sources = {source for each in copied for source in each}
    assert all((ROOT / source).exists() for source in sources)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]["find"]
    assert {name.rstrip("*") for name in project["include"]} <= sources
    let_in = set(re.findall(r"(?m)^!(.+)$", (DEPLOY / "Dockerfile.dockerignore").read_text()))
    assert let_in == sources


def test_its_base_is_pinned_and_its_python_is_ours() -> None:
    [base] = [words.partition("=")[2] for words in said("ARG") if words.startswith("PYTHON=")]
    assert re.fullmatch(r"3\.11\.\d+-slim-\w+", base)
    assert {words.split()[0] for words in said("FROM")} == {"python:${PYTHON}"}


def test_it_installs_with_hashes_by_the_same_uv() -> None:
    [uv] = re.findall(r"UV_VERSION=([\d.]+)", DOCKERFILE)
    assert f"UV_VERSION := {uv}\n" in (ROOT / "Makefile").read_text()
    assert "--require-hashes /build/requirements.lock" in DOCKERFILE


def test_it_runs_as_nobody_and_asks_for_what_the_service_answers() -> None:
    assert said("USER") == ["10001:10001"]
    port = Settings().serving.port
    assert said("EXPOSE") == [str(port)]
    assert f"http://127.0.0.1:{port}/healthz" in said("HEALTHCHECK")[0]
    assert said("CMD")[-1].startswith('["python", "-m", "serving"')
    assert LINES.index("USER 10001:10001") < min(n for n, line in enumerate(LINES) if line.startswith("CMD"))


def test_its_lock_is_the_part_of_the_lock_that_runs() -> None:
    whole, part = locked("requirements.lock"), locked("deploy/requirements.lock")
    differs = sorted(name for name, pin in part.items() if whole.get(name) != pin)
    assert not differs, f"{differs}: run {COMPILE}"
    lacking = sorted(needed(("", *EXTRAS)) - part.keys())
    assert not lacking, f"{lacking}: run {COMPILE}"
    assert not {"pytest", "moto", "playwright", "ruff"} & part.keys()


def needed(extras: tuple[str, ...]) -> set[str]:
    """What the product needs with these extras, by what the installed packages say."""
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    given = [
        *project["dependencies"],
        *(each for name in extras for each in project["optional-dependencies"].get(name, ())),
    ]
    found: set[str] = set()
    waiting = [(Requirement(each)) for each in given]
    while waiting:
        one = waiting.pop()
        name = f"{canonicalize_name(one.name)}[{','.join(sorted(one.extras))}]"
        if name in found:
            continue
        found.add(name)
        for text in requires(one.name) or ():
            other = Requirement(text)
            wanted = [{"extra": extra} for extra in (*one.extras, "")]
            if other.marker is None or any(other.marker.evaluate(each) for each in wanted):
                waiting.append(other)
    return {name.partition("[")[0] for name in found}


@pytest.mark.parametrize("name", EXTRAS)
def test_its_extras_are_extras(name: str) -> None:
    assert name in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
