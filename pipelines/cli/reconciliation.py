"""How the order lines of a file and those in force are shown side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from pipelines.cli.console import Console
    from pipelines.ingest.reconciliation import Figures, Month, Reconciliation

MONTHS = 12
"""So many of the last months are shown."""


def show(console: Console, found: Reconciliation) -> None:
    """The last months and the total: in the file, stored, and which rule took what."""
    months = [*found.months[-MONTHS:], found.total]
    cells = ("rows", "orders", "revenue", "refunds")
    header = ("month", *(f"file {cell}" for cell in cells), *(f"stored {cell}" for cell in cells))
    title = f"orders by month in {found.timezone}, in the file and as stored ({found.currency})"
    console.table(header, [(m.month, *_cells(m.file), *_cells(m.stored)) for m in months], title)
    if len(found.months) > MONTHS:
        console.print(f"the last {MONTHS} of {len(found.months)} months; --json has all of them")
    if found.total.took or any(month.took for month in found.months):
        console.print()
        console.table(("month", "what makes the difference", *cells), _differences(months))
    console.print("" if found.exact else "THESE FIGURES DO NOT ADD UP: a defect of ours; keep the file and report it")


def line(found: Reconciliation) -> str:
    """The last ingest in a sentence."""
    total = found.total
    why = f"; the difference: {', '.join(total.took)}" if total.took else ""
    return (
        f"orders of {found.source}, read {found.at}: {_money(total.file.revenue)} {found.currency} in the file,"
        f" {_money(total.stored.revenue)} stored in its months{why}"
    )


def _differences(months: Sequence[Month]) -> list[tuple[object, ...]]:
    return [(month.month, rule, *_cells(figures)) for month in months for rule, figures in month.took.items()]


def _cells(figures: Figures) -> tuple[object, ...]:
    return figures.rows, figures.orders, _money(figures.revenue), _money(figures.refunds)


def _money(amount: Decimal) -> str:
    """Cents, and what is finer than cents where there is any: the columns add up as they stand."""
    return f"{amount:,.2f}" if amount == round(amount, 2) else f"{amount:,.4f}"
