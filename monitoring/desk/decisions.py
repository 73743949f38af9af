"""A reviewer's decision, as the form sends it."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import FormData

from core.errors import UsageError
from core.workspace import Workspace
from models import release
from models.gates import evidence, judge_and_keep
from models.registry import Registry


@dataclass(frozen=True)
class Wanted:
    """What the form asks for; `evidence` names the fairness measurement that the reviewer saw."""

    kind: str
    version: str
    verdict: str
    reason: str
    evidence: str

    @classmethod
    def of(cls, kind: str, version: str, form: FormData) -> Wanted:
        """Read the form."""
        values = {name: str(form.get(name, "")).strip() for name in ("verdict", "reason", "evidence")}
        return cls(kind, version, **values)


def decide(workspace: Workspace, wanted: Wanted, who: str) -> str:
    """Record the decision; returns it in words.

    Raises:
        UsageError: no reason, no such verdict, or the fairness was measured anew since the page was opened.
        GateRefused: the reviewer may not decide on this version.
    """
    if wanted.verdict not in ("approve", "refuse"):
        raise UsageError(f"there is no verdict {wanted.verdict!r}", todo="approve or refuse")
    registry = Registry(workspace)
    version = registry.version(wanted.kind, wanted.version)
    if wanted.evidence != evidence(registry.fairness(version)):
        raise UsageError("fairness was measured anew since you opened this page", todo="look again, then decide")
    act = release.approve if wanted.verdict == "approve" else release.refuse
    text = act(workspace, wanted.kind, version.version, who, wanted.reason).text
    judge_and_keep(workspace, version, registry)
    return text
