"""A version's card as JSON in the shape of Google's Model Card Toolkit (schema 0.0.2), for tools that read such."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from models.fairness_result import FairnessResult

SCHEMA_VERSION: Final = "0.0.2"


def render(facts: Mapping[str, Any], fairness: FairnessResult | None, version: str) -> str:
    """The card from a run's `record.json` and its fairness measurement; figures of groups, never of a customer."""
    inputs = ", ".join(each["name"] for each in facts["features"])
    card = {
        "schema_version": SCHEMA_VERSION,
        "model_details": {
            "name": facts["kind"],
            "overview": facts.get("question", ""),
            "version": {"name": version, "date": facts["as_of"], "diff": f"code {facts['code_version']}"},
            "owners": [{"name": facts["trained_by"]}],
        },
        "model_parameters": {
            "data": [
                {
                    "name": "the shop's tables",
                    "description": f"facts before {facts['as_of']}, digest {facts['data_digest']}",
                }
            ],
            "input_format": f"feature service {facts['service']}: {inputs}",
            "output_format": ", ".join(facts["signature"]["outputs"]),
        },
        "quantitative_analysis": {"performance_metrics": [*_metrics(facts), *_by_group(fairness)]},
        "considerations": {"limitations": [{"description": note} for note in facts["notes"]]},
    }
    return json.dumps(card, indent=1, default=str) + "\n"


def _metrics(facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    sides = {"": facts["metrics"], **{f"baseline {name}": of for name, of in facts["baselines"].items()}}
    return [_metric(name, side, values) for side, metrics in sides.items() for name, values in metrics.items()]


def _by_group(fairness: FairnessResult | None) -> list[dict[str, Any]]:
    return [
        {"type": figure.metric, "value": str(figure.value), "slice": f"{figure.attribute} = {figure.group}"}
        for figure in (fairness.figures if fairness else ())
    ]


def _metric(name: str, side: str, values: Mapping[str, Any]) -> dict[str, Any]:
    bounds = {"lower_bound": str(values["low"]), "upper_bound": str(values["high"])}
    return {"type": name, "value": str(values["value"]), "confidence_interval": bounds, "slice": side}
