"""`regulars audit verify|head|seal`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import JsonOption, WorkspaceOption

if TYPE_CHECKING:
    from core.workspace import Workspace
    from pipelines.audit_walk import Walk
    from pipelines.cli.console import Console


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="The audit log: who released what, and why.", no_args_is_help=True)
    group.callback()(_group)
    group.command("verify")(verify)
    group.command("head")(head)
    group.command("seal")(seal)
    app.add_typer(group, name="audit")


def _group() -> None:
    """The audit log: who released what, and why."""


def verify(
    head: Annotated[
        str | None,
        typer.Option(metavar="HEAD", help="A head printed earlier and kept elsewhere.", show_default=False),
    ] = None,
    evidence: Annotated[
        Path | None,
        typer.Option("--evidence", help="An archive of regulars export evidence, to be checked.", show_default=False),
    ] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Check the chain and every seal: what was changed, taken away or added is named; print the head."""
    from core.workspace import Workspace
    from pipelines import audit_walk
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        if evidence is not None:
            _check_archive(console, Workspace.open(workspace), evidence)
            return
        found = audit_walk.walk(Workspace.open(workspace), head)
        for subject, problem in found.problems:
            console.print(f"FAIL  {subject:18} {problem}")
        for subject in found.unsealed:
            console.print(f"      {subject:18} not sealed: an earlier release made it")
        console.print(f"head: {found.chain.head}")
        console.finish(_said(found), _next(found), found.as_dict())
        if not found.intact:
            raise SystemExit(1)


def _check_archive(console: Console, workspace: Workspace, archive: Path) -> None:
    from pipelines import evidence_archive

    subject, wrong = evidence_archive.problems(workspace, archive)
    for problem in wrong:
        console.print(f"FAIL  {problem}")
    text = f"the evidence of {subject} is {'not ' if wrong else ''}as it was exported"
    next_step = "take the copy that was kept elsewhere, or export it again" if wrong else "regulars audit verify"
    console.finish(text, next_step, {"ok": not wrong, "subject": subject, "problems": wrong})
    if wrong:
        raise SystemExit(1)


def head(
    accept: Annotated[
        bool, typer.Option("--accept", help="Go on from the log as it is, as after a restored backup.")
    ] = False,
    reason: Annotated[str, typer.Option("--reason", help="With --accept: why; it stays in the audit log.")] = "",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Print the head of the log, to be kept where the database's administrator can't write."""
    from core.audit import AuditLog, person
    from core.reasons import reason_given
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        log = AuditLog(Workspace.open(workspace))
        found = log.accept_head(person(), reason_given(reason)) if accept else log.head()
        console.print(found)
        console.finish("", "keep it elsewhere; later: regulars audit verify --head HEAD", {"head": found})


def seal(
    model: Annotated[str | None, typer.Argument(help="A model; left away: all that is not sealed.")] = None,
    version: Annotated[str | None, typer.Argument(help="The number of a version, or an alias.")] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why; it stays in the audit log.", show_default=False)] = "",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Seal what an earlier release made, or what was restored, as it is now: look at it first."""
    from core.audit import person
    from core.reasons import reason_given
    from core.workspace import Workspace
    from pipelines import audit_walk
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        said = reason_given(reason)
        sealed = audit_walk.seal(Workspace.open(workspace), person(), said, model, version)
        console.finish(f"sealed as it is now: {', '.join(sealed)}", "regulars audit verify", {"sealed": sealed})


def _said(found: Walk) -> str:
    if not found.chain.intact:
        return f"the audit log is broken at entry {found.chain.broken}: {found.chain.reason}"
    if found.problems:
        subjects = len({subject for subject, _ in found.problems})
        return f"{subjects} of what the log answers for {'is' if subjects == 1 else 'are'} not as it was sealed"
    text = f"{found.chain.entries:,} entries, all as they were written"
    text += f"; {found.versions} versions and {found.runs} monitoring runs looked at"
    return text + (f", {len(found.unsealed)} of them not sealed" if found.unsealed else "")


def _next(found: Walk) -> str:
    if not found.chain.intact:
        return (
            "compare the database with a backup from before that entry; what comes after it proves nothing. "
            "After a restored backup: regulars audit head --accept --reason TEXT"
        )
    if found.problems:
        return "find out who changed it; restore it from a backup, or train another version"
    if found.unsealed:
        return "look at what is not sealed, then: regulars audit seal --reason TEXT"
    return "keep the head elsewhere; later: regulars audit verify --head HEAD"
