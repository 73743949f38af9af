"""The documents of monitoring runs keep messages as code and values; words kept so far stay words."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_KINDS = {"surge": "demand", "needs_review": "demand", "churn_tiers": "churn", "recommendations": "recommendation"}
_OF_SUBJECT = ("drift", "quality", "fairness")


def upgrade() -> None:
    """Bring every kept run to the shape that is read now."""
    runs = sa.table("monitoring_runs", *(sa.column(name) for name in ("id", "as_of", "at", "document")))
    connection = op.get_bind()
    for row in connection.execute(sa.select(runs)).all():
        document = json.dumps(_run(json.loads(row.document), row.as_of, row.at), allow_nan=False)
        connection.execute(runs.update().where(runs.c.id == row.id).values(document=document))


def _run(document: dict[str, Any], as_of: str, at: str) -> dict[str, Any]:
    missing: dict[str, Any] = {"as_of": as_of, "at": at, "window_days": 28, "report": None}
    document = missing | document
    document.pop("alerts", None)
    converters: dict[str, Callable[[dict[str, Any]], dict[str, Any]]]
    converters = {"models": _model, "quality": _check, "business": _figure, "rules": _rule}
    for name, convert in converters.items():
        document[name] = [convert(each) for each in document.get(name, [])]
    return document


def _model(model: dict[str, Any]) -> dict[str, Any]:
    model |= {"note": _words(model.get("note")), "quality": [_check(each) for each in model.get("quality", [])]}
    if model["kind"] != "demand":
        model.pop("waiting", None)
    fairness = model.get("fairness")
    if fairness:
        fairness["note"] = _words(fairness.get("note"))
    return model


def _check(check: dict[str, Any]) -> dict[str, Any]:
    says = {"code": "plain", "values": {"text": check.pop("text"), "title": check.pop("name")}}
    return check | {"check": "plain", "says": says}


def _figure(figure: dict[str, Any]) -> dict[str, Any]:
    units = {"revenue": "money", "repeat rate": "share"}
    return figure | {"unit": units.get(figure["name"], "count")}


def _rule(rule: dict[str, Any]) -> dict[str, Any]:
    name = rule["rule"].replace(" ", "_")
    kind = rule["subject"] if name in _OF_SUBJECT else _KINDS.get(name)
    said = {"says": _words(rule.pop("text")) or {"code": "plain", "values": {"text": ""}}}
    return rule | said | {"rule": name, "kind": kind, "effect": _words(rule.get("effect"))}


def _words(text: str | None) -> dict[str, Any] | None:
    return {"code": "plain", "values": {"text": text}} if text else None
