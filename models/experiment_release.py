"""Versions that answer a share of requests beside the champion, or in its shadow: begun, changed, ended.

Whatever a reviewer or a gate says counts here as for the champion, but for quality: that is what the experiment is to
tell. Every step is audited first, and the tag that decides who answers moves last when an arm begins, first when it
ends.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

from core import locks
from core.audit import AuditLog
from core.errors import NotReady, UsageError
from core.reasons import reason_if_given
from core.workspace import Workspace, of_one_generation
from models import gates
from models.experiment import SHADOW, Arm, Experiment, require_arm_name
from models.gates import Refused
from models.registry import Registry
from models.version import CANARY, CHAMPION, GateResult, Version

TESTED: Final = ("churn", "recommendation", "demand")
"""The kinds whose predictions are logged: of others nothing could be compared."""
_FOR_SHADOWS: Final = (gates.SIGNATURE, gates.GOLDEN, gates.SEAL)


@dataclass(frozen=True)
class Change:
    """What was done to an experiment, and what runs now."""

    text: str
    kind: str
    experiment: Experiment | None
    gates: tuple[GateResult, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        arms = [asdict(arm) | {"percent": arm.percent} for arm in self.experiment.arms] if self.experiment else []
        return {"model": self.kind, "text": self.text, "arms": arms, "gates": [gate.as_dict() for gate in self.gates]}


@of_one_generation
def begin(
    workspace: Workspace,
    kind_name: str,
    name: str,
    who: str,
    *,
    arm: str = CANARY,
    percent: float | None = None,
    shadow: bool = False,
) -> Change:
    """Let a version (number or alias) answer a share of subjects, or with `shadow` be scored beside the champion.

    `percent` None: as the arm has it, else `variants.canary_percent`. An arm of that name goes over to the version, and
    keeps who it has.

    Raises:
        Refused: a gate other than quality refused (exit 3).
        NotReady: there is no champion to compare with.
        UsageError: no such version, it is champion, another arm has it, or a name or share that may not be.
    """
    if kind_name not in TESTED:
        raise UsageError(f"{kind_name} takes no canary", why=f"answers of {', '.join(TESTED)} alone are logged")
    if shadow and percent is not None:
        raise UsageError("a shadow answers nobody", todo="leave --percent or --shadow away")
    arm = SHADOW if shadow and arm == CANARY else arm
    require_arm_name(arm, shadow=shadow)
    registry = Registry(workspace)
    version, champion = registry.version(kind_name, name), registry.find(kind_name, CHAMPION)
    _refuse_without_rival(version, champion)
    judged = tuple(gates.judge_and_keep(workspace, version, registry))
    failed = [gate for gate in judged if not gate.passed and _counts(gate, shadow=shadow)]
    if failed:
        details = {"arm": arm, "gates": [gate.as_dict() for gate in judged]}
        AuditLog(workspace).append("canary refused", who, version.subject, details)
        todo = f"regulars approve {kind_name} {version.version} --reason TEXT" if all(
            gate.reviewable for gate in failed) else f"train another one: regulars train {kind_name}"  # fmt: skip
        raise Refused(f"{version} gets no traffic", failed, todo)
    with _alone(workspace, kind_name):
        running = registry.experiment(kind_name) or Experiment.begin(champion.version if champion else "")
        _refuse_twice(running, arm, version)
        held = running.arm(arm)
        share = 0.0 if shadow else percent if percent is not None else _share(workspace, held)
        made = running.with_arm(arm, version.version, share)
        AuditLog(workspace).append("canary", who, version.subject, {"arm": arm, "percent": share, "salt": made.salt})
        registry.set_alias(kind_name, arm, version.version)
        registry.set_experiment(kind_name, made)
    does = (
        "is scored in the champion's shadow"
        if shadow
        else f"answers {share:g} percent of {'series' if kind_name == 'demand' else 'customers'}"
    )
    return Change(f"{version} {does}, as {arm}", kind_name, made, judged)


def end(workspace: Workspace, kind_name: str, who: str, arm: str | None = None, reason: str = "") -> Change:
    """End an arm (None: the whole experiment); the champion answers those it had.

    Raises:
        NotReady: there is no experiment.
        UsageError: it has no such arm.
    """
    reason, registry = reason_if_given(reason), Registry(workspace)
    running = registry.experiment(kind_name)
    if running is None:
        raise NotReady(f"no {kind_name} experiment runs", todo=f"begin one: regulars canary {kind_name} VERSION")
    names = [each.name for each in running.arms]
    if arm is not None and arm not in names:
        raise UsageError(f"there is no arm {arm!r}", why=f"there are: {', '.join(names)}")
    ended = _end(registry, kind_name, who, [arm] if arm else names, reason)
    return Change(f"ended: {', '.join(ended)}; the champion answers", kind_name, registry.experiment(kind_name))


def end_experiment(registry: Registry, kind_name: str, who: str, reason: str) -> list[str]:
    """End every arm, if there are any; gives their names."""
    running = registry.experiment(kind_name)
    return _end(registry, kind_name, who, [arm.name for arm in running.arms], reason) if running else []


def end_arms_of(registry: Registry, version: Version, who: str, reason: str) -> list[str]:
    """End the arms that a version has, if it has any; gives their names."""
    running = registry.experiment(version.kind)
    names = [arm.name for arm in running.arms if arm.version == version.version] if running else []
    return _end(registry, version.kind, who, names, reason)


def _end(registry: Registry, kind_name: str, who: str, names: Iterable[str], reason: str) -> list[str]:
    ended = []
    with _alone(registry.workspace, kind_name):
        running = registry.experiment(kind_name)
        for arm in [running.arm(name) for name in names] if running else []:
            if arm is None or running is None:
                continue
            details = {"arm": arm.name, "percent": arm.percent, "reason": reason}
            AuditLog(registry.workspace).append("canary ended", who, f"{kind_name}/{arm.version}", details)
            running = running.without(arm.name)
            registry.set_experiment(kind_name, running)
            registry.drop_alias(kind_name, arm.name)
            ended.append(arm.name)
    return ended


def _counts(gate: GateResult, *, shadow: bool) -> bool:
    """Whether a gate decides: a shadow only has to be what was trained, and answer as then."""
    return gate.name in _FOR_SHADOWS if shadow else gate.name != gates.QUALITY


def _refuse_without_rival(version: Version, champion: Version | None) -> None:
    if champion is None:
        raise NotReady(
            f"there is no {version.kind} champion to compare {version} with",
            todo=f"run: regulars promote {version.kind} {version.version}",
        )
    if champion.version == version.version:
        raise UsageError(f"{version} is champion: it answers everybody", todo="give another version")


def _refuse_twice(running: Experiment, arm: str, version: Version) -> None:
    for other in running.arms:
        if other.version == version.version and other.name != arm:
            raise UsageError(
                f"{version} is an arm already, {other.name}",
                why="what came of its answers is told by version",
                todo=f"end it first: regulars canary {version.kind} --stop --name {other.name}",
            )


def _share(workspace: Workspace, held: Arm | None) -> float:
    return held.percent if held and not held.shadow else workspace.settings.variants.canary_percent


def _alone(workspace: Workspace, kind_name: str) -> Any:
    """Two who change one experiment at once must not lose what the other did."""
    return locks.waiting(workspace.models_dir / kind_name / "experiment.lock")
