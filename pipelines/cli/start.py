"""`regulars start`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import JsonOption

if TYPE_CHECKING:
    from pipelines.cli.console import Console
    from pipelines.sources.doubts import Doubt
    from pipelines.start import Started
    from pipelines.start.questions import Ask

DIRECTORY = Path("shop")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(start)


def start(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="What the shop's system exported: one file, or several.")
    ],
    into: Annotated[Path, typer.Option(metavar="DIR", help="The workspace to make, or to go on with.")] = DIRECTORY,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Take the most likely answer to every question.")] = False,
    json: JsonOption = False,
) -> None:
    """From the export of a shop system to models that answer: nothing to edit, nothing to train by hand.

    Looks at the file, asks what it can't tell, takes the orders in, trains what they allow, and ends with how good
    each model was on the shop's own past. Stopped half-way, the same command goes on.
    """
    from pipelines import start as the_start
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        started = the_start.start(files, into, _asking(yes))
        _show(console, started)
        serve = f"regulars serve --workspace {into}"
        later = "export more history over the same files, then run the same command again"
        count = f"{len(started.models)} of {len(started.models) + len(started.refused)} models trained"
        console.finish(
            f"{count}; what was understood: {started.page}", serve if started.models else later, started.as_dict()
        )


def _asking(yes: bool) -> Ask:
    from pipelines.start import questions

    if yes:
        return questions.likely
    return _prompt if sys.stdin.isatty() else questions.refuse


def _prompt(doubt: Doubt) -> str:
    print(f"{doubt.asks}\n  most likely {doubt.likely}: {doubt.because}", file=sys.stderr)
    print(f"  [{doubt.likely}] ", end="", file=sys.stderr, flush=True)
    return input()


def _show(console: Console, started: Started) -> None:
    from pipelines.start import accuracy

    console.table(("what was understood", ""), started.understood.rows())
    console.print()
    for name, outcome in started.models.items():
        console.print(f"{name}: {accuracy.in_words(outcome.version)}")
        if not outcome.promoted:
            console.print(f"  not in service: {outcome.text}")
    for name, why in started.refused.items():
        console.print(f"{name}: not possible yet: {why}")
    for each in started.lists:
        console.print()
        console.table(each.header, each.rows, each.title)
        console.print(f"all of them: {each.file}")
    console.print(f"key for the service: {started.key_file}")
    console.print()
