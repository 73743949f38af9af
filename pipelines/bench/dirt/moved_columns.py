"""Columns that are moved, added and called otherwise."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from pipelines.bench.dirt.dirt_kinds import kind
from pipelines.bench.dirty_export import DirtyExport


@kind("columns")
def columns_moved(export: DirtyExport, chance: Random) -> None:
    """In any order."""
    chance.shuffle(export.columns)


@kind("columns")
def columns_of_apps(export: DirtyExport, chance: Random) -> None:
    """What apps and persons add: names like those of the platform, values that look like its own."""
    more: dict[str, Callable[[int], str]] = {
        "App: score": lambda i: str(i % 7),
        "Total price": lambda i: f"{(i * 37) % 900}.50",
        "Date exported": lambda _: "2025-01-31",
        "Customer": lambda i: f"group {i % 3}",
        "Order ID (internal)": lambda i: str(90_000 + i),
        "Note for us": lambda _: "x, y",
    }
    for name, value in more.items():
        if name not in export.columns:
            export.columns.insert(chance.randrange(len(export.columns) + 1), name)
            for i, row in enumerate(export.rows):
                row[name] = value(i)


@kind("columns")
def numbered_rows(export: DirtyExport, _chance: Random) -> None:
    """The number of a row before it, without a name, as programs for tables write it."""
    export.columns.insert(0, "")
    for i, row in enumerate(export.rows):
        row[""] = str(i)


@kind("header")
def shouted_header(export: DirtyExport, _chance: Random) -> None:
    """In capitals."""
    export.header = str.upper


@kind("header")
def blanks_in_header(export: DirtyExport, chance: Random) -> None:
    """Blanks around names, some of which nobody sees."""
    blank = chance.choice((" ", "\u00a0", "\u200b") if export.encoding.startswith("utf") else " ")
    export.header = lambda name: f"{blank}{name} "


@kind("header")
def whispered_header(export: DirtyExport, _chance: Random) -> None:
    """In small letters."""
    export.header = str.lower


KINDS = (columns_moved, columns_of_apps, numbered_rows, shouted_header, blanks_in_header, whispered_header)
