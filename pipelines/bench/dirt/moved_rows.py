"""Rows that are moved, told twice, cut into files, or stand between others."""

from __future__ import annotations

from random import Random

from pipelines.bench.dirt.dirt_kinds import kind
from pipelines.bench.dirty_export import DirtyExport, Rows
from pipelines.bench.written_amounts import amount_in


def _orders(export: DirtyExport) -> list[Rows]:
    """The rows of each order, as they stand in the file."""
    found: dict[str, Rows] = {}
    for row in export.rows:
        found.setdefault(row[export.source.order], []).append(row)
    return list(found.values())


def _rows(orders: list[Rows]) -> Rows:
    return [row for order in orders for row in order]


def _stands_alone(export: DirtyExport) -> bool:
    return not export.source.filled_down


@kind("order")
def newest_first(export: DirtyExport, _chance: Random) -> None:
    """The last order stands first."""
    export.rows = _rows(_orders(export)[::-1])


@kind("order")
def shuffled_orders(export: DirtyExport, chance: Random) -> None:
    """Orders in any order, their lines together."""
    orders = _orders(export)
    chance.shuffle(orders)
    export.rows = _rows(orders)


@kind("order", _stands_alone)
def shuffled_rows(export: DirtyExport, chance: Random) -> None:
    """Sorted by something that has nothing to do with orders."""
    chance.shuffle(export.rows)


@kind("order", lambda export: export.source.filled_down, may_stop=True)
def torn_orders(export: DirtyExport, chance: Random) -> None:
    """Lines sorted away from the one that tells whose they are."""
    chance.shuffle(export.rows)


@kind("twice")
def told_twice(export: DirtyExport, _chance: Random) -> None:
    """The whole export is appended once more."""
    export.rows = [*export.rows, *(dict(row) for row in export.rows)]


@kind("twice")
def range_told_twice(export: DirtyExport, chance: Random) -> None:
    """Some weeks were exported again, and appended."""
    orders = _orders(export)
    first = chance.randrange(len(orders) // 2)
    again = orders[first : first + max(1, len(orders) // chance.choice((3, 6, 12)))]
    export.rows = [*export.rows, *(dict(row) for row in _rows(again))]


@kind("twice")
def header_between(export: DirtyExport, _chance: Random) -> None:
    """Two files were joined with their headers."""
    orders = _orders(export)
    export.header_at = len(_rows(orders[: len(orders) // 2]))


@kind("parts")
def overlapping_files(export: DirtyExport, chance: Random) -> None:
    """Several files, each of which begins with orders of the one before."""
    orders = _orders(export)
    count = chance.choice((2, 3))
    size = len(orders) // count
    over = max(1, size // 4)
    export.parts = [
        _rows(orders[max(0, n * size - over) : (n + 1) * size if n < count - 1 else None]) for n in range(count)
    ]


@kind("parts")
def files_of_months(export: DirtyExport, _chance: Random) -> None:
    """One file after the other, nothing twice."""
    orders = _orders(export)
    third = max(1, len(orders) // 3)
    export.parts = [_rows(orders[:third]), _rows(orders[third:])]


@kind("below")
def total_below(export: DirtyExport, _chance: Random) -> None:
    """A row that adds the amounts up."""
    total = {}
    for name in export.of(export.source.amounts):
        found = [amount for row in export.rows if (amount := amount_in(row[name])) is not None]
        total[name] = f"{found[0].sign}{sum(amount.value for amount in found)}" if found else ""
    export.below.append({export.columns[0]: "Total", **total})


@kind("below")
def blank_lines_below(export: DirtyExport, chance: Random) -> None:
    """Empty rows, as a spreadsheet leaves them behind the last one."""
    export.below += [{} for _ in range(chance.choice((1, 5, 40)))]


@kind("below")
def sentence_below(export: DirtyExport, _chance: Random) -> None:
    """Who made the file, and when."""
    export.below += [{}, {export.columns[0]: "Exported by the back office"}]


KINDS = (
    newest_first,
    shuffled_orders,
    shuffled_rows,
    torn_orders,
    told_twice,
    range_told_twice,
    header_between,
    total_below,
    blank_lines_below,
    sentence_below,
    overlapping_files,
    files_of_months,
)
