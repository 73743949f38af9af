"""Lines of the prediction log as they are read: each with what its answer says of all of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from core import answer_lines, utc
from core.answer_lines import ToldLine


class LineRead(NamedTuple):
    """`told` is the line for a reader; `row` and `feature_list` lead to its features, None where there are none."""

    told: dict[str, Any]
    row: str | None
    feature_list: str | None

    @property
    def place(self) -> tuple[str, int]:
        """Its prediction and its position in it."""
        return self.told["prediction_id"], self.told["position"]


def lines_of(answer: Mapping[Any, Any]) -> list[LineRead]:
    """All lines of a row of `predictions`, each with the version and variant that made it."""
    shared = _shared(answer)
    return [
        _read(shared, answer["feature_list"], position, line)
        for position, line in enumerate(answer_lines.decode(answer["lines"]))
    ]


def without_lines(answer: Mapping[Any, Any]) -> LineRead:
    """What stands for an answer that has none: every value of the line is null."""
    nothing = dict.fromkeys(("position", "subject", "item", "value", "fallback", "propensity"))
    return LineRead({**_shared(answer), **nothing, "has_features": False}, None, None)


def _shared(answer: Mapping[Any, Any]) -> dict[str, Any]:
    plain = {name: answer[name] for name in ("prediction_id", "kind", "model", "version", "variant", "seconds")}
    return plain | {"made_at": utc.aware(answer["made_at"]), "request": json.loads(answer["request"])}


def _read(shared: Mapping[str, Any], feature_list: str | None, position: int, line: ToldLine) -> LineRead:
    told = {
        **shared,
        "version": line.version or shared["version"],
        "variant": line.variant or shared["variant"],
        "position": position,
        "subject": line.subject,
        "item": line.item,
        "value": line.value,
        "fallback": line.fallback,
        "propensity": line.propensity,
        "has_features": line.row is not None,
    }
    return LineRead(told, line.row, feature_list)
