"""What all predictions share: the champion that answers, the answer's frame, the log, the figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from core.prediction_log import Prediction, Result, new_id
from models.kinds import Kind, M
from serving import prometheus
from serving.champions import Champion
from serving.problems import InvalidBody, NotYet
from serving.runtime import Runtime


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


def answer(
    runtime: Runtime,
    champion: Champion[Any],
    asked: str,
    results: Sequence[Mapping[str, Any]],
    *,
    logged: Sequence[Result],
    request: Mapping[str, Any],
) -> dict[str, Any]:
    """The answer's frame around the results; the prediction log keeps `logged` of them under the name `asked`."""
    prediction_id = new_id()
    name, version, variant = champion.kind.name, champion.version, champion.variant
    day = {"as_of": runtime.present.isoformat()} if runtime.present else {}
    runtime.predictions.append(Prediction(prediction_id, asked, name, version, variant, logged, {**request, **day}))
    prometheus.tell_results(name, version, Counter(result["fallback"] for result in results))
    return {
        "prediction_id": prediction_id,
        "model": name,
        "version": version,
        "variant": variant,
        "results": list(results),
    }


def refuse_too_many(runtime: Runtime, field: str, ids: Sequence[object]) -> None:
    """Hold to `serving.max_ids`, which may be lower than what a body may have at most.

    Raises:
        InvalidBody: there are more.
    """
    most = runtime.workspace.settings.serving.max_ids
    if len(ids) > most:
        raise InvalidBody.field(field, f"has {len(ids):,} entries", f"at most {most:,}")
