"""Every rule and panel asks for figures that the service tells, with labels and values that they have; every alert says
what to do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, get_args

import promql_parser
import pytest
import yaml

from core.batch_jobs import State
from serving import answers, figures, problems
from serving.endpoints import ENDPOINTS
from tests.docs import pages

RULES = pages.ROOT / "deploy" / "prometheus" / "rules.yaml"
DASHBOARD = pages.ROOT / "deploy" / "grafana" / "dashboard.json"
PAGE = pages.DOCS / "slo.md"
OF_PROMETHEUS = {"up": {"job"}}
TARGET = {"job", "instance"}
"""Labels that Prometheus adds to what it scrapes."""


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


ALERTS = [rule for rule in rules() if "alert" in rule]
RECORDED = {rule["record"] for rule in rules() if "record" in rule}


def panels() -> list[dict[str, Any]]:
    return [panel for panel in json.loads(DASHBOARD.read_text())["panels"] if panel["type"] != "row"]


def dashboard_expressions() -> Iterator[str]:
    document = json.loads(DASHBOARD.read_text())
    told = [target["expr"] for panel in panels() for target in panel["targets"]]
    told += [each["expr"] for each in document["annotations"]["list"]]
    for expression in told:
        yield expression.replace("$__rate_interval", "5m").replace("$job", "regulars")


def known() -> dict[str, set[str]]:
    """Every series with its labels."""
    found = {name: set() for name in RECORDED} | dict(OF_PROMETHEUS)
    for figure in figures.FIGURES:
        for name in figure.series:
            found[name] = {*figure.labels, *TARGET} | ({"le"} if name.endswith("_bucket") else set())
    return found


def values() -> dict[str, set[str]]:
    """Labels that have values of a list of their own."""
    return {
        "fallback": {*get_args(answers.Fallback), "none"},
        "reason": {each.name for each in _below(problems.Problem)},
        "endpoint": {endpoint.path for endpoint in ENDPOINTS},
        "le": {str(bound) for bound in figures.SECONDS} | {"+Inf"},
        "status": {"200", "499", "500", "503", "507"},
        "state": set(get_args(State)),
        "job": {"regulars"},
    }


def _below(kind: type[problems.Problem]) -> Iterator[type[problems.Problem]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _below(each)


def parts(node: Any) -> Iterator[Any]:
    """A parsed expression, from the top."""
    yield node
    for name in ("lhs", "rhs", "expr", "args", "param", "vector_selector"):
        inner = getattr(node, name, None)
        for each in inner if isinstance(inner, list) else [inner]:
            if each is not None:
                yield from parts(each)


def wrong(expression: str) -> list[str]:
    """What the expression asks for that is not there."""
    found: list[str] = []
    asked: set[str] = set()
    for node in parts(promql_parser.parse(expression)):
        if isinstance(node, promql_parser.VectorSelector):
            labels = known().get(str(node.name))
            if labels is None:
                found.append(f"no series {node.name}")
                continue
            asked |= labels
            for matcher in node.matchers.matchers:
                found += [f"{node.name} has no {matcher.name}"] if matcher.name not in labels else []
                listed = values().get(matcher.name)
                if listed is not None and not _matches(matcher, listed):
                    found.append(f"no {matcher.name} is {matcher.value}")
    for node in parts(promql_parser.parse(expression)):
        modifier = getattr(node, "modifier", None)
        if isinstance(node, promql_parser.AggregateExpr) and modifier is not None:
            found += [f"nothing has {name}" for name in modifier.labels if name not in asked]
    return found


def _matches(matcher: Any, listed: set[str]) -> bool:
    """Every alternative of it is in the list."""
    if "Re" not in str(matcher.op):
        return matcher.value in listed
    inner = re.sub(r"^(.*)\((.*)\)$", r"\2", matcher.value)
    head = matcher.value[: -len(inner) - 2] if "(" in matcher.value else ""
    return all(any(re.fullmatch(head + each, value) for value in listed) for each in inner.split("|"))


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.get("alert") or rule.get("record"))
def test_a_rule_asks_for_what_the_service_tells(rule: dict[str, Any]) -> None:
    assert wrong(rule["expr"]) == []


def test_the_dashboard_asks_for_what_the_service_tells() -> None:
    assert {expression: found for expression in dashboard_expressions() if (found := wrong(expression))} == {}


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("regulars_no_such", ["no series regulars_no_such"]),
        ('regulars_requests_total{model="churn"}', ["regulars_requests_total has no model"]),
        ('regulars_jobs{state="lost"}', ["no state is lost"]),
        ('regulars_results_total{fallback="nothing"}', ["no fallback is nothing"]),
        ('regulars_requests_total{endpoint=~"/v1/(churn|nothing)"}', ["no endpoint is /v1/(churn|nothing)"]),
        ("sum by (variant) (regulars_requests_total)", ["nothing has variant"]),
    ],
)
def test_what_is_not_told_is_found(expression: str, said: list[str]) -> None:
    assert wrong(expression) == said


def test_each_figure_is_on_the_dashboard() -> None:
    shown = " ".join(dashboard_expressions())
    assert [f.name for f in figures.FIGURES if not any(name in shown for name in f.series)] == []


def test_the_dashboard_is_whole() -> None:
    document = json.loads(DASHBOARD.read_text())
    ids = [panel["id"] for panel in document["panels"]]
    assert len(set(ids)) == len(ids)
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in document["panels"]]
    assert len(set(places)) == len(places)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in document["panels"])
    variables = {each["name"] for each in document["templating"]["list"]}
    assert set(re.findall(r"\$\{?([a-z]\w*)", DASHBOARD.read_text())) == variables


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_an_alert_says_how_bad_it_is_and_what_to_do(alert: dict[str, Any]) -> None:
    assert alert["labels"]["severity"] in {"page", "ticket"}
    assert alert["annotations"]["summary"]
    page, _, anchor = alert["annotations"]["runbook_url"].partition("#")
    assert page == "docs/slo.md"
    headings = [line.removeprefix("## ") for line in PAGE.read_text().splitlines() if line.startswith("## ")]
    assert anchor in [heading.lower().replace(" ", "-") for heading in headings]
    assert anchor == alert["alert"].lower()


def test_each_runbook_has_its_alert() -> None:
    headed = re.findall(r"^## (Regulars\w+)$", PAGE.read_text(), re.MULTILINE)
    assert headed == [alert["alert"] for alert in ALERTS]


def test_the_burn_rates_are_those_of_the_page() -> None:
    """A rate, its two windows, whom it wakes."""
    written = {(rate, severity) for rate, _, _, severity in pages.rows(PAGE, "burn rate")}
    ruled = {
        (rate, alert["labels"]["severity"])
        for alert in ALERTS
        for rate in re.findall(r"\((\d+\.?\d*) \*", alert["expr"])
    }
    assert written == ruled


def test_the_page_lists_every_figure() -> None:
    rows = [
        f"| `{f.name}` | {f.kind} | {', '.join(f'`{name}`' for name in f.labels)} | {f.help} |" for f in figures.FIGURES
    ]
    assert pages.written(
        PAGE, "figures", "\n".join(["| figure | kind | labels | |", "|---|---|---|---|", *rows]) + "\n"
    )
