"""Columns that by their names hold what orders need, and by their values can't be read as that."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pipelines.sources.header_names import score
from pipelines.sources.profile import ColumnProfile

_KINDS = {"ordered_at": "a time", "quantity": "a number", "revenue": "an amount"}
_LIKE = {"revenue": ("revenue", "unit_price")}
_SHOWN = 40


def unread_columns(missing: Sequence[str], columns: Sequence[ColumnProfile], used: Collection[str]) -> dict[str, str]:
    """For each role that nothing was found for, the best candidate with a value, in a sentence, if there is one."""
    free = [column for column in columns if column.filled and column.name not in used]
    found = {}
    for role in (role for role in missing if role in _KINDS):
        named = {column.name: max(score(column.name, like) for like in _LIKE.get(role, (role,))) for column in free}
        best = max(free, key=lambda column: named[column.name], default=None)
        if best is not None and named[best.name] > 0:
            value = " ".join(best.example.split())[:_SHOWN]
            found[role] = f"{best.name} '{value}' can't be read as {_KINDS[role]}"
    return found
