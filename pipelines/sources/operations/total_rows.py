"""`totals`: rows that add up the others are no order lines, and never the best customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import duckdb
from pydantic import model_validator

from core.errors import MappingError
from core.expressions import analyse, literal, quote
from pipelines.parsing.numbers import number_from_text
from pipelines.parsing.types import FLOATS, INTEGERS, as_text, is_text
from pipelines.sources.operations.operation import Operation
from pipelines.sources.operations.relations import remade, taken_out
from pipelines.sources.source import ROW, Staged, TableSource

_WORDS = (
    "total", "totals", "grand total", "sum", "subtotal", "sub total", "sub-total", "total general", "summe",
    "gesamt", "gesamtsumme", "zwischensumme", "insgesamt", "totaal", "totale", "totali", "somme", "sous-total",
    "total général", "suma", "razem", "celkem", "spolu", "összesen", "yhteensä", "totalt", "i alt", "toplam",
    "итого", "всего", "разом", "σύνολο", "合計", "总计", "合计", "總計", "小計", "小计", "합계", "총계",
    "الإجمالي", "סהכ",
)  # fmt: skip
"""What rows that add up are called, in small letters."""
_KEYS = ("order_id", "product_id", "customer_id", "ordered_at")
_AT_MOST = 1_000
_HALF_A_CENT = 0.0051


@dataclass(frozen=True)
class _Sums:
    """The sums of the rows of a source up to a row that may add them up: of all of them, and since the last such."""

    rows: int
    amounts: Sequence[float | None]


class TotalRows(Operation):
    """A row is a total where the evidence is clear; whatever is not, stays a row, and a bad one for what it lacks.

    It names no order, product, customer or time at all, or is called a total and lacks one of them; and a number of
    it is the sum of the same column, over all other rows or over those since the last total.
    """

    key: ClassVar[str] = "totals"
    rows: Literal["leave_out", "keep"] = "leave_out"

    @model_validator(mode="before")
    @classmethod
    def _word_alone(cls, value: Any) -> Any:
        return value if isinstance(value, dict) else {"rows": value}

    def definition(self) -> str:
        """Nothing where it is as it always is."""
        return "" if self.rows == "leave_out" else self.rows

    def applied(self, connection: duckdb.DuckDBPyConnection, source: TableSource, staged: Staged) -> Staged:
        """The rows that are no totals."""
        keys = _key_columns(source, staged)
        if self.rows == "keep" or source.table != "orders" or not keys:
            return staged
        found = _candidates(connection, staged, keys)
        columns = {name: number for name, number in _numbers(source, staged).items() if name not in keys}
        if not found or len(found) > _AT_MOST or not columns:
            return staged
        totals = _judged(connection, staged, found, columns)
        if not totals:
            return staged
        rows = f"{ROW} IN ({', '.join(map(str, totals))})"
        gone = taken_out(connection, staged, self.key, rows, "totals of other rows")
        places = staged.places(list(totals))
        notes = [
            f"{source.table}: {place} is a total and no order line: {why}"
            for place, why in zip(places, totals.values(), strict=True)
        ]
        query = f"SELECT * FROM {quote(staged.relation)} WHERE NOT {rows}"
        return remade(connection, staged, self.key, query, left_out=[gone] if gone else (), notes=notes)


def _key_columns(source: TableSource, staged: Staged) -> list[str]:
    """The columns of the source that say which order, product, customer and time a row is of."""
    found: dict[str, None] = {}
    for name in _KEYS:
        try:
            found.update(dict.fromkeys(analyse(source.columns.get(name, ""), staged.types).columns))
        except MappingError:  # another operation makes what it is computed from
            continue
    return list(found)


def _numbers(source: TableSource, staged: Staged) -> dict[str, str]:
    """The columns that may hold amounts, with SQL of them as numbers."""
    found = {}
    for name, type_ in staged.types.items():
        if is_text(type_):
            found[name] = number_from_text(as_text(quote(name), type_), source.formats)
        elif type_ in INTEGERS or type_ in FLOATS or type_.startswith("DECIMAL"):
            found[name] = f"CAST({quote(name)} AS DOUBLE)"
    return found


def _candidates(connection: duckdb.DuckDBPyConnection, staged: Staged, keys: Sequence[str]) -> dict[int, str]:
    """Rows that name nothing, or are called a total and lack something; with what they are called."""
    texts = [_called(name) for name in keys]
    words = ", ".join(map(literal, _WORDS))
    called = [*texts, _called(next(iter(staged.types)))]
    word = f"coalesce({', '.join(f'CASE WHEN lower({text}) IN ({words}) THEN {text} END' for text in called)})"
    nameless = f"coalesce({', '.join(texts)}) IS NULL"
    lacking = " OR ".join(_empty(name, staged.types[name]) for name in keys)
    # Materialized, for the engine would compare every row with all the words before it looks for what is lacking.
    rows = connection.execute(
        f"WITH few AS MATERIALIZED (SELECT * FROM {quote(staged.relation)} WHERE {lacking})"
        f" SELECT {ROW}, coalesce({word}, '') FROM few WHERE {nameless} OR {word} IS NOT NULL"
        f" ORDER BY {ROW} LIMIT {_AT_MOST + 1}"
    ).fetchall()
    return dict(rows)


def _called(column: str) -> str:
    return f"nullif(trim(CAST({quote(column)} AS VARCHAR), {literal(' :*')}), '')"


def _empty(column: str, type_: str) -> str:
    """SQL condition, quick: nothing stands there, or something that begins with a blank."""
    return f"{quote(column)} IS NULL" + (f" OR {quote(column)} < '!'" if type_ == "VARCHAR" else "")


def _judged(
    connection: duckdb.DuckDBPyConnection, staged: Staged, found: dict[int, str], columns: dict[str, str]
) -> dict[int, str]:
    """Those of the rows that are totals, and why."""
    own = _own_amounts(connection, staged, found, columns)
    names = [name for i, name in enumerate(columns) if any(amounts[i] is not None for amounts in own.values())]
    own = {row: [a for name, a in zip(columns, amounts, strict=True) if name in names] for row, amounts in own.items()}
    if not names:
        return {}
    pieces = _between(connection, staged, list(found), [columns[name] for name in names])
    whole = _joined(list(pieces.values()))
    totals: dict[int, str] = {}
    since: list[_Sums] = []
    for row, called in found.items():
        since.append(pieces.get(row, _Sums(0, [None] * len(names))))
        for sums, over in ((whole, "all other rows"), (_joined(since), "the rows since the last total")):
            why = _added_up(names, own[row], sums, called)
            if why:
                totals[row] = f"{why} of {over}"
                since = []
                break
    return totals


def _own_amounts(
    connection: duckdb.DuckDBPyConnection, staged: Staged, found: dict[int, str], columns: dict[str, str]
) -> dict[int, list[float | None]]:
    listed = ", ".join(map(str, found))
    rows = connection.execute(
        f"SELECT {ROW}, {', '.join(columns.values())} FROM {quote(staged.relation)} WHERE {ROW} IN ({listed})"
    ).fetchall()
    return {row: list(amounts) for row, *amounts in rows}


def _between(
    connection: duckdb.DuckDBPyConnection, staged: Staged, found: list[int], numbers: list[str]
) -> dict[int, _Sums]:
    """The sums of the rows before each of the rows that were found, back to the one before it; the rest under -1."""
    values = ", ".join(f"({row})" for row in found)
    sums = ", ".join(f"sum({number})" for number in numbers)
    rows = connection.execute(
        f"SELECT coalesce(c.row_, -1), count(*), {sums} FROM {quote(staged.relation)} AS r"
        f" ASOF LEFT JOIN (VALUES {values}) AS c(row_) ON r.{ROW} <= c.row_"
        f" WHERE r.{ROW} IS DISTINCT FROM c.row_ GROUP BY 1"
    ).fetchall()
    return {row: _Sums(count, amounts) for row, count, *amounts in rows}


def _joined(parts: Sequence[_Sums]) -> _Sums:
    amounts = [
        sum(a for a in column if a is not None) if any(a is not None for a in column) else None
        for column in zip(*(part.amounts for part in parts), strict=True)
    ]
    return _Sums(sum(part.rows for part in parts), amounts)


def _added_up(names: Sequence[str], own: Sequence[float | None], sums: _Sums, called: str) -> str | None:
    """What shows that a row adds others up; None where nothing does. Two rows are enough where it is called so."""
    if sums.rows < (2 if called else 3):
        return None
    for name, amount, total in zip(names, own, sums.amounts, strict=True):
        if amount and total is not None and abs(amount - total) < _HALF_A_CENT:
            return f"{called + ', ' if called else ''}{name} {amount:,.10g} is the sum"
    return None
