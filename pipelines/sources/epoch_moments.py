"""Times that are numbers, as an expression of a mapping: since 1970, or days as a spreadsheet counts them."""

from __future__ import annotations

from pipelines.sources.amounts import reference
from pipelines.sources.profile import EPOCHS, SERIAL, ColumnProfile

_SERIAL_OF_1970 = 25_569


def from_epoch(column: ColumnProfile) -> str | None:
    """The expression that reads a column as times; None where it holds no such numbers."""
    if column.moment is not None or not column.epoch:
        return None
    if column.epoch == SERIAL:
        days = f"CAST({reference(column.name)} AS DOUBLE) - {_SERIAL_OF_1970}"
        return f"timezone('UTC', to_timestamp(round(({days}) * 86400)))"
    per_second = "" if EPOCHS[column.epoch] == 1 else f" / {EPOCHS[column.epoch]}"
    return f"to_timestamp(CAST({reference(column.name)} AS DOUBLE){per_second})"
