"""What was answered, with the feature values it was made of and what came of it, as a file for a data scientist."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from core import utc
from core.consents import Consents
from core.errors import DataError, UsageError
from core.prediction_log import FAILED_SUFFIX, SHADOW_SUFFIX, PredictionLog
from core.workspace import Workspace
from models.kinds import require_name
from monitoring.served.feedback_table import PURPOSES
from pipelines.line_outcomes import LineOutcomes
from pipelines.output import require_writable, write_parts

PART: Final = 10_000
"""Lines that are held at once."""
COLUMNS: Final = {
    "prediction_id": pa.string(),
    "made_at": pa.timestamp("us", tz="UTC"),
    "kind": pa.string(),
    "model": pa.string(),
    "version": pa.string(),
    "variant": pa.string(),
    "as_of": pa.string(),
    "asked": pa.string(),
    "position": pa.int64(),
    "subject": pa.string(),
    "item": pa.string(),
    "value": pa.float64(),
    "fallback": pa.string(),
    "propensity": pa.float64(),
    "bought": pa.bool_(),
    "units": pa.float64(),
    "told_by": pa.string(),
}
"""Before the features, each by its name in the data dictionary."""
_OF_LINE: Final = [name for name in COLUMNS if name not in ("as_of", "asked", "bought", "units", "told_by")]


@dataclass(frozen=True)
class ExportedPredictions:
    """What was written: `rows` lines of answers; of `known` it is known what came of them, `features` is how many
    columns of features there are, `left_out` lines are about customers who do not allow what they were predicted for.
    """

    rows: int
    known: int
    features: int
    left_out: int
    output: Path


class _Export:
    """Lines of the log on their way into a file, a part at a time."""

    def __init__(self, workspace: Workspace, names: Sequence[str]) -> None:
        self.log = PredictionLog(workspace)
        self.names = names
        self.known = self.left_out = 0
        self._outcomes = LineOutcomes(workspace, self.log)
        self._consents = Consents.load(workspace)
        self._schema = pa.schema([*COLUMNS.items(), *((name, pa.float64()) for name in names)])

    def parts(self, lines: Iterator[dict[str, Any]]) -> Iterator[pa.Table]:
        """At least one, so that an empty file has its columns."""
        part = list(islice(lines, PART))
        while True:
            allowed = self._allowed(part)
            yield pa.Table.from_pylist([*self._rows(allowed)], schema=self._schema)
            if not (part := list(islice(lines, PART))):
                return

    def _allowed(self, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        refused: dict[str, frozenset[str]] = {}
        for asked in {line["kind"] for line in lines}:
            if purpose := PURPOSES.get(asked.removesuffix(SHADOW_SUFFIX).removesuffix(FAILED_SUFFIX)):
                subjects = {line["subject"] for line in lines if line["kind"] == asked and line["subject"]}
                refused[asked] = frozenset(self._consents.refused(subjects, purpose))
        allowed = [line for line in lines if line["subject"] not in refused.get(line["kind"], ())]
        self.left_out += len(lines) - len(allowed)
        return allowed

    def _rows(self, lines: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for line, outcome in zip(lines, self._outcomes.of(lines), strict=True):
            self.known += outcome.told_by is not None
            came = {"bought": outcome.bought, "units": outcome.units, "told_by": outcome.told_by}
            asked = {"as_of": line["request"].get("as_of"), "asked": json.dumps(line["request"], sort_keys=True)}
            values = {name: _number(value) for name, value in (line["features"] or {}).items()}
            yield {**{name: line[name] for name in _OF_LINE}, **asked, **came, **values}


def export(
    workspace: Workspace, model: str, output: Path, since: date | None = None, until: date | None = None
) -> ExportedPredictions:
    """Write every line that a model answered from the first minute of `since` on and before `until` (UTC days; None:
    all that the log holds), the oldest first.

    Raises:
        UsageError: no such model, an impossible output, or an impossible range of days.
        DataError: a feature of the log has the name of another column.
        StoreError: the database does not answer.
    """
    require_name(model)
    require_writable(output)
    start, stop = _moment(since, utc.aware(datetime(1970, 1, 1))), _moment(until, utc.now())
    if start >= stop:
        raise UsageError(f"there is nothing from {since} to {until}", todo="give a later --until, or leave it out")
    log = PredictionLog(workspace)
    names = log.feature_names(model, start, stop)
    if clash := sorted(set(names) & set(COLUMNS)):
        raise DataError(f"the feature {clash[0]!r} has the name of another column", todo="rename the feature")
    made = _Export(workspace, names)
    rows = write_parts(made.parts(log.answers(model, start, stop)), output)
    return ExportedPredictions(rows, made.known, len(names), made.left_out, output)


def _moment(day: date | None, otherwise: datetime) -> datetime:
    return otherwise if day is None else utc.aware(datetime(day.year, day.month, day.day))


def _number(value: Any) -> float | None:
    """Every feature that is kept is a number; what an earlier release kept may be none."""
    return float(value) if isinstance(value, int | float) else None
