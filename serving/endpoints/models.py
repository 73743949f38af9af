"""GET /v1/models: the versions that matter now, with their metrics and gates."""

from __future__ import annotations

import math
from typing import Any

from core.keys import Key
from models.intervals import Interval
from models.kinds import kind, names
from models.version import Version
from serving.answers import ModelsAnswer
from serving.endpoint import Endpoint
from serving.runtime import Runtime


def models(runtime: Runtime, _body: None, _key: Key) -> dict[str, Any]:
    """Every version with an alias, as the registry told them last, and those that serve; told from memory."""
    known = runtime.known_models
    found = [_version(runtime, version) for name in names() for version in known.versions.get(name, ())]
    told = {(version["name"], version["version"]) for version in found}
    missing = [each for each in _serving(runtime) if (each["name"], each["version"]) not in told]
    return {"models": [*found, *missing], "complete": known.complete}


def _version(runtime: Runtime, version: Version) -> dict[str, Any]:
    return {
        "name": version.kind,
        "version": version.version,
        "aliases": list(version.aliases),
        "serving": version.version in _answering(runtime, version.kind),
        "variant": _answering(runtime, version.kind).get(version.version),
        "trained_as_of": version.as_of.isoformat(),
        "metrics": {name: _interval(value) for name, value in version.metrics.items()},
        "gates": [gate.as_dict() for gate in version.gates],
    }


def _answering(runtime: Runtime, name: str) -> dict[str, str]:
    """Per version that answers anybody, as what it does."""
    team = runtime.champions.lineup(kind(name))
    return {each.version: each.variant for each in team.answering} if team else {}


def _serving(runtime: Runtime) -> list[dict[str, Any]]:
    return [
        {
            "name": champion.kind.name,
            "version": champion.version,
            "aliases": [champion.state.alias],
            "serving": True,
            "variant": champion.variant,
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
