"""`regulars schedule`: entries for cron, systemd or Kubernetes, printed or installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import JsonOption, WorkspaceOption

if TYPE_CHECKING:
    from collections.abc import Mapping


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(schedule)


def schedule(
    form: Annotated[str, typer.Option("--format", metavar="cron|systemd|kubernetes", help="For which.")] = "cron",
    at: Annotated[str, typer.Option("--time", metavar="HH:MM", help="When the night's work begins.")] = "04:30",
    train: Annotated[
        list[str] | None,
        typer.Option(
            help="Train this model each Sunday, two hours later; may be given several times.", metavar="MODEL"
        ),
    ] = None,
    act: Annotated[bool, typer.Option("--act", help="Monitor with --act: train where the rules request it.")] = False,
    *,
    image: Annotated[str, typer.Option(help="kubernetes: the image.")] = "regulars",
    claim: Annotated[str, typer.Option(help="kubernetes: the claim of the volume with the workspace.")] = "shop",
    install: Annotated[
        bool, typer.Option("--install", help="Put them into your crontab, or your systemd units, and begin.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Install without being asked.")] = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Print what runs by the clock: each night ingest, materialize and monitor; on Sundays trainings, if you name them.

    Nothing is changed without --install. A job waits up to six hours for another of the same workspace, stops at the
    first step that fails, and ends with its exit code.
    """
    import yaml

    from core.errors import UsageError, did_you_mean
    from core.workspace import Workspace
    from models.kinds import require_name
    from pipelines import timetable
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        opened = Workspace.open(workspace)
        if form not in timetable.FORMATS:
            raise UsageError(f"there is no format {form!r}", todo=did_you_mean(form, timetable.FORMATS))
        if install and form == "kubernetes":
            raise UsageError("--install is for cron and systemd", todo="send it yourself: ... | kubectl apply -f -")
        for model in train or []:
            require_name(model)
        root, regulars, zone = opened.root.resolve(), _program(), opened.tables.timezone
        jobs = timetable.jobs(at, train or [], act)
        if form == "cron":
            files = {"crontab": timetable.cron(jobs, regulars, root)}
        elif form == "systemd":
            files = dict(timetable.systemd(jobs, regulars, root, zone))
        else:
            documents = timetable.kubernetes(jobs, zone, image, claim)
            files = {"cronjobs.yaml": yaml.safe_dump_all(documents, sort_keys=False, width=1000)}
        for name, text in files.items():
            console.print(f"# {name}\n{text}" if form == "systemd" else text.rstrip("\n"))
        done = install and (yes or _agreed(json))
        if done:
            _install_cron(files["crontab"], root) if form == "cron" else _install_units(files)
        text = "installed" if done else "nothing was changed"
        data = {"format": form, "files": files, "installed": done}
        if json or install:
            console.finish(text, "regulars status", data)
        else:
            console.note(f"{text}: take it from here, or add --install")


def _program() -> str:
    """The absolute path of the program that runs."""
    here = Path(sys.argv[0])
    found = str(here) if here.name == "regulars" and here.exists() else shutil.which("regulars")
    return str(Path(found or Path(sys.executable).parent / "regulars").absolute())


def _agreed(as_json: bool) -> bool:
    """Whether the person wants it; nobody to ask says no.

    Raises:
        UsageError: with `--json` nobody can be asked.
    """
    from core.errors import UsageError

    if as_json or not sys.stdin.isatty():
        raise UsageError("nobody can be asked whether to install", todo="add --yes")
    return typer.confirm("install this?")


def _install_cron(block: str, root: Path) -> None:
    """Put the block into the person's crontab, in the place of an earlier one of the same workspace."""
    from pipelines import timetable

    before = _run(["crontab", "-l"], may_fail=True)
    _run(["crontab", "-"], timetable.replaced(before, block, root))


def _install_units(files: Mapping[str, str]) -> None:
    """Write the units of the person's own systemd, and start the timers."""
    folder = Path.home() / ".config" / "systemd" / "user"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    _run(["systemctl", "--user", "daemon-reload"])
    _run(["systemctl", "--user", "enable", "--now", *(name for name in files if name.endswith(".timer"))])


def _run(command: list[str], given: str = "", may_fail: bool = False) -> str:
    """What a program of the system says.

    Raises:
        NotReady: there is none, or it refused.
    """
    from core.errors import NotReady

    if shutil.which(command[0]) is None:
        raise NotReady(f"{command[0]} is not installed here", todo="take what is printed without --install")
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode and not may_fail:
        raise NotReady(
            f"{' '.join(command)} refused", why=(done.stderr.strip().splitlines() or ["no reason given"])[-1]
        )
    return done.stdout if not done.returncode else ""
