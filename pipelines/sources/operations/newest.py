"""`newest`: of several versions of a line, as overlapping exports tell them, the newest holds."""

from __future__ import annotations

from typing import Annotated, ClassVar

import duckdb
from pydantic import Field

from core.expressions import quote
from pipelines.parsing.moments import moment
from pipelines.parsing.numbers import number_from_text
from pipelines.parsing.types import as_text, is_moment, is_text, is_zoned
from pipelines.sources.form_parts import Listed, Written
from pipelines.sources.operations.operation import Operation, Types, known_column, place, said
from pipelines.sources.operations.relations import remade, taken_out
from pipelines.sources.source import Fault, Staged, TableSource

_MARK = "fault_newest_"


class Newest(Operation):
    """Rows with one key are versions of one line: those older than the newest are superseded.

    A version without a time is older than any other. Rows of one key and one time are no versions of each other and
    all stay, as does a row whose key is not whole.
    """

    key: ClassVar[str] = "newest"
    by: Written
    of: Annotated[Listed, Field(alias="key", min_length=1)]

    def columns_after(self, source: TableSource, types: Types, where: str) -> Types:
        """The same columns."""
        known_column(self.by, types, f"{where}.by")
        for name in self.of:
            known_column(name, types, f"{where}.key")
        return types

    def applied(self, connection: duckdb.DuckDBPyConnection, source: TableSource, staged: Staged) -> Staged:
        """The newest versions."""
        where = place(source, self.key)
        by = known_column(self.by, staged.types, where)
        parts = [said(source, staged, known_column(name, staged.types, where), prose=False) for name in self.of]
        whole = " AND ".join(f"{part} IS NOT NULL" for part in parts)
        version = _version(by, source, staged)
        unread = f"({said(source, staged, by, prose=False)} IS NOT NULL AND version_ IS NULL)"
        judged = (
            f"SELECT *, {whole} AND NOT {_MARK} AND"
            f" coalesce(version_ < max(version_) OVER line_, max(version_) OVER line_ IS NOT NULL) AS older_"
            f" FROM (SELECT *, {unread} AS {_MARK} FROM"
            f" (SELECT *, {version} AS version_ FROM {quote(staged.relation)}))"
            f" WINDOW line_ AS (PARTITION BY {', '.join(parts)})"
        )
        reason = f"{by} is neither a time nor a number, by which newest goes"
        marked = remade(connection, staged, f"{self.key}_judged", judged, faults=[Fault(_MARK, reason, by)])
        named = " and ".join(self.of)
        old = taken_out(connection, marked, self.key, "older_", f"a newer version of the same {named}", superseded=True)
        query = f"SELECT * EXCLUDE (version_, older_) FROM {quote(marked.relation)} WHERE NOT older_"
        return remade(connection, marked, self.key, query, left_out=[old] if old else ())


def _version(column: str, source: TableSource, staged: Staged) -> str:
    """SQL of a column's values as numbers that grow with time; null where they are neither times nor numbers."""
    type_ = staged.types[column]
    if is_text(type_):
        text = said(source, staged, column, prose=False)
        clock = source.formats.zone or "UTC"
        number = number_from_text(as_text(quote(column), type_), source.formats)
        return f"coalesce(epoch({moment(text, source.formats.timestamps, clock)}), {number})"
    if is_moment(type_) or is_zoned(type_) or type_ == "DATE":
        return f"epoch({quote(column)})"
    return f"TRY_CAST({quote(column)} AS DOUBLE)"
