"""Everything that the audit log answers for: its chain, and each version and monitoring run beside its seal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.audit import AuditLog, Verification
from core.errors import RegularsError, UsageError
from core.seals import Seal, Seals
from core.workspace import Workspace
from models import registry_tables, version_seal
from models.kinds import names
from models.version import Version
from models.version_seal import SealStanding
from monitoring import run_seal


@dataclass(frozen=True)
class Walk:
    """What was found: `problems` (subject, words), what nobody has `sealed` yet, how much was looked at."""

    chain: Verification
    problems: tuple[tuple[str, str], ...]
    unsealed: tuple[str, ...]
    versions: int
    runs: int

    @property
    def intact(self) -> bool:
        """Whether the chain holds and all is as it was sealed."""
        return self.chain.intact and not self.problems

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        chain = {name: getattr(self.chain, name) for name in ("entries", "head", "broken", "reason", "kept")}
        problems = [{"subject": subject, "problem": text} for subject, text in self.problems]
        return chain | {
            "ok": self.intact,
            "problems": problems,
            "not_sealed": list(self.unsealed),
            "versions": self.versions,
            "monitoring_runs": self.runs,
        }


def walk(workspace: Workspace, kept_head: str | None = None, *, files: bool = True) -> Walk:
    """Verify the chain, then compare every version and run with its seal; without `files` in seconds, by tags and rows.

    Raises:
        UsageError: `kept_head` is no head.
        StoreError: the database or the registry does not answer.
    """
    log = AuditLog(workspace)
    chain, seals = log.verify(kept_head), Seals(workspace).all()
    trained = {entry.subject for entry in log.entries() if entry.action == "train"}
    problems: list[tuple[str, str]] = []
    unsealed: list[str] = []
    versions = [version for kind in names() for version in registry_tables.versions(workspace, kind)]
    for version, standing in _standings(workspace, versions, seals, files=files):
        problems += [(version.subject, text) for text in standing.problems]
        if version.subject not in trained:
            problems.append((version.subject, "the log tells nothing of its training: it was cut, or deleted whole"))
        if not standing.whole:
            unsealed.append(version.subject)
    there = {version.subject for version in versions}
    gone = [of for of, seal in seals.items() if of.partition("/")[0] in names() and seal.items and of not in there]
    problems += [(of, "the version is gone from the registry") for of in gone]
    runs = run_seal.look(workspace, seals)
    problems += [(run_seal.name(run.number), text) for run in runs for text in run.problems]
    unsealed += [run_seal.name(run.number) for run in runs if not run.sealed and not run.problems]
    return Walk(chain, tuple(problems), tuple(unsealed), len(versions), len(runs))


def seal(workspace: Workspace, who: str, reason: str, model: str | None = None, name: str | None = None) -> list[str]:
    """Seal one version as it is now, or all that nobody has sealed yet; returns what was sealed.

    Raises:
        UsageError: no such version.
    """
    from models.registry import Registry  # MLflow

    registry = Registry(workspace)
    if model is not None:
        version = registry.version(model, name or "challenger")
        version_seal.seal(registry, version, who, reason)
        return [version.subject]
    found = walk(workspace, files=False)
    for subject in found.unsealed:
        kind, _, number = subject.partition("/")
        if kind in names():
            version_seal.seal(registry, registry.version(kind, number), who, reason)
        else:
            run_seal.seal(workspace, int(number), who, reason)
    if not found.unsealed:
        raise UsageError("everything is sealed", todo="to seal one version anew, name it: regulars audit seal MODEL N")
    return list(found.unsealed)


def _standings(
    workspace: Workspace, versions: Sequence[Version], seals: Mapping[str, Seal], *, files: bool
) -> list[tuple[Version, SealStanding]]:
    if not versions or not files:
        return [(v, version_seal.look_at_tags(seals.get(v.subject, Seal()), v)) for v in versions]
    from models.registry import Registry  # MLflow

    registry = Registry(workspace)
    return [(version, _with_files(registry, version, seals.get(version.subject, Seal()))) for version in versions]


def _with_files(registry: Any, version: Version, sealed: Seal) -> SealStanding:
    try:
        return version_seal.look_at_all(registry, version, sealed)
    except RegularsError as error:
        return SealStanding(sealed.whole, (str(error),))
