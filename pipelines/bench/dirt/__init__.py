"""Dirt: what happens to exports on their way. One function a kind, in the order in which it happens to a file."""

from pipelines.bench.dirt import (
    file_dialects,
    moved_columns,
    moved_rows,
    sold_days,
    spreadsheet_losses,
    written_moments,
    written_numbers,
)
from pipelines.bench.dirt.dirt_kinds import DirtKind

ALL: tuple[DirtKind, ...] = (
    *sold_days.KINDS,
    *moved_rows.KINDS,
    *written_moments.KINDS,
    *written_numbers.KINDS,
    *spreadsheet_losses.KINDS,
    *moved_columns.KINDS,
    *file_dialects.KINDS,
)

__all__ = ["ALL", "DirtKind"]
