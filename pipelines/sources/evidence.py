"""What the rows of a sample tell about how its columns belong together: prices and totals, lines and orders."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from core.expressions import literal, quote
from pipelines.parsing.numbers import number
from pipelines.sources.identical_lines import Judgement, judge
from pipelines.sources.profile import SAMPLE, ColumnProfile
from pipelines.sources.source import ROW

_MIN_GROUPS = 5
"""Fewer orders or products with several rows say nothing."""
_MOSTLY = 0.9


@dataclass(frozen=True)
class ColumnWords:
    """Some of the words that stand in a column."""

    column: ColumnProfile
    words: tuple[str, ...]


@dataclass(frozen=True)
class Evidence:
    """Questions to the sample of a source that `profile.sampled` made."""

    connection: duckdb.DuckDBPyConnection

    def carry_down(self, order: ColumnProfile) -> None:
        """Let rows that leave their order empty belong to the order above."""
        above = f"last_value({_text(order)} IGNORE NULLS) OVER (ORDER BY {ROW})"
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {SAMPLE} AS SELECT * REPLACE ({above} AS {quote(order.name)}) FROM {SAMPLE}"
        )

    def once_an_order(self, column: ColumnProfile, order: ColumnProfile) -> bool:
        """Whether an amount is the order's, not the line's: orders of several rows fill it once, or alike."""
        value, key = _text(column), _text(order)
        groups = f"SELECT count(DISTINCT {value}) AS n FROM {SAMPLE} GROUP BY {key} HAVING count(*) > 1"
        many, same = self._one(f"SELECT count(*), count(*) FILTER (n <= 1) FROM ({groups})")
        return many >= _MIN_GROUPS and same >= _MOSTLY * many

    def first_lines_only(self, column: ColumnProfile, order: ColumnProfile) -> bool:
        """Whether rows leave the column empty that another row of the same order fills."""
        value = _text(column)
        others = f"max({value}) OVER (PARTITION BY {_text(order)})"
        rows = f"SELECT {value} AS v, {others} AS other FROM {SAMPLE} WHERE {_text(order)} IS NOT NULL"
        [lacking, all_] = self._one(f"SELECT count(*) FILTER (v IS NULL AND other IS NOT NULL), count(*) FROM ({rows})")
        return lacking > 0.01 * all_

    def unique_in_order(self, column: ColumnProfile, order: ColumnProfile) -> bool:
        """Whether a column tells the rows of an order apart, though it may start anew in every order."""
        value = f"{_text(order)}, {_text(column)}"
        distinct, filled = self._one(
            f"SELECT count(DISTINCT ({value})), count(*) FROM {SAMPLE} WHERE {_text(column)} IS NOT NULL"
        )
        return filled > 0 and distinct >= 0.99 * filled

    def describes(self, column: ColumnProfile, key: ColumnProfile) -> bool:
        """Whether a column says something of what a key names: nearly all rows of a key have the same value."""
        value = _text(column)
        counted = f"SELECT {_text(key)} AS k, count(*) AS n FROM {SAMPLE} WHERE {value} IS NOT NULL GROUP BY k, {value}"
        groups = f"SELECT max(n) AS most, sum(n) AS n FROM ({counted}) GROUP BY k HAVING sum(n) > 1"
        many, most, rows = self._one(f"SELECT count(*), coalesce(sum(most), 0), coalesce(sum(n), 0) FROM ({groups})")
        return many < _MIN_GROUPS or most >= 0.8 * rows

    def above_zero(self, amount: ColumnProfile, said: ColumnWords) -> bool:
        """Whether an amount is above zero on rows that have one of the words in their column."""
        among = ", ".join(literal(word) for word in said.words)
        return self._mostly_above_zero(amount, f"{_text(said.column)} IN ({among})")

    def sign_differs(self, amount: ColumnProfile, quantity: ColumnProfile) -> bool:
        """Whether an amount stands above zero where the quantity is below."""
        return self._mostly_above_zero(amount, f"{numeric(quantity)} < 0")

    def _mostly_above_zero(self, amount: ColumnProfile, condition: str) -> bool:
        above, below = (f"count(*) FILTER ({numeric(amount)} {sign} 0)" for sign in "><")
        [more, less] = self._one(f"SELECT {above}, {below} FROM {SAMPLE} WHERE {condition}")
        return more > less

    def names(self, column: ColumnProfile, key: ColumnProfile) -> bool:
        """Whether a column is another name of what a key names: each has one of the other's values, nearly always."""
        value, of = _text(column), _text(key)
        pairs = f"SELECT DISTINCT {of} AS k, {value} AS v FROM {SAMPLE} WHERE {of} IS NOT NULL AND {value} IS NOT NULL"
        several = f"SELECT {of} AS k FROM {SAMPLE} GROUP BY 1 HAVING count({value}) > 1"
        many, pair, keys, values = self._one(
            f"SELECT (SELECT count(*) FROM ({several})), count(*), count(DISTINCT k), count(DISTINCT v) FROM ({pairs})"
        )
        return many >= _MIN_GROUPS and keys >= _MOSTLY * pair and values >= _MOSTLY * keys / 2

    def different(self, column: ColumnProfile) -> float:
        """The share of a column's filled values that no other row has."""
        distinct, filled = self._one(f"SELECT count(DISTINCT {_text(column)}), count({_text(column)}) FROM {SAMPLE}")
        return distinct / filled if filled else 0.0

    def grows_with(self, amount: ColumnProfile, quantity: ColumnProfile, product: ColumnProfile) -> bool | None:
        """Whether an amount is for all the pieces of a line (True) or for one (False); None where nothing tells.

        Of one product the price of a piece is nearly the same on all its lines, whatever their quantity.
        """
        a, q = numeric(amount), numeric(quantity)
        rows = f"SELECT {_text(product)} AS p, {a} AS a, {q} AS q FROM {SAMPLE} WHERE {q} > 0 AND {a} > 0"
        spread = "stddev_pop({0}) / avg({0})"
        groups = (
            f"SELECT {spread.format('a')} AS whole, {spread.format('a / q')} AS each FROM ({rows}) GROUP BY p"
            " HAVING count(*) > 2 AND count(DISTINCT q) > 1"
        )
        many, whole, each = self._one(f"SELECT count(*), median(whole), median(each) FROM ({groups})")
        if many < 3 or max(whole, each) < 0.05:
            return None
        return True if each < whole / 4 else False if whole < each / 4 else None

    def equal(self, left: str, right: str) -> bool:
        """Whether two sums (SQL over the sample) are the same on nearly all rows, but for rounding."""
        near = f"abs(({left}) - ({right})) <= 0.011 + 0.005 * abs({right})"
        same, rows = self._one(
            f"SELECT count(*) FILTER ({near}), count(*) FILTER (({left}) + ({right}) IS NOT NULL) FROM {SAMPLE}"
        )
        return rows > 0 and same >= _MOSTLY * rows

    def identical_rows(self, columns: list[ColumnProfile]) -> float:
        """The share of rows that equal an earlier one in these columns."""
        values = ", ".join(_text(column) for column in columns)
        distinct, rows = self._one(f"SELECT count(DISTINCT ({values})), count(*) FROM {SAMPLE}")
        return 1 - distinct / rows if rows else 0.0

    def judged(self, order: ColumnProfile, columns: list[ColumnProfile]) -> Judgement:
        """Whether lines of one order that are equal in these columns are items of their own."""
        content = f"hash({', '.join(_text(column) for column in [order, *columns])})"
        return judge(
            self.connection,
            f"SELECT {ROW} AS row_, hash({_text(order)}) AS order_, {content} AS content_, true AS counts_"
            f" FROM {SAMPLE} WHERE {quote(order.name)} IS NOT NULL",
        )

    def share(self, condition: str, column: ColumnProfile) -> float:
        """The share of the filled values `v` of a column for which an SQL condition holds."""
        held, filled = self._one(
            f"SELECT count(*) FILTER ({condition}), count(v) FROM (SELECT {_text(column)} AS v FROM {SAMPLE})"
        )
        return held / filled if filled else 0.0

    def values(self, column: ColumnProfile, limit: int = 12) -> list[str]:
        """The most frequent values of a column."""
        counted = f"SELECT {_text(column)} AS v, count(*) AS n FROM {SAMPLE} GROUP BY v HAVING v IS NOT NULL"
        rows = self.connection.execute(f"SELECT v FROM ({counted}) ORDER BY n DESC, v LIMIT {limit}").fetchall()
        return [value for (value,) in rows]

    def largest(self, column: ColumnProfile) -> float:
        """The largest absolute number in a column, 0 where there is none."""
        return float(self._one(f"SELECT max(abs({numeric(column)})) FROM {SAMPLE}")[0] or 0)

    def _one(self, sql: str) -> tuple[float, ...]:
        [row] = self.connection.execute(sql).fetchall()
        return row  # type: ignore[no-any-return]


def _text(column: ColumnProfile) -> str:
    return f"CAST({quote(column.name)} AS VARCHAR)"


def numeric(column: ColumnProfile) -> str:
    """SQL of a column's values as numbers; a percent sign is left out."""
    return number(f"trim(replace({_text(column)}, '%', ''))", column.style)
