"""GET /v1/models: the versions that matter now, with their metrics and gates."""

from __future__ import annotations

import math
from typing import Any

from core.errors import RegularsError
from core.keys import Key
from models.intervals import Interval
from models.kinds import names
from models.version import Version
from serving.answers import ModelsAnswer
from serving.endpoint import Endpoint
from serving.runtime import Runtime


def models(runtime: Runtime, _body: None, _key: Key) -> dict[str, Any]:
    """Every version with an alias, and those that serve; with the registry down only the latter."""
    try:
        found = [_version(runtime, v) for name in names() for v in runtime.registry.versions(name) if v.aliases]
        return {"models": found, "complete": True}
    except RegularsError:
        return {"models": _serving(runtime), "complete": False}


def _version(runtime: Runtime, version: Version) -> dict[str, Any]:
    return {
        "name": version.kind,
        "version": version.version,
        "aliases": list(version.aliases),
        "serving": runtime.champions.versions().get(version.kind) == version.version,
        "trained_as_of": version.as_of.isoformat(),
        "metrics": {name: _interval(value) for name, value in version.metrics.items()},
        "gates": [gate.as_dict() for gate in version.gates],
    }


def _serving(runtime: Runtime) -> list[dict[str, Any]]:
    return [
        {
            "name": champion.kind.name,
            "version": champion.version,
            "aliases": [champion.state.alias],
            "serving": True,
            "trained_as_of": champion.model.trained_as_of.isoformat(),
            "metrics": {},
            "gates": [],
        }
        for champion in runtime.champions.all()
    ]


def _interval(interval: Interval) -> dict[str, float | None]:
    values = {"value": interval.value, "low": interval.low, "high": interval.high}
    return {name: value if math.isfinite(value) else None for name, value in values.items()}


ENDPOINT = Endpoint(
    "GET", "/v1/models", "predict", models, ModelsAnswer, "The versions that matter now, their metrics and gates"
)
