"""The compose file is one by its own schema, starts all of it in order, and names what the product has."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import check_jsonschema
import jsonschema_rs
import pytest
import yaml

from core.settings import Settings
from tests.deploy.rendered import DEPLOY, unknown
from tests.system.cli import regulars

HERE = DEPLOY / "compose"
TEXT = (HERE / "compose.yaml").read_text()
SCHEMA = json.loads((Path(check_jsonschema.__file__).parent / "builtin_schemas/vendor/compose-spec.json").read_text())


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load(TEXT)
    return parsed


@pytest.fixture(scope="module")
def ours(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: each for name, each in compose["services"].items() if each["image"].startswith("regulars:")}


def test_it_is_as_the_schema_says(compose: dict[str, Any]) -> None:
    jsonschema_rs.validate(SCHEMA, compose)


def test_images_are_pinned_and_what_is_mounted_is_there(compose: dict[str, Any]) -> None:
    for name, each in compose["services"].items():
        assert re.search(r":[\w.$-]+", each["image"]), name
        assert "latest" not in each["image"]
        for volume in each.get("volumes", ()):
            source = volume.split(":")[0]
            assert (HERE / source).exists() if source.startswith(".") else source in compose["volumes"], name


def test_one_waits_for_what_it_needs_and_nothing_else_starts_by_itself(compose: dict[str, Any]) -> None:
    for name, each in compose["services"].items():
        for needed, how in each.get("depends_on", {}).items():
            other = compose["services"][needed]
            if how["condition"] == "service_healthy":
                assert "test" in other["healthcheck"], (name, needed)
            else:
                assert (how["condition"], other["restart"]) == ("service_completed_successfully", "no")


def test_variables_are_settings_and_databases_are_made(ours: dict[str, dict[str, Any]]) -> None:
    made = set(re.findall(r"(?i)create database (\w+)", (HERE / "databases.sql").read_text())) | {"regulars"}
    for each in ours.values():
        variables = {name: str(value).replace("$$", "$") for name, value in each["environment"].items()}
        assert unknown(variables) == set()
        assert {url.rsplit("/", 1)[1] for url in variables.values() if url.startswith("postgresql")} == made


def test_ours_run_as_nobody_and_write_to_the_shop_only(ours: dict[str, dict[str, Any]]) -> None:
    assert {"first-run", "service", "desk", "mlflow", "daily"} == set(ours)
    for each in ours.values():
        assert each["user"].split(":")[0] != "0"
        assert each["read_only"] is True
        assert each["cap_drop"] == ["ALL"]
        assert each["volumes"] == ["shop:/shop"]


def test_pages_are_for_this_machine_only(compose: dict[str, Any]) -> None:
    defaults = Settings()
    published = {name: each["ports"] for name, each in compose["services"].items() if "ports" in each}
    ports = {"service": defaults.serving.port, "desk": defaults.review.port, "mlflow": defaults.pages.mlflow_port}
    ours = {name: [f"127.0.0.1:{port}:{port}"] for name, port in ports.items()}
    assert published == {**ours, "prometheus": ["127.0.0.1:9090:9090"], "grafana": ["127.0.0.1:3003:3000"]}


def test_prometheus_asks_the_service_with_the_key_of_the_first_run(compose: dict[str, Any]) -> None:
    asked = yaml.safe_load((HERE / "prometheus.yml").read_text())
    [job] = asked["scrape_configs"]
    assert job["static_configs"] == [{"targets": [f"service:{Settings().serving.port}"]}]
    assert f"> {job['authorization']['credentials_file']}" in compose["services"]["first-run"]["command"][-1]
    mounted = {volume.split(":")[1] for volume in compose["services"]["prometheus"]["volumes"]}
    assert {*asked["rule_files"], "/etc/prometheus/prometheus.yml"} <= mounted


def test_the_service_has_time_to_end(compose: dict[str, Any]) -> None:
    serving = Settings().serving
    grace = int(compose["services"]["service"]["stop_grace_period"].removesuffix("s"))
    assert grace >= serving.drain_seconds + serving.request_seconds + 10


def test_the_commands_are_commands_with_these_options(ours: dict[str, dict[str, Any]]) -> None:
    said = " && ".join(" ".join(each["command"]) for each in ours.values())
    found = re.findall(r"regulars ([a-z]+(?: mlflow)?)((?: --[a-z-]+(?: [\w/.]+)?)*)", said)
    assert {"demo", "review", "ui mlflow", "ingest", "materialize", "monitor", "keys"} == {
        command for command, _ in found
    }
    for command, options in found:
        known = regulars(command.split()[0], "--help").out
        assert all(option in known for option in re.findall(r"--[a-z-]+", options)), command
