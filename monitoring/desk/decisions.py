"""A reviewer's decision, as the form sends it."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import FormData

from core.actors import Actor
from core.errors import UsageError
from core.workspace import Workspace
from models import release
from models.gates import judge_and_keep
from models.registry import Registry


@dataclass(frozen=True)
class Wanted:
    """What the form asks for; `state` names what the reviewer saw (`Version.state`)."""

    kind: str
    version: str
    verdict: str
    reason: str
    state: str

    @classmethod
    def of(cls, kind: str, version: str, form: FormData) -> Wanted:
        """Read the form."""
        values = {name: str(form.get(name, "")).strip() for name in ("verdict", "reason", "state")}
        return cls(kind, version, **values)


def decide(workspace: Workspace, wanted: Wanted, who: Actor) -> str:
    """Record the decision; returns it in words.

    Raises:
        UsageError: no reason, no such verdict, or something moved since the page was opened.
        GateRefused: the reviewer may not decide on this version.
    """
    if wanted.verdict not in ("approve", "refuse"):
        raise UsageError(f"there is no verdict {wanted.verdict!r}", todo="approve or refuse")
    registry = Registry(workspace)
    act = release.approve if wanted.verdict == "approve" else release.refuse
    text = act(workspace, wanted.kind, wanted.version, who, wanted.reason, state=wanted.state).text
    judge_and_keep(workspace, registry.version(wanted.kind, wanted.version), registry)
    return text
