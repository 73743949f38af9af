"""Equal lines of one order: second items, or an order that the source tells twice? The rows decide.

Whoever exports twice repeats whole orders, and where a file keeps the lines of an order together the second telling
stands apart from the first. Whoever scans two pieces one by one repeats single lines, inside the order. So

1. where the lines of orders stand together, what an order says again in another place of the file goes;
2. an order whose lines all stand there equally often, as one block behind the other, is told twice: the repeats go;
3. else it is the orders of several lines that tell: where more of them repeat all their lines equally often than
   only some, the repeats of such orders go; where it is the other way around, all stay.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

JUDGED = "judged_lines"
"""The relation (`order_`, `content_`, `keep_`, `whole_`) that `judge` makes: how many of equal lines stay."""
_LOOKED_AT = 200_000
"""So many rows tell whether the lines of an order stand together."""
_TOGETHER = 0.9
_NEARLY_ALL = 0.9


@dataclass(frozen=True)
class Judgement:
    """What was found and decided.

    `kept` repeats are items of their own, `whole` ones go with the `orders` that are told more than once, `apart`
    ones stand apart from their order and go. `some_lines` and `all_lines` count orders of several lines that repeat
    only some of them, or all of them equally often; `one_line` orders of one line that stands there several times.
    `behind` of the repeats stand right behind their twin.
    """

    kept: int
    whole: int
    apart: int
    orders: int
    all_lines: int
    some_lines: int
    one_line: int
    behind: int

    @property
    def repeats(self) -> int:
        """The lines that equal an earlier one of their order."""
        return self.kept + self.whole + self.apart

    def sentences(self) -> tuple[str, ...]:
        """What was decided and why; nothing where no line repeats."""
        said = []
        if self.kept:
            said.append(
                f"{_lines(self.kept)} another of the same order and counted as further items: {self._why()};"
                " if they are not, write identical_rows: set_aside"
            )
        if self.whole:
            said.append(
                f"{_lines(self.whole)} another because {self.orders:,} orders stand in the source more than once, with"
                " all of their lines: set aside; if they are items of their own, write identical_rows: keep"
            )
        if self.apart:
            said.append(
                f"{_lines(self.apart)} another of the same order, but apart from it in the source: set aside;"
                " if they are items of their own, write identical_rows: keep"
            )
        return tuple(said)

    def _why(self) -> str:
        found = [
            f"{self.some_lines:,} orders repeat some of their lines",
            f"{self.all_lines:,} all of them",
            f"{self.one_line:,} their only one",
            f"{self.behind / self.repeats:.0%} of the repeats stand right behind their twin",
        ]
        return ", ".join(found)


def _lines(count: int) -> str:
    return "1 line is equal to" if count == 1 else f"{count:,} lines are equal to"


def judge(connection: duckdb.DuckDBPyConnection, lines: str) -> Judgement:
    """Decide for every line of `lines` that stands there several times, and make `JUDGED`.

    Args:
        connection: where the lines are.
        lines: a query with `row_` (the order of the source), `order_`, `content_` (equal for equal lines) and
            `counts_` (whether it is a line at all: a bad row is not, but it stands where it stands).
    """
    _stand(connection, lines)
    together = _together(connection)
    _runs(connection, together)
    _orders(connection)
    all_lines, some_lines, one_line = _numbers(
        connection,
        "SELECT count(*) FILTER (distinct_ > 1 AND factor_ > 1 AND NOT block_),"
        " count(*) FILTER (distinct_ > 1 AND factor_ = 1 AND most_ > 1),"
        " count(*) FILTER (distinct_ = 1 AND most_ > 1) FROM repeating_orders",
    )
    blocks, usual = _numbers(
        connection,
        "SELECT count(*) FILTER (block_), coalesce(mode(factor_) FILTER (distinct_ > 1 AND factor_ > 1), 0)"
        " FROM repeating_orders",
    )
    if all_lines + blocks + some_lines:
        one_line_goes = all_lines + blocks > some_lines
    else:
        [total] = _numbers(connection, "SELECT count(DISTINCT order_) FROM standing_lines WHERE counts_")
        one_line_goes = one_line > 1 and one_line >= _NEARLY_ALL * total
    _keep(connection, all_lines > some_lines, one_line_goes, usual)
    kept, whole, apart = _numbers(
        connection,
        "SELECT coalesce(sum(keep_ - 1), 0), coalesce(sum(told_ - keep_) FILTER (whole_), 0),"
        f" coalesce(sum(told_ - keep_) FILTER (NOT whole_), 0) FROM {JUDGED}",
    )
    [orders] = _numbers(connection, f"SELECT count(DISTINCT order_) FROM {JUDGED} WHERE whole_")
    [behind] = _numbers(connection, "SELECT count(*) FROM touched_lines WHERE counts_ AND behind_")
    return Judgement(kept, whole, apart, orders, all_lines + blocks, some_lines, one_line, behind)


def _stand(connection: duckdb.DuckDBPyConnection, lines: str) -> None:
    """`standing_lines`: every row with its place; `touched_lines`: those of orders in which a line repeats."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE standing_lines AS"
        f" SELECT order_, content_, counts_, row_number() OVER (ORDER BY row_) AS place_ FROM ({lines})"
    )
    repeating = "SELECT order_ FROM standing_lines WHERE counts_ GROUP BY order_, content_ HAVING count(*) > 1"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE touched_lines AS SELECT *,"
        " place_ - lag(place_) OVER (PARTITION BY order_ ORDER BY place_) > 1 AS jumps_,"
        " coalesce(content_ = lag(content_) OVER (PARTITION BY order_ ORDER BY place_), false) AND NOT jumps_"
        " AS behind_"
        f" FROM standing_lines WHERE order_ IN ({repeating})"
    )


def _together(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the file keeps the lines of an order together: their first tellings, for repeats may stand anywhere."""
    firsts = (
        "SELECT order_, content_, min(place_) AS place_ FROM standing_lines"
        f" WHERE counts_ AND place_ <= {_LOOKED_AT} GROUP BY ALL"
    )
    spans = f"SELECT order_, min(place_) AS a, max(place_) AS z FROM ({firsts}) GROUP BY order_ HAVING count(*) > 1"
    inside = (
        "SELECT any_value(z - a + 1) AS span, count(*) AS own FROM standing_lines AS l"
        f" JOIN ({spans}) AS s ON l.order_ = s.order_ AND l.place_ BETWEEN a AND z GROUP BY l.order_"
    )
    together, all_ = _numbers(connection, f"SELECT count(*) FILTER (span = own), count(*) FROM ({inside})")
    return together >= _TOGETHER * all_


def _runs(connection: duckdb.DuckDBPyConnection, together: bool) -> None:
    """`told_lines`: how often an order tells a line in one place at most (`once_`), and in all places (`told_`)."""
    run = "sum(CAST(coalesce(jumps_, false) AS INTEGER)) OVER (PARTITION BY order_ ORDER BY place_)"
    runs = f"SELECT *, {run if together else '0'} AS run_ FROM touched_lines"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE placed_lines AS FROM ({runs}) WHERE counts_")
    counted = "SELECT order_, content_, run_, count(*) AS n FROM placed_lines GROUP BY ALL"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE told_lines AS SELECT order_, content_, max(n) AS once_, sum(n) AS told_"
        f" FROM ({counted}) GROUP BY ALL"
    )


def _orders(connection: duckdb.DuckDBPyConnection) -> None:
    """`repeating_orders`: the lines of each, how often all of them are told, and whether as block behind block."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE repeating_orders AS SELECT order_, count(*) AS distinct_, max(once_) AS most_,"
        " sum(once_) AS lines_, list_reduce(list(once_), lambda a, b: gcd(a, b)) AS factor_, false AS block_"
        " FROM told_lines GROUP BY order_"
    )
    numbered = (
        "SELECT p.order_, content_, run_, row_number() OVER (PARTITION BY p.order_, run_ ORDER BY place_) AS number_,"
        " lines_ // factor_ AS length_ FROM placed_lines AS p JOIN repeating_orders AS r USING (order_)"
        " WHERE distinct_ > 1 AND factor_ > 1"
    )
    connection.execute(
        f"UPDATE repeating_orders SET block_ = true WHERE order_ IN (SELECT a.order_ FROM ({numbered}) AS a"
        f" JOIN ({numbered}) AS b ON a.order_ = b.order_ AND a.run_ = b.run_ AND b.number_ = a.number_ + a.length_"
        " GROUP BY a.order_ HAVING bool_and(a.content_ = b.content_))"
    )


def _keep(connection: duckdb.DuckDBPyConnection, all_lines_go: bool, one_line_goes: bool, usual: int) -> None:
    """Make `JUDGED`. Orders are told as often as most that are told several times, where that can be."""
    factor = f"CASE WHEN {usual} > 1 AND factor_ % {usual} = 0 THEN {usual} ELSE factor_ END"
    goes = (
        f"CASE WHEN distinct_ > 1 THEN factor_ > 1 AND (block_ OR {all_lines_go})"
        f" ELSE {one_line_goes} AND (factor_ % {max(usual, 2)} = 0 OR {usual} = 0) END"
    )
    kept = (
        f"SELECT order_, content_, told_, once_ // (CASE WHEN {goes} THEN {factor} ELSE 1 END) AS keep_"
        " FROM told_lines JOIN repeating_orders USING (order_)"
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {JUDGED} AS SELECT order_, content_, told_, CAST(keep_ AS BIGINT) AS keep_,"
        f" bool_and(told_ > keep_) OVER (PARTITION BY order_) AS whole_ FROM ({kept})"
    )


def _numbers(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[int, ...]:
    [row] = connection.execute(sql).fetchall()
    return tuple(int(value) for value in row)
