"""The model card (after Mitchell et al., 2019): what the model is, on what data, how good, how fair, its limits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from models.fairness_result import FairnessResult

RECORD = "record.json"
"""The run's artifact from which its card is written."""


def render(facts: Mapping[str, Any], fairness: FairnessResult | None) -> dict[str, str]:
    """The card's files, `card.md` and `card.html`, from a run's `record.json` and its fairness measurement."""
    content = {
        "facts": facts,
        "question": facts.get("question", ""),
        "fairness": fairness,
        "attributes": _attributes(fairness),
        "rows": _metric_rows(facts),
        "baselines": list(facts["baselines"]),
        "tables": facts.get("tables", []),
    }
    return {name: _environment().get_template(f"{name}.j2").render(content) for name in ("card.md", "card.html")}


def _metric_rows(facts: Mapping[str, Any]) -> list[list[str]]:
    """Per metric: its name, the model's value with interval, each baseline's."""
    sides = [facts["metrics"], *facts["baselines"].values()]
    return [[name, *(interval(side.get(name)) for side in sides)] for name in facts["metrics"]]


def _attributes(fairness: FairnessResult | None) -> list[dict[str, Any]]:
    """Per attribute: how many figures have which verdict, and the flagged ones in words."""
    figures = fairness.figures if fairness else ()
    found = []
    for attribute in dict.fromkeys(figure.attribute for figure in figures):
        of_it = [figure for figure in figures if figure.attribute == attribute]
        verdicts = [figure.verdict for figure in of_it]
        counts = {verdict: verdicts.count(verdict) for verdict in dict.fromkeys(verdicts)}
        flagged = [figure.sentence() for figure in of_it if figure.verdict == "flagged"]
        found.append({"name": attribute, "counts": counts, "flagged": flagged})
    return found


def interval(values: Mapping[str, float] | None) -> str:
    """`0.871 [0.861, 0.880]`, or a dash."""
    if not values or values.get("value") is None or not math.isfinite(values["value"]):
        return "-"
    if not math.isfinite(values["low"]):
        return f"{values['value']:.4g}"
    return f"{values['value']:.4g} [{values['low']:.4g}, {values['high']:.4g}]"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=lambda name: bool(name and name.endswith(".html.j2")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["interval"] = interval
    environment.filters["cell"] = lambda text: str(text).replace("|", "\\|").replace("\n", " ")
    return environment
