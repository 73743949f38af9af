"""Predictions as rows of the log: written once each, however often they come, and as text while they wait."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core import utc
from core.feature_values import list_id, pack, row_of
from core.state.schema import FEATURE_LISTS, PREDICTION_RESULTS, PREDICTIONS


@dataclass(frozen=True)
class Result:
    """One line of a prediction: for whom or what, which item, with which value, and what was missing.

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
    """The rows of one prediction, and the names of its features."""

    prediction: Mapping[str, Any]
    results: Sequence[Mapping[str, Any]]
    names: Sequence[str] | None = None


def rows(prediction: Prediction) -> Rows:
    """What the log keeps of it."""
    columns = prediction.features
    names = list(columns) if columns is not None and any(each.row is not None for each in prediction.results) else None
    values = {name: getattr(prediction, name) for name in ("prediction_id", "kind", "model", "version", "variant")}
    values |= {"made_at": utc.naive(prediction.made_at), "request": json.dumps(prediction.request)}
    values |= {"feature_list": list_id(names) if names else None, "seconds": prediction.seconds}
    packed = _packed(prediction) if names else {}
    results = [
        {
            "prediction_id": prediction.prediction_id,
            "position": position,
            "subject": result.subject,
            "item": result.item,
            "value": result.value,
            "fallback": result.fallback,
            "propensity": result.propensity,
            "features": packed.get(result.row) if result.row is not None else None,
            "version": result.version,
            "variant": result.variant,
        }
        for position, result in enumerate(prediction.results)
    ]
    return Rows(values, results, names)


def insert(connection: sa.Connection, predictions: Iterable[Rows]) -> None:
    """Write predictions; one that is there already stays as it is."""
    found = list(predictions)
    lists = {each.prediction["feature_list"]: each.names for each in found if each.names}
    named = [{"feature_list": key, "names": json.dumps(names)} for key, names in sorted(lists.items())]
    for table, new in (
        (FEATURE_LISTS, named),
        (PREDICTIONS, [each.prediction for each in found]),
        (PREDICTION_RESULTS, [row for each in found for row in each.results]),
    ):
        if new:
            insert_into = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
            connection.execute(insert_into(table).on_conflict_do_nothing(), new)


def to_text(each: Rows) -> bytes:
    """The rows as one line."""
    made = {**each.prediction, "made_at": each.prediction["made_at"].isoformat()}
    results = [{**row, "features": _text(row["features"])} for row in each.results]
    return json.dumps({"prediction": made, "results": results, "names": each.names}, separators=(",", ":")).encode()


def from_text(line: bytes) -> Rows:
    """The rows that `to_text` was given; an earlier release, whose spool this may be, wrote fewer columns."""
    content = json.loads(line)
    made = {"seconds": None, **content["prediction"]}
    made["made_at"] = datetime.fromisoformat(made["made_at"])
    of_all = {"version": None, "variant": None}
    results = [{**of_all, **row, "features": _blob(row["features"])} for row in content["results"]]
    return Rows(made, results, content["names"])


def _packed(prediction: Prediction) -> dict[int, bytes]:
    wanted = {result.row for result in prediction.results if result.row is not None}
    return {row: pack(row_of(prediction.features or {}, row)) for row in wanted}


def _text(blob: bytes | None) -> str | None:
    return None if blob is None else base64.b64encode(blob).decode()


def _blob(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)
