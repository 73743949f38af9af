"""A training that is not made twice: what a retry, or a second scheduler, finds of one that was made or begun.

A version is whole once it is sealed and its gates are judged. One that is sealed only was left by a process that
died before judging it, and is judged now; one that is not sealed yet is no version to go on with, and the training is
made anew.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from core import shared_lock
from core.progress import current
from core.provenance import code_version
from core.workspace import Workspace
from models import gates, version_seal
from models.kinds import kind
from models.registry import Registry
from models.registry_place import exists
from models.version import Version
from training.outcome import Trained


def train(
    workspace: Workspace, name: str, as_of: date, make: Callable[[], Trained], judge: Callable[[Version], object]
) -> Trained:
    """`make` a version, unless there is one of the same date, data, seed and release; others that ask wait.

    `judge` measures a version's fairness.
    """
    with shared_lock.trying(workspace, f"training-{name}", 0) as is_alone:
        if is_alone:
            return _once(workspace, name, as_of, make, judge)
    current().step(f"another training of {name} runs; waiting until it has ended")
    with shared_lock.waiting(workspace, f"training-{name}"):
        return _once(workspace, name, as_of, make, judge)


def _once(
    workspace: Workspace, name: str, as_of: date, make: Callable[[], Trained], judge: Callable[[Version], object]
) -> Trained:
    found = _found(workspace, name, as_of)
    if found is None:
        return make()
    registry = Registry(workspace)
    if registry.fairness(found) is None:
        judge(found)
    if not found.gates:
        current().step(f"judging {found} at the gates")
        gates.judge_and_keep(workspace, found, registry)
    return Trained(registry.version(name, found.version), 0.0, is_new=False)


def _found(workspace: Workspace, name: str, as_of: date) -> Version | None:
    """The newest sealed version of what a training would be made of now."""
    if not exists(workspace):
        return None
    registry = Registry(workspace)
    meant = {
        "as_of": as_of.isoformat(),
        "data_digest": workspace.tables.digest(before=as_of),
        "seed": str(workspace.settings.seed),
        "code_version": code_version(),
    }
    same = (
        each
        for each in registry.versions(kind(name).name)
        if all(each.tags.get(tag) == value for tag, value in meant.items())
    )
    sealed = [each for each in same if version_seal.look(registry, each).whole]
    return max(sealed, key=lambda each: int(each.version), default=None)
