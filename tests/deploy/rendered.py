"""The files of deploy/ as documents: Kustomize's bases with the patches of their overlays, without a cluster."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from core.settings import OTHER_VARIABLES, known_keys
from core.settings_errors import ENVIRONMENT_PREFIX, variable

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
OVERLAYS = sorted(path.name for path in (KUBERNETES / "overlays").iterdir())
Document = dict[str, Any]


def overlay(name: str) -> list[Document]:
    """What `kubectl apply -k` of an overlay sends, but for the names of generated ConfigMaps."""
    folder = KUBERNETES / "overlays" / name
    changes = yaml.safe_load((folder / "kustomization.yaml").read_text())
    documents = base()
    for change in changes.get("patches", ()):
        for document in documents:
            if all(_named(document)[key] == value for key, value in change["target"].items()):
                for step in yaml.safe_load(change["patch"]):
                    _apply(document, step)
    return documents


def base() -> list[Document]:
    folder = KUBERNETES / "base"
    listed = yaml.safe_load((folder / "kustomization.yaml").read_text())
    assert {*listed["resources"], "kustomization.yaml"} == {path.name for path in folder.glob("*.yaml")}
    return [each for name in listed["resources"] for each in yaml.safe_load_all((folder / name).read_text())]


def of_kind(documents: list[Document], *kinds: str) -> list[Document]:
    return [each for each in documents if each["kind"] in kinds]


def pods(documents: list[Document]) -> Iterator[tuple[str, Document]]:
    """Of each workload its name and its pod."""
    for each in documents:
        if each["kind"] == "Deployment":
            yield each["metadata"]["name"], each["spec"]["template"]["spec"]
        elif each["kind"] == "CronJob":
            yield each["metadata"]["name"], each["spec"]["jobTemplate"]["spec"]["template"]["spec"]


@cache
def stores() -> dict[str, str]:
    lines = (KUBERNETES / "base" / "stores.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


def unknown(variables: Mapping[str, object]) -> set[str]:
    """Those of our prefix that nothing would read: no setting, no secret of ours, and no other variable names them."""
    ours = {name for name in variables if name.startswith(ENVIRONMENT_PREFIX)}
    named = {name for value in variables.values() for name in re.findall(r"\$\{(\w+)\}", str(value))}
    code = "".join(path.read_text() for path in (ROOT / "core").rglob("*.py"))
    secrets = {name for name in ours if "__" not in name and name in code}
    return ours - set(map(variable, known_keys())) - OTHER_VARIABLES - named - secrets


def _named(document: Document) -> dict[str, str]:
    return {"kind": document["kind"], "name": document["metadata"]["name"]}


def _apply(document: Document, step: Mapping[str, Any]) -> None:
    *way, last = step["path"].strip("/").split("/")
    place = document
    for name in way:
        place = place[name]
    assert last in place, step
    assert step["op"] == "replace", step
    place[last] = step["value"]
