"""What all predictions share: the champion that answers, the answer's frame, the log, the figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import structlog

from core.errors import RegularsError
from core.prediction_log import FAILED_SUFFIX, Prediction, Result
from core.sortable_ids import new_id
from models.experiment import MIXED
from models.kinds import Kind, M
from serving import prometheus, stopwatch, traces
from serving.champions import Champion, Lineup
from serving.problems import InvalidBody, NotYet, Problem
from serving.runtime import Runtime

FAILED: Final = "error"
"""What was missing where an arm failed."""
Made = TypeVar("Made")
_log = structlog.get_logger(__name__)


def champion(runtime: Runtime, kind: Kind[M]) -> Champion[M]:
    """What answers for a kind.

    Raises:
        NotYet: there is nothing to answer from; says which commands to run.
    """
    found = runtime.champions.get(kind)
    if found is None and not runtime.loaded:
        raise NotYet("the models are being loaded", headers={"Retry-After": "1"})
    if found is None:
        todo = f"run: regulars train {kind.name}, then: regulars promote {kind.name} VERSION"
        raise NotYet(f"there is no {kind.name} model that may serve yet; {todo}", headers={"Retry-After": "5"})
    return found


def lineup(runtime: Runtime, kind: Kind[M]) -> Lineup[M]:
    """What answers for a kind: the champion, and the arms of an experiment.

    Raises:
        NotYet: there is nothing to answer from.
    """
    return runtime.champions.lineup(kind) or Lineup(champion(runtime, kind))


def or_champion(
    runtime: Runtime,
    team: Lineup[M],
    who: Champion[M],
    make: Callable[[Champion[M]], Made],
    *,
    asked: str,
    subjects: Sequence[str],
) -> tuple[Champion[M], Made]:
    """What `make` makes of who answers the subjects, or of the champion where an arm fails at it: a version on trial
    fails nobody's request. The log keeps that it failed them, by its version.

    Raises:
        RegularsError: a store is down, or it can't be asked like that, whoever answers.
    """
    if who is team.champion:
        return who, make(who)
    try:
        return who, make(who)
    except (RegularsError, Problem):
        raise
    except Exception as error:
        _log.error("arm_failed", kind=who.kind.name, version=who.version, error=type(error).__name__)
        lines = [Result(subject, None, fallback=FAILED) for subject in subjects]
        failed = Prediction(new_id(), asked + FAILED_SUFFIX, who.kind.name, who.version, who.variant, lines)
        runtime.predictions.append(failed)
    return team.champion, make(team.champion)


def answer(
    runtime: Runtime,
    champion: Champion[Any],
    asked: str,
    results: Sequence[dict[str, Any]],
    *,
    logged: Sequence[Result],
    request: Mapping[str, Any],
    by_line: Sequence[Champion[Any]] | None = None,
    features: Mapping[str, Sequence[Any]] | None = None,
) -> dict[str, Any]:
    """The answer's frame around the results; the prediction log keeps `logged` of them under the name `asked`, and
    `features`, the columns that they were made of.

    `by_line`: who answered each result, where that may differ; each is made to say so, in the log too. The frame names
    the champion's version where there are several, and says `mixed`.
    """
    prediction_id = new_id()
    answering = {id(who): who for who in by_line or [champion]}
    several = {who.variant: who for who in answering.values()}
    single = next(iter(several.values())) if len(several) == 1 else None
    version, variant = (single.version, single.variant) if single else (champion.version, MIXED)
    name = champion.kind.name
    kept = {**request, **({"as_of": runtime.present.isoformat()} if runtime.present else {})}
    if by_line is not None:
        for result, who in zip(results, by_line, strict=True):
            result["version"], result["variant"] = who.version, who.variant
        if single is None:
            logged = [line.by(who.version, who.variant) for line, who in zip(logged, by_line, strict=True)]
    seconds = stopwatch.seconds()
    with traces.span("log"):
        runtime.predictions.append(
            Prediction(prediction_id, asked, name, version, variant, logged, kept, features=features, seconds=seconds)
        )
    traces.tell({"regulars.model": name, "regulars.version": version, "regulars.variant": variant})
    for who in several.values():
        lines = results if single else [r for r, each in zip(results, by_line or (), strict=True) if each is who]
        prometheus.tell_results(name, who.version, who.variant, Counter(result["fallback"] for result in lines))
    frame = {"prediction_id": prediction_id, "model": name, "version": version, "variant": variant}
    return {**frame, "data_until": runtime.data_until, "results": results}


def refuse_too_many(runtime: Runtime, field: str, ids: Sequence[object]) -> None:
    """Hold to `serving.max_ids`, which may be lower than what a body may have at most.

    Raises:
        InvalidBody: there are more.
    """
    most = runtime.workspace.settings.serving.max_ids
    if len(ids) > most:
        raise InvalidBody.field(field, f"has {len(ids):,} entries", f"at most {most:,}")
