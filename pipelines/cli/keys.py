"""`regulars keys create|list|revoke`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import JsonOption, WorkspaceOption

if TYPE_CHECKING:
    from datetime import datetime

RIGHTS = "predict, customers, feedback, events, review or admin"


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="API keys of the service and the review desk.", no_args_is_help=True)
    group.command("create")(create)
    group.command("list")(show)
    group.command("revoke")(revoke)
    app.add_typer(group, name="keys")


def create(
    name: Annotated[str, typer.Argument(help="Whose key it is; logs name it.", show_default=False)],
    right: Annotated[
        list[str], typer.Option("--right", help=f"{RIGHTS}; may be given several times.", show_default=False)
    ],
    expires: Annotated[
        str | None, typer.Option(metavar="DATE", help="First day it no longer counts (UTC).", show_default=False)
    ] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Make a key; its token is shown once."""
    from core.keys import KeyStore
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        keys = KeyStore(Workspace.open(workspace))
        token = keys.create(name, right, _moment(expires))
        console.print(token)
        console.finish(
            "this is the only time the key is shown",
            "send it as: Authorization: Bearer KEY",
            {"name": name, "token": token, "rights": sorted(set(right)), "expires": expires},
        )


def show(workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """List the keys, without their tokens."""
    from core.keys import KeyStore
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        keys = KeyStore(Workspace.open(workspace)).list()
        rows = [
            {
                "name": key.name,
                "rights": ", ".join(sorted(key.rights)),
                "state": key.state(),
                "created": f"{key.created_at:%Y-%m-%d}",
                "expires": f"{key.expires_at:%Y-%m-%d}" if key.expires_at else None,
            }
            for key in keys
        ]
        console.table(("name", "rights", "state", "created", "expires"), [tuple(row.values()) for row in rows])
        console.finish(
            f"{len(rows)} key{'' if len(rows) == 1 else 's'}",
            "" if rows else "regulars keys create NAME --right predict",
            {"keys": rows},
        )


def revoke(
    name: Annotated[str, typer.Argument(help="The key's name.", show_default=False)],
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Make a key invalid from now on."""
    from core.keys import KeyStore
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        key = KeyStore(Workspace.open(workspace)).revoke(name)
        console.finish(f"{key.name!r} is revoked", "", {"name": key.name, "state": key.state()})


def _moment(expires: str | None) -> datetime | None:
    from core import utc
    from core.errors import UsageError

    if expires is None:
        return None
    try:
        return utc.parse(expires)
    except ValueError:
        raise UsageError(f"--expires {expires!r} is not a date", todo="write it as YYYY-MM-DD") from None
