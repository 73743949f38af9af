"""Releases: promote, approve, refuse, rollback, retire. Every action and refusal is audited first.

An experiment (`models.experiment_release`) compares with one champion: whatever changes it ends the experiment.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from core import shared_lock, utc
from core.actors import Actor, known
from core.alerts import Alerts
from core.audit import AuditLog
from core.errors import GateRefused, NotReady, StoreError, UsageError
from core.reasons import reason_given, reason_if_given
from core.workspace import Workspace, of_one_generation
from models import gates, run_notes, version_seal
from models.artifact_cache import BASELINE as BASELINE_MODEL
from models.artifact_cache import MODEL
from models.experiment_release import end_arms_of, end_experiment
from models.gates import Refused, evidence
from models.kinds import kind
from models.registry import Registry
from models.version import BASELINE, CHALLENGER, CHAMPION, GateResult, Verdict, Version

DISPARITY: Final = "fairness"
"""The source of the alert that asks a reviewer to decide on a version; the decision closes it."""


@dataclass(frozen=True)
class Release:
    """What an action did, in words and for machines; not `changed`: it was so already."""

    action: str
    kind: str
    version: str
    before: str | None
    text: str
    gates: tuple[GateResult, ...] = ()
    changed: bool = True

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self) | {"model": self.kind, "gates": [gate.as_dict() for gate in self.gates]}


@dataclass(frozen=True)
class Decided:
    """What a reviewer decides, on which state of the version."""

    verdict: Literal["approved", "refused"]
    who: str | Actor
    reason: str
    state: str | None = None


@of_one_generation
def promote(workspace: Workspace, kind_name: str, name: str, who: str | Actor) -> Release:
    """Let a version (number or alias) become champion, if every gate lets it through.

    Where there is no champion and the quality gate refuses, the endpoints answer from the version's best
    baseline from now on. A version that is champion already stays so: nothing is judged, changed or audited, so that
    a scheduler may ask again.

    Raises:
        Refused: a gate refused (exit 3).
        UsageError: no such version.
    """
    registry = Registry(workspace)
    version, champion = registry.version(kind_name, name), registry.find(kind_name, CHAMPION)
    if champion is not None and champion.version == version.version:
        text = f"{version} is champion already"
        return Release("promote", kind_name, version.version, None, text, version.gates, changed=False)
    results = gates.judge_and_keep(workspace, version, registry)
    if not all(gate.passed for gate in results):
        raise _refusal(registry, version, champion, results, who)
    before = champion.version if champion else None
    _record(registry, "promote", who, version, {"before": before, "gates": [gate.as_dict() for gate in results]})
    end_experiment(registry, kind_name, known(who).name, f"version {version.version} becomes champion")
    if before is not None:
        registry.set_past_champions(kind_name, [*registry.past_champions(kind_name), before])
    _set_champion(registry, version)
    text = f"{version} is champion" + (f", in the place of version {before}" if before else "")
    return Release("promote", kind_name, version.version, before, text, tuple(results))


@of_one_generation
def approve(
    workspace: Workspace, kind_name: str, name: str, who: str | Actor, reason: str, *, state: str | None = None
) -> Release:
    """Record a reviewer's approval; it lifts a fairness block for the measurement it was given on.

    `state` is that of the version which the reviewer saw (`Version.state`); None: whatever it is now, but for somebody
    else's opposite decision.

    Raises:
        UsageError: no reason, no such version, it has moved on from `state`, or somebody else has refused it.
        GateRefused: `review.four_eyes` and `who` trained the version, or it is not as it was sealed.
    """
    reason, registry = reason_given(reason), Registry(workspace)
    version = registry.version(kind_name, name)
    if workspace.settings.review.four_eyes and known(who).is_one_of(version.trained_by_ids):
        _record(registry, "approve refused", who, version, {"reason": reason, "because": "four eyes"})
        raise GateRefused(
            f"{known(who).name} trained {version}, or holds a key of who did, and may not approve it",
            why="review.four_eyes: by account, by key, and by who created the key",
            todo="let somebody else approve it, with a key that the trainer did not create",
        )
    standing = version_seal.look(registry, version)
    if standing.problems:
        details = {"reason": reason, "because": "seal", "problems": list(standing.problems)}
        _record(registry, "approve refused", who, version, details)
        raise GateRefused(
            f"{version} is not as it was sealed and can't be approved",
            why="; ".join(standing.problems[:5]),
            todo=f"find out who changed it (regulars audit verify), then train another: regulars train {kind_name}",
        )
    lifted = _judged(registry, version, Decided("approved", who, reason, state))
    text = f"{version} is approved" + (f"; its fairness block is lifted: {lifted}" if lifted else "")
    return Release("approve", kind_name, version.version, None, text)


def refuse(
    workspace: Workspace, kind_name: str, name: str, who: str | Actor, reason: str, *, state: str | None = None
) -> Release:
    """Record a reviewer's refusal: the version can't become champion until somebody approves it.

    Raises:
        UsageError: no reason, no such version, or it has moved on from `state`, as in `approve`.
    """
    reason, registry = reason_given(reason), Registry(workspace)
    version = registry.version(kind_name, name)
    _judged(registry, version, Decided("refused", who, reason, state))
    ended = end_arms_of(registry, version, known(who).name, f"version {version.version} is refused")
    text = f"{version} is refused" + (f" and answers nobody any more as {', '.join(ended)}" if ended else "")
    if CHAMPION in version.aliases:
        way_out = "rollback" if registry.past_champions(kind_name) else "retire"
        text += f"; it still serves until: regulars {way_out} {kind_name}"
    return Release("refuse", kind_name, version.version, None, text)


def rollback(workspace: Workspace, kind_name: str, who: str | Actor, reason: str = "") -> Release:
    """Restore the champion before the present or retired one, in one step; versions refused since are passed over.

    Raises:
        NotReady: there never was a champion, or none before it.
        StoreError: the earlier champion is damaged; nothing changes.
    """
    reason, registry = reason_if_given(reason), Registry(workspace)
    champion = registry.find(kind_name, CHAMPION) or _retired(registry, kind_name)
    target, history = _earlier(registry, champion)
    kind(kind_name).load(registry.fetch(target) / MODEL)
    _record(registry, "rollback", who, target, {"before": champion.version, "reason": reason})
    end_experiment(registry, kind_name, known(who).name, f"version {champion.version} is rolled back")
    registry.set_past_champions(kind_name, _without(history, champion))
    _set_champion(registry, target)
    text = f"{target} is champion again, in the place of version {champion.version}"
    return Release("rollback", kind_name, target.version, champion.version, text)


def retire(workspace: Workspace, kind_name: str, who: str | Actor, reason: str = "") -> Release:
    """Take the champion out of service, at once: the endpoints answer from its best baseline and say so.

    Raises:
        NotReady: there is no champion.
        StoreError: the baseline is damaged; nothing changes.
    """
    reason, registry = reason_if_given(reason), Registry(workspace)
    champion = registry.version(kind_name, CHAMPION)
    kind(kind_name).load(registry.fetch(champion) / BASELINE_MODEL)
    details = {"baseline": champion.best_baseline, "reason": reason}
    _record(registry, "retire", who, champion, details)
    end_experiment(registry, kind_name, known(who).name, f"version {champion.version} is retired")
    registry.set_past_champions(kind_name, _without(registry.past_champions(kind_name), champion))
    # The champion goes last: there is always something that answers.
    registry.set_alias(kind_name, BASELINE, champion.version)
    registry.drop_alias(kind_name, CHAMPION)
    text = f"{champion} is retired; the endpoints answer from its best baseline, {champion.best_baseline}"
    return Release("retire", kind_name, champion.version, None, text)


def _retired(registry: Registry, kind_name: str) -> Version:
    """The version whose baseline answers since it was retired."""
    return registry.find(kind_name, BASELINE) or registry.version(kind_name, CHAMPION)


def _without(history: Sequence[str], version: Version) -> list[str]:
    """What was taken out of service is nothing to go back to, however often it was champion."""
    return [each for each in history if each != version.version]


def _earlier(registry: Registry, champion: Version) -> tuple[Version, list[str]]:
    """The champion to go back to, and the history that is left then."""
    history = registry.past_champions(champion.kind)
    while history:
        version = registry.version(champion.kind, history.pop())
        refused = version.review is not None and version.review.verdict == "refused"
        if version.version != champion.version and not refused:
            return version, history
    raise NotReady(
        f"no champion before {champion} to go back to",
        todo=f"promote another version: regulars promote {champion.kind} VERSION, "
        f"or let the best baseline answer: regulars retire {champion.kind}",
    )


def _set_champion(registry: Registry, version: Version) -> None:
    """One alias decides what serves: it moves first, the tidying follows."""
    registry.set_alias(version.kind, CHAMPION, version.version)
    aliases = registry.aliases(version.kind)
    if aliases.get(CHALLENGER) == version.version:
        registry.drop_alias(version.kind, CHALLENGER)
    if BASELINE in aliases:
        registry.drop_alias(version.kind, BASELINE)


def _refusal(
    registry: Registry, version: Version, champion: Version | None, results: list[GateResult], who: str | Actor
) -> Refused:
    """The error that says which gates refused; without any champion it lets the best baseline serve."""
    failed = [gate for gate in results if not gate.passed]
    details: dict[str, Any] = {"gates": [gate.as_dict() for gate in results]}
    todo = _todo(version, failed)
    falls_back = champion is None and any(gate.name == gates.QUALITY for gate in failed) and _whole(registry, version)
    if falls_back:
        details["baseline"] = version.best_baseline
        todo = f"until then endpoints answer from the best baseline, {version.best_baseline}; {todo}"
    _record(registry, "promote refused", who, version, details)
    if falls_back:
        registry.set_alias(version.kind, BASELINE, version.version)
    return Refused(f"{version} is not promoted", results, todo)


def _whole(registry: Registry, version: Version) -> bool:
    try:
        registry.fetch(version)
    except StoreError:
        return False
    return True


def _todo(version: Version, failed: list[GateResult]) -> str:
    if all(gate.reviewable for gate in failed):
        return f"a reviewer can let it through: regulars approve {version.kind} {version.version} --reason TEXT"
    if any(gate.name == gates.SEAL for gate in failed):
        return f"see what is not as it was sealed: regulars audit verify; train another: regulars train {version.kind}"
    if any(gate.name == gates.SIGNATURE for gate in failed) and not any(gate.name == gates.QUALITY for gate in failed):
        return f"where callers are ready for other columns: regulars retire {version.kind}, then promote this version"
    return f"train a better one: regulars train {version.kind}"


def _judged(registry: Registry, version: Version, decided: Decided) -> str:
    """Store a reviewer's verdict with the version; gives the disparity that it lifts, if it does."""
    approved = decided.verdict == "approved"
    with shared_lock.waiting(registry.workspace, f"decision-{version.kind}-{version.version}"):
        version = registry.version(version.kind, version.version)
        if decided.state is not None and decided.state != version.state:
            raise _moved_on(version)
        if decided.state is None and _is_another_s(version.review, decided):
            raise _decided_otherwise(version)
        result = registry.fairness(version)
        disparity = [figure.sentence() for figure in result.flagged] if result else []
        decision = Verdict(decided.verdict, known(decided.who).name, decided.reason, utc.text(), evidence(result))
        details = {"reason": decision.reason, "disparity": disparity, "evidence": decision.evidence}
        _record(registry, "approve" if approved else "refuse", decided.who, version, details)
        registry.tag(version, "review", json.dumps(asdict(decision)))
        Alerts(registry.workspace).close(DISPARITY, version.subject, by=decision.who)
    return "; ".join(disparity) if approved else ""


def _moved_on(version: Version) -> UsageError:
    """Another decided meanwhile, or something was measured or judged anew."""
    stands, why = version.review, "fairness was measured anew, or the gates judged anew"
    if stands is not None:
        why = f"it now stands {stands.verdict} by {stands.who} at {stands.at[:16]}: {stands.reason}"
    return UsageError(f"{version} has moved on since you looked", why=why, todo="look again, then decide")


def _is_another_s(stands: Verdict | None, decided: Decided) -> bool:
    """Whether somebody else has decided the opposite."""
    return stands is not None and stands.verdict != decided.verdict and stands.who != known(decided.who).name


def _decided_otherwise(version: Version) -> UsageError:
    stands = version.review
    said = f"{stands.verdict} by {stands.who} at {stands.at[:16]}: {stands.reason}" if stands else ""
    return UsageError(
        f"{version} stands {said}",
        why="who decides over somebody else's decision says that it was seen",
        todo=f"to decide otherwise all the same: --state {version.state}",
    )


def _record(registry: Registry, action: str, who: str | Actor, version: Version, details: Mapping[str, Any]) -> None:
    somebody = known(who)
    AuditLog(registry.workspace).append(action, somebody.name, version.subject, {**details, "by": somebody.as_dict()})
    reason = details.get("reason") or "no reason given"
    run_notes.decision(registry, version, action, f"{somebody.name}: {reason}")
