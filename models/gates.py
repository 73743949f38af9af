"""The gates before `champion`: quality, fairness, signature and golden inputs, review.

A gate that can't be judged does not pass: what was not measured was not shown to be right.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from core.errors import DataError, GateRefused, RegularsError, StoreError
from core.messages import Message
from core.workspace import Workspace, of_one_generation
from models import version_seal
from models.artifact_cache import MODEL
from models.comparison import difference
from models.fairness_result import FairnessResult
from models.intervals import Interval
from models.kinds import FittedModel, kind
from models.registry import Registry
from models.version import CHAMPION, GateResult, Version
from models.version_seal import SealStanding

SEAL, QUALITY, FAIRNESS = "seal", "quality", "fairness"
SIGNATURE, GOLDEN, REVIEW = "signature", "golden inputs", "review"


class Refused(GateRefused):
    """At least one gate refused; `gates` holds every result."""

    def __init__(self, what: str, gates: list[GateResult], todo: str | None = None) -> None:
        self.gates = gates
        why = "; ".join(f"{gate.name}: {gate.text}" for gate in gates if not gate.passed)
        super().__init__(what, why=why or None, todo=todo)

    def as_dict(self) -> dict[str, Any]:
        """The same for machines, with each gate."""
        return super().as_dict() | {"gates": [gate.as_dict() for gate in self.gates]}


@of_one_generation
def judge(workspace: Workspace, version: Version, registry: Registry | None = None) -> list[GateResult]:
    """Judge a version against the present champion and the house's rules, every gate, in a fixed order.

    Raises:
        StoreError: the registry does not answer. A damaged version is no error but a gate that refuses.
    """
    registry = registry or Registry(workspace)
    version = registry.version(version.kind, version.version)
    champion = registry.find(version.kind, CHAMPION)
    if champion is not None and champion.version == version.version:
        champion = None
    model = _load(registry, version)
    standing = version_seal.look(registry, version)
    return [
        _quality(workspace, registry, version, champion),
        _fairness(registry, version, standing),
        _signature(registry, version, champion, model),
        _golden(version, model),
        _review(workspace, version),
        _seal(version, standing),
    ]


@of_one_generation
def judge_and_keep(workspace: Workspace, version: Version, registry: Registry | None = None) -> list[GateResult]:
    """Judge, and store what the gates said with the version (`Version.gates`), for who may not wait for a judgement."""
    registry = registry or Registry(workspace)
    results = judge(workspace, version, registry)
    registry.tag(version, "gates", json.dumps([gate.as_dict() for gate in results]))
    return results


def evidence(result: FairnessResult | None) -> str:
    """The hash of a fairness measurement: an approval lifts the block it was given for, not a later one."""
    return result.evidence if result else ""


def bars(registry: Registry, version: Version) -> list[GateResult]:
    """Which of fairness and review refuse a version now: what may come up while it answers."""
    standing = version_seal.look(registry, version)
    judged = (_fairness(registry, version, standing), _review(registry.workspace, version))
    return [gate for gate in judged if not gate.passed]


def _quality(workspace: Workspace, registry: Registry, version: Version, champion: Version | None) -> GateResult:
    """Refuses where a paired 95% interval lies wholly on the wrong side, or a statistic wholly beyond its limit."""
    unknown = Interval(math.nan, math.nan, math.nan)
    rivals = {f"the best baseline, {version.best_baseline}": version.paired.get(version.best_baseline, unknown)}
    if champion is not None:
        try:
            rivals[f"the champion, version {champion.version}"] = _against(registry, version, champion)
        except RegularsError as error:
            return GateResult(QUALITY, False, Message("gate.quality.not_comparable", {"reason": str(error)}))
    lost = [name for name, interval in rivals.items() if interval.wholly_worse(version.higher_is_better)]
    unjudged = [name for name, interval in rivals.items() if math.isnan(interval.low)]
    better = version.higher_is_better
    sides = {name: each.wholly_better(better) or each.wholly_worse(better) for name, each in rivals.items()}
    uncertain = [name for name, certain in sides.items() if not certain and name not in unjudged]
    compared = [{"name": name, "difference": _finite(interval)} for name, interval in rivals.items()]
    beyond = _beyond(version, kind(version.kind).limits(workspace.settings))
    values = {
        "metric": version.primary,
        "higher_is_better": better,
        "rivals": compared,
        "uncertain": uncertain,
        "lost": lost,
        "unjudged": unjudged,
        "beyond": beyond,
    }
    return GateResult(QUALITY, not (lost or unjudged or beyond), Message("gate.quality", values))


def _beyond(version: Version, limits: Mapping[str, float]) -> list[dict[str, Any]]:
    """Statistics certainly farther from 0 than their limit, where the best baseline's lies nearer."""
    simple = version.baselines.get(version.best_baseline, {})
    return [
        {"name": name, "found": _finite(found), "limit": limit}
        for name, limit in limits.items()
        if (found := version.metrics.get(name)) is not None
        and (found.low > limit or found.high < -limit)
        and name in simple
        and abs(simple[name].value) < abs(found.value)
    ]


def _finite(interval: Interval) -> dict[str, float | None]:
    """For JSON, which has no number for what could not be computed."""
    return {name: value if math.isfinite(value) else None for name, value in interval.as_dict().items()}


def _against(registry: Registry, version: Version, champion: Version) -> Interval:
    """The paired difference from the champion, kept with the version while that champion and the data stay."""
    key = {"champion": champion.version, "tables": registry.workspace.tables.generation}
    kept = json.loads(version.tags.get("versus_champion", "{}"))
    if kept and {name: kept[name] for name in key} == key:
        return Interval.of(kept["difference"])
    found = difference(registry, version, champion)
    registry.tag(version, "versus_champion", json.dumps(key | {"difference": found.as_dict()}))
    return found


def _seal(version: Version, standing: SealStanding) -> GateResult:
    """What the other gates read, and a reviewer sees, is what was measured and decided."""
    if standing.problems:
        return GateResult(SEAL, False, Message("gate.seal.broken", {"problems": list(standing.problems)}))
    if not standing.whole:
        values = {"kind": version.kind, "version": version.version}
        return GateResult(SEAL, False, Message("gate.seal.not_sealed", values))
    return GateResult(SEAL, True, Message("gate.seal.ok"))


def _fairness(registry: Registry, version: Version, standing: SealStanding) -> GateResult:
    if standing.touches(version_seal.FAIRNESS_ITEMS):
        return GateResult(FAIRNESS, False, Message("gate.fairness.not_as_sealed"))
    try:
        result = registry.fairness(version)
    except (DataError, StoreError) as error:
        return GateResult(FAIRNESS, False, _unreadable(error))
    if result is None:
        return GateResult(FAIRNESS, False, Message("gate.fairness.not_measured"))
    return _judged_fairness(version, result)


def _judged_fairness(version: Version, result: FairnessResult) -> GateResult:
    if result.state == "not measured":
        return GateResult(
            FAIRNESS,
            True,
            Message("gate.fairness.nothing_to_judge", {"note": result.note.as_dict() if result.note else None}),
        )
    if result.state == "ok":
        return GateResult(
            FAIRNESS,
            True,
            Message("gate.fairness.ok", {"figures": sum(f.verdict != "not judged" for f in result.figures)}),
        )
    disparity = [figure.sentence() for figure in result.flagged]
    verdict = version.review
    if verdict and verdict.verdict == "approved" and verdict.evidence == evidence(result):
        values = {"who": verdict.who, "reason": verdict.reason, "disparity": disparity}
        return GateResult(FAIRNESS, True, Message("gate.fairness.lifted", values))
    return GateResult(FAIRNESS, False, Message("gate.fairness.blocked", {"disparity": disparity}), reviewable=True)


def _load(registry: Registry, version: Version) -> FittedModel | StoreError:
    try:
        fitted: FittedModel = kind(version.kind).load(registry.fetch(version) / MODEL)
    except StoreError as error:
        return error
    return fitted


def _signature(
    registry: Registry, version: Version, champion: Version | None, model: FittedModel | StoreError
) -> GateResult:
    """Inputs may change from version to version; what callers get may not."""
    if isinstance(model, StoreError):
        return GateResult(SIGNATURE, False, _unreadable(model))
    found = {side: list(names) for side, names in kind(version.kind).signature(model).items()}
    stored = json.loads(version.tags["signature"])
    if found != stored:
        return GateResult(SIGNATURE, False, Message("gate.signature.changed", {"names": _apart(found, stored)}))
    if champion is not None:
        serving = json.loads(champion.tags["signature"])["outputs"]
        if found["outputs"] != serving:
            values = {"outputs": found["outputs"], "champion": serving}
            return GateResult(SIGNATURE, False, Message("gate.signature.other_outputs", values))
    counts = {side: len(names) for side, names in found.items()}
    return GateResult(SIGNATURE, True, Message("gate.signature.ok", counts))


def _golden(version: Version, model: FittedModel | StoreError) -> GateResult:
    if isinstance(model, StoreError):
        return GateResult(GOLDEN, False, _unreadable(model))
    wrong = kind(version.kind).golden(model)
    if wrong:
        values = {"count": len(wrong), "example": wrong[0]}
        return GateResult(GOLDEN, False, Message("gate.golden.differs", values))
    return GateResult(GOLDEN, True, Message("gate.golden.ok"))


def _review(workspace: Workspace, version: Version) -> GateResult:
    verdict = version.review
    if verdict is not None:
        decided = {"verdict": verdict.verdict, "who": verdict.who, "at": verdict.at, "reason": verdict.reason}
        approved = verdict.verdict == "approved"
        return GateResult(REVIEW, approved, Message("gate.review.decided", decided), reviewable=not approved)
    if workspace.settings.review.required:
        return GateResult(REVIEW, False, Message("gate.review.needed"), reviewable=True)
    return GateResult(REVIEW, True, Message("gate.review.not_required"))


def _apart(found: dict[str, list[str]], stored: dict[str, list[str]]) -> list[str]:
    """The columns that only one of the two has; none where they differ in their order."""
    return sorted({*found["inputs"], *found["outputs"]} ^ {*stored["inputs"], *stored["outputs"]})


def _unreadable(error: Exception) -> Message:
    return Message("gate.not_readable", {"reason": str(error)})
