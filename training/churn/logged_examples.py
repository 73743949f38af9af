"""Rows of a training from the prediction log: the very feature values that answers were made of (log and wait).

What was logged can't know what came later, whatever became of the tables or of a feature since. A customer counts once
in a fortnight, by the first answer with a score; the fortnight's first day is the rows' origin (`as_of`). What became
of the customer is told by the orders of the `churn.horizon_days` after the day of the answer: a purchase of that day
itself may be among the values already, and counts on neither side.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np
import pandas as pd

from core import utc
from core.consents import Consents
from core.errors import DataError
from core.prediction_log import PredictionLog
from core.progress import current
from core.workspace import Workspace
from feature_repo import facts
from models.churn import dataset
from training.churn.examples import Examples

ASKED: Final = "churn"
"""The kind of prediction, as the log names it."""
SCORED: Final = (None, "baseline")
"""The fallbacks of lines whose customers the model is for."""
WIDTH_DAYS: Final = dataset.STEP_DAYS
LEAST_ROWS: Final = 200
_EVER: Final = utc.aware(datetime(1970, 1, 1))


@dataclass(frozen=True)
class LoggedAnswer:
    """A customer's first answer of a fortnight: where the log has it, the shop's day, the fortnight's first day."""

    prediction_id: str
    position: int
    customer_id: str
    day: date
    origin: date


def gap_days(horizon_days: int) -> int:
    """After so many days it is known what became of all answers of a fortnight that starts with an origin."""
    return WIDTH_DAYS + horizon_days


def collect(workspace: Workspace, as_of: date) -> Examples:
    """Labelled rows of every fortnight whose answers' days are over at `as_of`; the population is that of the tables.

    Raises:
        DataError: the log has too few, or they do not reach back far enough; it says how many rows or days are missing.
    """
    gap = gap_days(workspace.settings.churn.horizon_days)
    newest = as_of - timedelta(days=gap)
    log = PredictionLog(workspace)
    current().step(f"collecting the answers of the prediction log up to {newest + timedelta(days=WIDTH_DAYS - 1)}")
    answers = _sample(_allowed(workspace, _answers(log, newest), as_of), workspace.settings.seed)
    _require_enough(workspace, answers, as_of, newest)
    labelled = _with_values(log, answers).assign(churned=_churned(workspace, answers))
    population = dataset.unlabelled(workspace, as_of, dataset.MOST_ROWS)
    if population.empty:
        raise DataError(
            f"nobody is active as of {as_of}",
            why=f"no customer who allows profiling bought anything in the {workspace.settings.churn.active_days} days "
            "before (churn.active_days)",
            todo="train as of an earlier date, or bring the orders since",
        )
    return Examples(as_of, labelled, population, gap, (_note(answers),), _digest(labelled))


def _answers(log: PredictionLog, newest: date) -> list[LoggedAnswer]:
    """The first scored answer of each customer and fortnight, in time order, up to the fortnight from `newest`."""
    found: dict[tuple[str, date], LoggedAnswer] = {}
    for line in log.predictions(ASKED, _EVER, utc.now()):
        day = line["request"].get("as_of")
        if day is None or not line["has_features"] or line["fallback"] not in SCORED:
            continue
        on = date.fromisoformat(day)
        origin = newest + timedelta(days=(on - newest).days // WIDTH_DAYS * WIDTH_DAYS)
        if origin <= newest:
            answer = LoggedAnswer(line["prediction_id"], line["position"], line["subject"], on, origin)
            found.setdefault((line["subject"], origin), answer)
    return list(found.values())


def _allowed(workspace: Workspace, answers: list[LoggedAnswer], as_of: date) -> list[LoggedAnswer]:
    refused = Consents.load(workspace, as_of).refused({each.customer_id for each in answers}, "profiling")
    return [each for each in answers if each.customer_id not in refused]


def _sample(answers: list[LoggedAnswer], seed: int) -> list[LoggedAnswer]:
    """As many as training takes of the tables."""
    if len(answers) <= dataset.MOST_ROWS:
        return answers
    chosen = np.random.default_rng(seed).choice(len(answers), dataset.MOST_ROWS, replace=False)
    return [answers[place] for place in sorted(chosen)]


def _require_enough(workspace: Workspace, answers: list[LoggedAnswer], as_of: date, newest: date) -> None:
    """A fortnight to evaluate on, an earlier one to tune on and one before to fit on, each known by the next."""
    horizon = workspace.settings.churn.horizon_days
    span = 3 * gap_days(horizon) - WIDTH_DAYS + 1
    rows, keep = len(answers), workspace.settings.log.keep_days
    todo = f"train from the tables meanwhile: regulars train churn --as-of {as_of}"
    if keep < span:
        todo = f"set log.keep_days ({keep}) to {span} or more, so that the log reaches back far enough; {todo}"
    if rows < LEAST_ROWS:
        raise DataError(
            f"the prediction log has {rows:,} answers to learn from as of {as_of}: "
            f"{LEAST_ROWS - rows:,} more are needed",
            why="counted is a customer's first answer of each fortnight that was made of feature values (log.features) "
            f"and whose {horizon} days are over",
            todo=todo,
        )
    oldest, needed = min(each.day for each in answers), as_of - timedelta(days=span)
    if oldest > needed:
        raise DataError(
            f"the prediction log does not reach back far enough as of {as_of}: "
            f"{(oldest - needed).days:,} more days are needed",
            why=f"its first answer is of {oldest}, and it must be of {needed} or before: a fortnight to fit on, one to "
            f"tune on and one to evaluate on, each {gap_days(horizon)} days after the other",
            todo=f"the earliest possible --as-of is {oldest + timedelta(days=span)}; {todo}",
        )
    counts = Counter(each.origin for each in answers)
    if not counts[newest]:
        raise DataError(
            f"the prediction log has no answers from {newest} to {newest + timedelta(days=WIDTH_DAYS - 1)}",
            why=f"a version of {as_of} is evaluated on them: they are the last whose {horizon} days are over",
            todo=f"train as of another date; the newest answers with what became of them are from {max(counts)} on",
        )


def _with_values(log: PredictionLog, answers: list[LoggedAnswer]) -> pd.DataFrame:
    """customer_id, as_of (the origin), day (of the answer) and a column per feature, in the order of the answers.

    A feature that an answer was made without, an earlier release's say, is missing there.
    """
    names = [feature.name for feature in dataset.features()]
    place = {(each.prediction_id, each.position): row for row, each in enumerate(answers)}
    values = {name: np.full(len(answers), np.nan) for name in names}
    for line in log.features(ASKED, _EVER, utc.now(), only=place):
        row = place[line["prediction_id"], line["position"]]
        for name, value in line["features"].items():
            if name in values and value is not None:
                values[name][row] = value
    told = {
        "customer_id": pd.Series([each.customer_id for each in answers], dtype=object),
        "as_of": pd.Series([each.origin for each in answers], dtype=object),
        "day": pd.Series([each.day for each in answers], dtype=object),
    }
    return pd.DataFrame(told | values)


def _churned(workspace: Workspace, answers: list[LoggedAnswer]) -> list[int]:
    """1: no order line in the horizon after the day of the answer."""
    horizon = timedelta(days=workspace.settings.churn.horizon_days)
    after = {each.day: each.day + timedelta(days=1) for each in answers}
    buyers = {day: facts.buyers(workspace, start, start + horizon) for day, start in after.items()}
    return [int(each.customer_id not in buyers[each.day]) for each in answers]


def _note(answers: list[LoggedAnswer]) -> str:
    customers, days = len({each.customer_id for each in answers}), sorted(each.day for each in answers)
    return (
        f"Rows: from the prediction log, the feature values that {len(answers):,} answers about {customers:,} "
        f"customers were made of, from {days[0]} to {days[-1]}; a customer's first answer of each fortnight counts, "
        "and purchases from the day after it on tell who left. Who was never asked about is not among them."
    )


def _digest(labelled: pd.DataFrame) -> str:
    hashed = pd.util.hash_pandas_object(labelled.astype({"as_of": str, "day": str}), index=False)
    return hashlib.sha256(hashed.to_numpy().tobytes()).hexdigest()[:16]
