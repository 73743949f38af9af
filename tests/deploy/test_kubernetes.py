"""The manifests are valid, name what the product has, and end a pod only once it has answered what it took."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from core import settings as settings_module
from core.settings import Settings
from serving import figures, service_pages
from tests.deploy.rendered import (
    KUBERNETES,
    OVERLAYS,
    Document,
    of_kind,
    overlay,
    pods,
    stores,
    unknown,
)

VERSIONS = ("1.32", "1.36")
MADE_BY_HAND = {"regulars-secrets", "regulars-mapping"}
SECRETS = {"db-password", "audit-key", "s3-access-key", "s3-secret-key"}
AFTERWARDS = 10
"""Seconds that a process has beyond what its settings say, before it is killed (docs/production.md)."""


@pytest.fixture(params=OVERLAYS)
def documents(request: pytest.FixtureRequest) -> list[Document]:
    return overlay(request.param)


@pytest.fixture
def settings() -> Settings:
    return settings_module.load(KUBERNETES / "base" / "regulars.toml")


def named(documents: list[Document], kind: str, name: str) -> Document:
    [found] = [each for each in of_kind(documents, kind) if each["metadata"]["name"] == name]
    return found


def container(documents: list[Document], name: str) -> Document:
    [found] = dict(pods(documents))[name]["containers"]
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_each_is_as_its_schema_says(documents: list[Document], version: str) -> None:
    for each in documents:
        kubernetes_validate.validate(each, version, strict=True)


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="no kubectl here")
@pytest.mark.parametrize("name", OVERLAYS)
def test_kustomize_renders_what_these_tests_look_at(name: str) -> None:
    folder = KUBERNETES / "overlays" / name
    told = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True, check=True).stdout
    rendered = {(each["kind"], each["metadata"]["name"]): each for each in yaml.safe_load_all(told)}
    for each in overlay(name):
        theirs = rendered[each["kind"], each["metadata"]["name"]]
        for part in ("metrics", "minReplicas", "maxReplicas", "maxUnavailable", "strategy", "ingress", "egress"):
            assert theirs.get("spec", {}).get(part) == each.get("spec", {}).get(part)
    assert {kind for kind, _ in rendered} == {each["kind"] for each in overlay(name)} | {"ConfigMap"}


def test_the_settings_are_settings(settings: Settings) -> None:
    assert settings.serving.workers == 1
    assert unknown(stores() | dict.fromkeys(("REGULARS_DB_PASSWORD", "REGULARS_AUDIT_KEY"))) == set()
    assert unknown({"REGULARS_STORES__DATABSE": "", "REGULARS_NO_SUCH": ""}) != set()
    assert not [value for value in stores().values() if re.search(r"://[^/@]*:[^$][^/@]*@", value)]


def test_variables_and_secrets_are_known_and_no_secret_is_written_down(documents: list[Document]) -> None:
    for name, pod in pods(documents):
        [one] = pod["containers"]
        given: dict[str, Any] = {each["name"]: each["valueFrom"]["secretKeyRef"] for each in one["env"]}
        assert {each["key"] for each in given.values()} == SECRETS, name
        assert {each["name"] for each in given.values()} == {"regulars-secrets"}
        assert unknown(stores() | given) == set()
        maps = {each["configMap"]["name"] for each in pod["volumes"] if "configMap" in each}
        generated = yaml.safe_load((KUBERNETES / "base" / "kustomization.yaml").read_text())["configMapGenerator"]
        assert maps <= {each["name"] for each in generated} | MADE_BY_HAND
    assert not of_kind(documents, "Secret")


def test_ports_and_probes_are_those_of_the_product(documents: list[Document], settings: Settings) -> None:
    from monitoring.desk.app import Desk

    desk = {getattr(route, "path", "") for route in Desk.routes(Desk.__new__(Desk))}
    open_paths = {"/healthz", "/readyz"} & set(service_pages.PAGES)
    for name, port, paths in (("service", settings.serving.port, open_paths), ("desk", settings.review.port, desk)):
        one = container(documents, name)
        assert [each["containerPort"] for each in one["ports"]] == [port]
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            assert one[probe]["httpGet"]["path"] in paths
            assert one[probe]["httpGet"]["port"] == "http"
        policy = named(documents, "NetworkPolicy", name)
        assert [each["port"] for rule in policy["spec"]["ingress"] for each in rule["ports"]] == [port]
    service = container(documents, "service")
    assert service["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert service["livenessProbe"]["httpGet"]["path"] == "/healthz"  # a store that is away restarts nobody


def test_a_pod_ends_only_once_it_has_answered_what_it_took(documents: list[Document], settings: Settings) -> None:
    deployment = named(documents, "Deployment", "service")
    assert deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    one, pod = container(documents, "service"), dict(pods(documents))["service"]
    waits = one["lifecycle"]["preStop"]["sleep"]["seconds"]
    needs = waits + settings.serving.drain_seconds + settings.serving.request_seconds + AFTERWARDS
    assert pod["terminationGracePeriodSeconds"] >= needs
    ready = one["readinessProbe"]
    seen = ready["periodSeconds"] * ready["failureThreshold"] + ready["timeoutSeconds"]
    assert settings.serving.drain_seconds > seen
    assert one["command"] == ["python", "-m", "serving"]  # the supervisor that drains


def test_a_pod_may_do_no_more_than_it_needs(documents: list[Document]) -> None:
    for name, pod in pods(documents):
        [one] = pod["containers"]
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert one["securityContext"] == {
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        }, name
        assert {"cpu", "memory"} <= one["resources"]["requests"].keys()
        assert "memory" in one["resources"]["limits"]
        assert {"/shop", "/tmp"} <= {mount["mountPath"] for mount in one["volumeMounts"]}
        assert {mount["name"] for mount in one["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}


def test_selectors_find_the_pods(documents: list[Document]) -> None:
    labels = {
        each["metadata"]["name"]: each["spec"]["template"]["metadata"]["labels"]
        for each in of_kind(documents, "Deployment")
    }
    for each in of_kind(documents, "Service"):
        assert each["spec"]["selector"] == labels[each["metadata"]["name"]]
    for each in of_kind(documents, "PodDisruptionBudget", "Deployment"):
        assert each["spec"]["selector"]["matchLabels"] == labels[each["metadata"]["name"]]


def test_it_is_scaled_by_figures_that_there_are(documents: list[Document]) -> None:
    scaler = named(documents, "HorizontalPodAutoscaler", "service")["spec"]
    assert scaler["scaleTargetRef"]["name"] == "service"
    assert 2 <= scaler["minReplicas"] < scaler["maxReplicas"]
    ours = {each["pods"]["metric"]["name"] for each in scaler["metrics"] if each["type"] == "Pods"}
    rules = yaml.safe_load((KUBERNETES / "adapter-rules.yaml").read_text())["rules"]
    assert ours == {rule["name"]["as"] for rule in rules}
    exposed = Path(figures.__file__).read_text()
    for rule in rules:
        series = re.match(r"\w+", rule["seriesQuery"])
        assert series
        assert f'"{re.sub("_(bucket|total)$", "", series[0])}"' in exposed, series[0]


def test_one_replica_less_is_all_that_a_drain_may_take(documents: list[Document]) -> None:
    budget = named(documents, "PodDisruptionBudget", "service")["spec"]["maxUnavailable"]
    assert budget in (1, "10%")


def test_the_settings_of_the_example_are_toml() -> None:
    assert tomllib.loads((KUBERNETES / "base" / "regulars.toml").read_text())["serving"]["host"] == "0.0.0.0"
