"""What the commands that write whom to contact share: where the file lies, and who was left out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from core.workspace import Workspace
    from pipelines.cli.console import Console

FOLDER = "lists"
SuppressOption = Annotated[
    Path | None,
    typer.Option(
        "--suppress", metavar="FILE", help="Ids never to contact, beside contacts.suppress.", show_default=False
    ),
]


def list_file(workspace: Workspace, given: Path | None, name: str) -> Path:
    """The file that was named, else one of this name in the workspace's folder of lists, which is made."""
    if given is not None:
        return given
    folder = workspace.root / FOLDER
    folder.mkdir(exist_ok=True)
    return folder / name


def say_left_out(console: Console, left_out: Mapping[str, int]) -> None:
    """A line per reason that left anybody out."""
    for reason, count in left_out.items():
        if count:
            console.print(f"left out: {count:,} {reason.replace('_', ' ')}")
