"""`regulars identity review|show`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import JsonOption, WorkspaceOption

if TYPE_CHECKING:
    from core.workspace import Workspace
    from pipelines.cli.console import Console
    from pipelines.identity.pairs import LikelyPair

PairOption = Annotated[
    list[str] | None,
    typer.Option(metavar="PAIR", help="A pair's name in the list, or two ids: 4711,4712.", show_default=False),
]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Which ids are one customer, and what a person decides of it.", no_args_is_help=True)
    group.callback()(_group)
    group.command("review")(review)
    group.command("show")(show)
    app.add_typer(group, name="identity")


def _group() -> None:
    """Which ids are one customer, and what a person decides of it."""


def review(
    *,
    same: PairOption = None,
    apart: PairOption = None,
    undo: PairOption = None,
    n: Annotated[int, typer.Option("--n", min=1, help="How many pairs to show.")] = 20,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """List the pairs of ids that may be one customer, and decide: --same, --apart, --undo; in a terminal one by one.

    What is decided holds from the next ingest on, before anything that was found, and can be taken back.
    """
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        from pipelines.identity import reviewing

        space = Workspace.open(workspace)
        done = [("same", reviewing.decide(space, pair, "same")) for pair in same or ()]
        done += [("apart", reviewing.decide(space, pair, "apart")) for pair in apart or ()]
        done += [("taken back", reviewing.undo(space, pair)) for pair in undo or ()]
        left = reviewing.doubtful(space)
        if done:
            said = "; ".join(f"{one} and {other}: {what}" for what, (one, other) in done)
            shown = {"decided": [{"pair": nodes, "decision": what} for what, nodes in done], "left": len(left)}
            console.finish(f"{said}; {len(left):,} pairs are doubtful", "regulars ingest", shown)
        elif sys.stdin.isatty() and not json and left:
            _ask(console, space, left)
        else:
            _list(console, space, left, n)


def _list(console: Console, space: Workspace, left: list[LikelyPair], n: int) -> None:
    from pipelines.identity import reviewing

    rows = [(pair.id, pair.one, pair.other, _probability(pair), reviewing.in_words(pair)) for pair in left[:n]]
    console.table(("pair", "id", "and", "probability", "evidence"), rows)
    decided = reviewing.decided(space)
    step = f"regulars identity review --same {left[0].id}, or --apart {left[0].id}" if left else ""
    pairs = [{**asdict(pair), "pair": pair.id} for pair in left[:n]]
    text = f"{len(left):,} pairs are doubtful, {len(decided):,} are decided"
    console.finish(text, step, {"doubtful": len(left), "pairs": pairs, "decided": [asdict(one) for one in decided]})


def _ask(console: Console, space: Workspace, left: list[LikelyPair]) -> None:
    """One pair after the other, until somebody stops."""
    from pipelines.identity import reviewing

    decided = 0
    for pair in left:
        console.print(f"{pair.one} and {pair.other}: {reviewing.in_words(pair)} (probability {_probability(pair)})")
        answer = typer.prompt("one customer? (y)es, (n)o, (l)ater, (q)uit", default="l").strip().lower()[:1]
        if answer == "q":
            break
        if answer in {"y", "n"}:
            reviewing.decide(space, pair.id, "same" if answer == "y" else "apart")
            decided += 1
    step = "regulars ingest" if decided else ""
    console.finish(f"{decided:,} pairs decided, {len(left) - decided:,} are left", step, {"decided": decided})


def _probability(pair: LikelyPair) -> str:
    return "unknown" if pair.probability is None else f"{pair.probability:.3f}"


def show(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="Any id of the customer.")],
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Show which ids are one customer, and which kinds of keys they have in common; never the keys."""
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        from pipelines.identity import reviewing

        person, ids = reviewing.ids_of(Workspace.open(workspace), customer)
        rows = [(one.id, one.source or "the shop", ", ".join(one.keys), ", ".join(one.shared)) for one in ids]
        console.table(("id", "of", "has", "shares"), rows)
        step = f"regulars identity review --apart {ids[0].id},{ids[1].id}, where that is wrong" if len(ids) > 1 else ""
        text = f"{len(ids):,} ids are the customer {person}" if len(ids) > 1 else f"{person} is a customer with one id"
        console.finish(text, step, {"customer_id": person, "ids": [asdict(one) for one in ids]})
