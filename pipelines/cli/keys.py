"""`regulars keys create|list|rotate|revoke`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import JsonOption, WorkspaceOption

if TYPE_CHECKING:
    from datetime import datetime

RIGHTS = "predict, customers, feedback, events, review, privacy or admin"


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="API keys of the service and the review desk.", no_args_is_help=True)
    group.command("create")(create)
    group.command("list")(show)
    group.command("rotate")(rotate)
    group.command("revoke")(revoke)
    app.add_typer(group, name="keys")


def create(
    name: Annotated[str, typer.Argument(help="Whose key it is; logs name it.", show_default=False)],
    right: Annotated[
        list[str], typer.Option("--right", help=f"{RIGHTS}; may be given several times.", show_default=False)
    ],
    expires: Annotated[
        str | None,
        typer.Option(
            metavar="DATE|DAYS", help="Last day it counts (UTC), or a time such as 90d from now.", show_default=False
        ),
    ] = None,
    *,
    per_second: Annotated[
        float | None,
        typer.Option(
            min=0.01, help="Requests a second it may send [default: serving.key_per_second].", show_default=False
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Make a key; its token is shown once."""
    from core.actors import KEY_VARIABLE
    from core.keys import KeyStore
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        until = _moment(expires)
        keys = KeyStore(Workspace.open(workspace))
        token = keys.create(name, right, until, per_second, by=os.environ.get(KEY_VARIABLE))
        console.print(token)
        console.finish(
            "this is the only time the key is shown",
            "send it as: Authorization: Bearer KEY",
            {
                "name": name,
                "token": token,
                "rights": sorted(set(right)),
                "expires": _text(until),
                "per_second": per_second,
            },
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
                "expires": _text(key.expires_at),
                "per_second": key.per_second,
                "old_token_until": _text(key.previous_until),
            }
            for key in keys
        ]
        titles = ("name", "rights", "state", "created", "expires", "per second", "old token until")
        console.table(titles, [tuple(row.values()) for row in rows])
        console.finish(
            f"{len(rows)} key{'' if len(rows) == 1 else 's'}",
            "" if rows else "regulars keys create NAME --right predict",
            {"keys": rows},
        )


def rotate(
    name: Annotated[str, typer.Argument(help="The key's name.", show_default=False)],
    overlap: Annotated[
        str, typer.Option(metavar="TIME", help="How long the token before opens, too: 7d, 12h, 30m, 0d.")
    ] = "7d",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Give a key another token; the one before lives on for a while, so that nobody is locked out meanwhile."""
    from core.keys import KeyStore
    from core.workspace import Workspace
    from pipelines.cli.console import Console
    from pipelines.cli.times import duration

    with Console(json).running() as console:
        lasts = duration(overlap, "--overlap")
        token = KeyStore(Workspace.open(workspace)).rotate(name, lasts)
        console.print(token)
        console.finish(
            f"this is the only time the new token of {name!r} is shown; the one before opens for {overlap} more",
            "put it in its place, then look whether anything still fails: regulars keys list",
            {"name": name, "token": token, "overlap_seconds": lasts.total_seconds()},
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
    """When a key that counts up to and with a day, or for so long, ends."""
    from datetime import date, timedelta

    from core import utc
    from core.errors import UsageError
    from pipelines.cli.times import UNITS, duration

    if expires is None:
        return None
    if expires[-1:] in UNITS and expires[:-1].isdigit():
        return utc.now() + duration(expires, "--expires")
    try:
        date.fromisoformat(expires)
        return utc.parse(expires) + timedelta(days=1)
    except ValueError:
        pass
    try:
        return utc.parse(expires)
    except ValueError:
        todo = "write it as YYYY-MM-DD, the last day on which the key counts, or as a time from now: 90d"
        raise UsageError(f"--expires {expires!r} is not a date", todo=todo) from None


def _text(at: datetime | None) -> str | None:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else None
