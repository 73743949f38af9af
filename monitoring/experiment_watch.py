"""Looks after experiments: ends an arm that is certainly worse, and says when one may become champion.

Only a person, or `regulars promote`, makes a champion; taking a worse version away needs nobody.
"""

from __future__ import annotations

from core import shared_lock
from core.alerts import Alerts
from core.messages import Message
from core.workspace import Workspace
from models import experiment_looks, experiment_release, gates
from models.experiment import Arm, Experiment
from models.registry import Registry
from monitoring.served import live_comparison

SOURCE = "experiments"
WHO = "monitoring"
LOCK = "experiment-watch"


def look(workspace: Workspace) -> None:
    """Judge every arm of every experiment, one process after the other: what one has ended the next does not find.

    Raises:
        StoreError: a store does not answer.
    """
    with shared_lock.waiting(workspace, LOCK):
        _look(workspace)
    experiment_looks.remember(workspace)


def _look(workspace: Workspace) -> None:
    registry, better = Registry(workspace), set()
    for kind in experiment_release.TESTED:
        running = registry.experiment(kind)
        for arm in running.arms if running else ():
            if running and _judge(workspace, registry, kind, running, arm):
                better.add(_subject(kind, arm))
    alerts = Alerts(workspace)
    for alert in alerts.open():
        if alert.source == SOURCE and alert.message.code == "alert.arm_better" and alert.subject not in better:
            alerts.close(SOURCE, alert.subject, by=SOURCE)


def _judge(workspace: Workspace, registry: Registry, kind: str, running: Experiment, arm: Arm) -> bool:
    """Whether the arm is certainly better; one that may answer no longer is ended."""
    version = registry.version(kind, arm.version)
    found = live_comparison.compare(workspace, kind, arm.version, running.champion)
    why = "; ".join(gate.text for gate in gates.bars(registry, version)) if not arm.shadow else ""
    if not why and workspace.settings.variants.stop_worse and arm.version in (found.worse, found.harmed):
        why = found.verdict
    if why and not arm.shadow:
        experiment_release.end(workspace, kind, WHO, arm.name, why)
        values = {"model": kind, "version": arm.version, "arm": arm.name, "reason": why}
        Alerts(workspace).append("moderate", SOURCE, _subject(kind, arm), Message("alert.arm_ended", values), kind)
        return False
    if found.worse != running.champion or found.harmed == arm.version:
        return False
    values = {"model": kind, "version": arm.version, "arm": arm.name, "reason": found.verdict}
    Alerts(workspace).append("info", SOURCE, _subject(kind, arm), Message("alert.arm_better", values), kind)
    return True


def _subject(kind: str, arm: Arm) -> str:
    return f"{kind}/{arm.version} as {arm.name}"
