"""Predictions as rows of the log: written once each, however often they come, and as text while they wait."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from core import answer_lines, feature_values, utc
from core.answer_lines import ToldLine
from core.logged_rows import LoggedRow, LoggedRows
from core.row_inserts import Row, insert_new
from core.state.schema import FEATURE_LISTS, FEATURE_ROWS, PREDICTIONS

_MADE: Final = PREDICTIONS.columns.keys()


class Result(NamedTuple):
    """One line of a prediction: for whom or what, which item, with which value, and what was missing. A tuple, for an
    answer may have ten thousand of them.

    `propensity` is the chance with which the item is there, None where nothing was left to chance. `row` is the
    line's place in the prediction's `features`, None where none were used. `version` and `variant` are what made the
    line, None where it is what made the whole prediction.
    """

    subject: str
    value: float | None
    item: str | None = None
    fallback: str | None = None
    propensity: float | None = None
    row: int | None = None
    version: str | None = None
    variant: str | None = None

    def by(self, version: str, variant: str) -> Result:
        """The same line, made by this version."""
        return Result(*self[:6], version, variant)


@dataclass(frozen=True)
class Prediction:
    """One answered request. `kind` says what was asked (churn, recommendations, ...); `request` holds no ids.

    `features` are the values that it was made of: a column for each feature, all of the same length. `seconds` is how
    long it took to make, None where nobody waited for it.
    """

    prediction_id: str
    kind: str
    model: str
    version: str
    variant: str
    results: Sequence[Result]
    request: Mapping[str, Any] = field(default_factory=dict)
    made_at: datetime = field(default_factory=utc.now)
    features: Mapping[str, Sequence[Any]] | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Rows:
    """The row of one prediction, in the order of the table's columns, the list of its features, and those rows of them
    that the log may not have yet.
    """

    prediction: Row
    listed: str | None = None
    features: Sequence[LoggedRow] = ()


def rows(prediction: Prediction, known: LoggedRows) -> Rows:
    """What the log keeps of it, without the rows of features that are `known` to be there."""
    columns = prediction.features
    has_features = columns is not None and any(each.row is not None for each in prediction.results)
    listed = feature_values.list_of(columns) if columns is not None and has_features else None
    called, new = _features(prediction, known) if listed else ({}, [])
    made = (
        prediction.prediction_id,
        utc.naive(prediction.made_at),
        prediction.kind,
        prediction.model,
        prediction.version,
        prediction.variant,
        json.dumps(prediction.request),
        feature_values.list_id(listed) if listed else None,
        prediction.seconds,
        answer_lines.encode([_line(each, called) for each in prediction.results]),
    )
    return Rows(made, listed, new)


def insert(connection: sa.Connection, predictions: Iterable[Rows]) -> None:
    """Write predictions; one that is there already stays as it is."""
    found = list(predictions)
    listed = sorted({each.listed for each in found if each.listed})
    insert_new(connection, FEATURE_LISTS, [(feature_values.list_id(each), each) for each in listed])
    insert_new(connection, PREDICTIONS, [each.prediction for each in found])
    features = {row.row_id: row for each in found for row in each.features}
    insert_new(connection, FEATURE_ROWS, [(row_id, row.features) for row_id, row in features.items()])


def to_text(each: Rows) -> bytes:
    """The rows as one line."""
    made = dict(zip(_MADE, each.prediction, strict=True))
    made["made_at"] = made["made_at"].isoformat()
    features = {row.row_id: base64.b64encode(row.features).decode() for row in each.features}
    told = {"prediction": made, "listed": each.listed, "features": features}
    return json.dumps(told, separators=(",", ":")).encode()


def from_text(line: bytes) -> Rows:
    """The rows that `to_text` was given. An earlier release, whose spool this may be, wrote fewer columns, each line by
    itself, the names of the features as they are, and their values with each line.
    """
    content = json.loads(line)
    made = content["prediction"] | {"made_at": datetime.fromisoformat(content["prediction"]["made_at"])}
    names = content.get("names")
    listed = json.dumps(names) if names else content.get("listed")
    features = [LoggedRow(row_id, base64.b64decode(text)) for row_id, text in content.get("features", {}).items()]
    if "results" in content:
        lines, own = _lines_by_themselves(content["results"], made["made_at"])
        made["lines"] = answer_lines.encode(lines)
        features += own
    return Rows(tuple(made.get(name) for name in _MADE), listed, features)


def _line(each: Result, called: Mapping[int, str]) -> ToldLine:
    row = None if each.row is None else called.get(each.row)
    return ToldLine(*each[:5], row, each.version, each.variant)


def _lines_by_themselves(
    told: Iterable[Mapping[str, Any]], made_at: datetime
) -> tuple[list[ToldLine], list[LoggedRow]]:
    """Lines that were rows of their own, and the features that they had with them."""
    lines, own = [], []
    for each in told:
        called = each.get("feature_row")
        if features := each.get("features"):
            own.append(LoggedRow.of(base64.b64decode(features), made_at))
            called = own[-1].row_id
        lines.append(answer_lines.of_spooled(each, called))
    return lines, own


def _features(prediction: Prediction, known: LoggedRows) -> tuple[dict[int, str], list[LoggedRow]]:
    """What the log calls each row of features that a line was made of, and the rows that it may not have yet."""
    wanted = {result.row for result in prediction.results if result.row is not None}
    return known.find(prediction.features or {}, wanted, prediction.made_at)
