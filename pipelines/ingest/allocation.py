"""Amounts of an order shared out to its lines by what they cost, so that the parts add up to it exactly.

Each part is a whole number of the currency's smallest units: everybody gets what is due to them rounded down, and
those with the largest remainders one unit more (Hamilton's method). All arithmetic is in whole numbers, so that no
order of the rows and no rounding moves a unit.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from core.expressions import literal, quote
from pipelines.ingest.typed import FACTOR, Typed
from pipelines.parsing.minor_units import digits
from pipelines.sources.operations.allocate import SUBTOTAL
from pipelines.sources.source import ROW, OrderAmount

SHARES = "order_shares"
_FINE = 6
"""Decimals of the costs that are weighed, and of an amount that is no whole number of its currency's units."""
_TAKEN_OFF = {SUBTOTAL, "discount", "refund"}
_ORDERS = "WINDOW o_ AS (PARTITION BY order_id)"


def allocate(connection: duckdb.DuckDBPyConnection, typed: Typed, base_currency: str) -> tuple[str, ...]:
    """Share the amounts of orders out to their good lines; say how much of what.

    What a line cost before stays its identity: an order that is refunded later is told anew, not told twice.
    """
    amounts = typed.staged.order_amounts
    if not amounts:
        return ()
    query = shares(_lines(typed, base_currency), amounts)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {SHARES} AS {query}")
    changed = f"revenue = round(s.cost, 9) * s.{FACTOR}"
    reductions = [f"abs(s.share_{a.role})" for a in amounts if a.role in (SUBTOTAL, "discount")]
    if reductions:
        changed += f", discount = coalesce(t.discount, 0) + ({' + '.join(reductions)}) * s.{FACTOR}"
    connection.execute(f"UPDATE {typed.relation} AS t SET {changed} FROM {SHARES} AS s WHERE t.{ROW} = s.{ROW}")
    return tuple(note for amount in amounts for note in _notes(connection, typed, amount))


def shares(lines: str, amounts: Sequence[OrderAmount]) -> str:
    """SQL of lines with `share_<role>` and `rest_<role>` of each amount, one after the other, and `cost` after all.

    Args:
        lines: SQL with `ROW`, `order_id`, `row_key`, `cost`, the currency's `digits_`, and the amounts' columns.
        amounts: what to share out. A share has the sign by which it changes the cost, a rest that of no part.

    What is taken off is at most what the lines cost, so that none of them changes its sign: the rest stays with the
    order. What is added to lines that cost nothing is shared out evenly.
    """
    for amount in amounts:
        if amount.role == SUBTOTAL:
            lines = _above_subtotal(lines, amounts)
        lines = _shared(_counted(_weighed(lines, amount), amount), amount)
    return lines


def _above_subtotal(query: str, amounts: Sequence[OrderAmount]) -> str:
    """The lines with what they cost above the subtotal in its place, and without the discount that it has in it."""
    columns = {amount.role: quote(amount.column) for amount in amounts}
    subtotal = columns[SUBTOTAL]
    above = f"coalesce(greatest(round(sum(cost) OVER o_ - {subtotal}, 9), 0), 0) AS {subtotal}"
    told = [f"CASE WHEN {subtotal} IS NULL THEN {columns['discount']} ELSE 0 END AS {columns['discount']}"]
    return f"SELECT * REPLACE ({', '.join([above, *(told if 'discount' in columns else [])])}) FROM ({query}) {_ORDERS}"


def _weighed(query: str, amount: OrderAmount) -> str:
    """Which `side_` of zero an order is on, and what is `due_` to each of its lines on that side.

    Rounded: an order of returns and purchases that come to nothing would be on the side of the last bit of their sum,
    which follows the order in which they are added.
    """
    query = f"SELECT *, CASE WHEN round(sum(cost) OVER o_, 9) < 0 THEN -1 ELSE 1 END AS side_ FROM ({query}) {_ORDERS}"
    query = f"SELECT *, greatest(CAST(round(cost * side_ * 1e{_FINE}) AS HUGEINT), 0) AS due_ FROM ({query})"
    if amount.role not in _TAKEN_OFF:
        evenly = "CASE WHEN sum(due_) OVER o_ = 0 THEN 1 ELSE due_ END"
        query = f"SELECT * REPLACE ({evenly} AS due_) FROM ({query}) {_ORDERS}"
    return query


def _counted(query: str, amount: OrderAmount) -> str:
    """The amount in units, of which so many are one of the currency (`unit_`): `asked_`, and what can be had."""
    total, usual = quote(amount.column), "power(10, digits_)"
    whole = f"abs({total} * {usual} - round({total} * {usual})) < 1e-6"
    unit = f"CASE WHEN {whole} THEN {usual} ELSE 1e{_FINE} END"
    query = f"SELECT *, sum(due_) OVER o_ AS dues_, {unit} AS unit_ FROM ({query}) {_ORDERS}"
    query = f"SELECT *, CAST(round(abs({total}) * unit_) AS HUGEINT) AS asked_ FROM ({query})"
    most = f"dues_ * CAST(unit_ AS HUGEINT) // 1{'0' * _FINE}"
    return f"SELECT *, {f'least(asked_, {most})' if amount.role in _TAKEN_OFF else 'asked_'} AS units_ FROM ({query})"


def _shared(query: str, amount: OrderAmount) -> str:
    """The units by largest remainder; of equal ones by the lines' identity."""
    role, total = amount.role, quote(amount.column)
    part, over = "units_ * due_ // nullif(dues_, 0)", "units_ * due_ % nullif(dues_, 0)"
    query = f"SELECT *, coalesce({part}, 0) AS floor_, coalesce({over}, 0) AS over_ FROM ({query})"
    turn = f"row_number() OVER (PARTITION BY order_id ORDER BY over_ DESC, row_key, {ROW})"
    query = f"SELECT *, units_ - sum(floor_) OVER o_ AS left_, {turn} AS turn_ FROM ({query}) {_ORDERS}"
    added = f"CASE WHEN side_ < 0 OR {total} < 0 THEN -1 ELSE 1 END"
    sign = "-side_" if role in _TAKEN_OFF else added
    share = f"(floor_ + CASE WHEN turn_ <= left_ THEN 1 ELSE 0 END) / unit_ * ({sign})"
    query = f"SELECT *, {share} AS share_{role}, (asked_ - units_) / unit_ AS rest_{role} FROM ({query})"
    helpers = "side_, due_, dues_, unit_, asked_, units_, floor_, over_, left_, turn_"
    return f"SELECT * EXCLUDE ({helpers}) REPLACE (round(cost + share_{role}, 9) AS cost) FROM ({query})"


def _lines(typed: Typed, base_currency: str) -> str:
    """The good lines of orders that have an amount to share out, in the order's own currency."""
    amounts = ", ".join(f"r.{quote(amount.column)}" for amount in typed.staged.order_amounts)
    some = " OR ".join(
        f"r.{quote(amount.column)} {'IS NOT NULL' if amount.role == SUBTOTAL else '<> 0'}"
        for amount in typed.staged.order_amounts
    )
    code = f"coalesce(t.currency, {literal(base_currency)})"
    return (
        f"SELECT t.{ROW}, t.order_id, t.row_key, t.{FACTOR}, t.revenue / t.{FACTOR} AS cost, {code} AS currency_,"
        f" {digits(code)} AS digits_, {amounts} FROM {typed.relation} AS t"
        f" JOIN {quote(typed.staged.relation)} AS r USING ({ROW}) WHERE {typed.good} AND ({some})"
    )


def _notes(connection: duckdb.DuckDBPyConnection, typed: Typed, amount: OrderAmount) -> list[str]:
    share, rest, table = f"share_{amount.role}", f"rest_{amount.role}", typed.spec.name
    orders = f"SELECT currency_, order_id, sum({share}) AS shared, max({rest}) AS rest FROM {SHARES} GROUP BY ALL"
    found = connection.execute(
        "SELECT currency_, count(*) FILTER (shared <> 0), sum(shared), count(*) FILTER (rest > 0), sum(rest)"
        f" FROM ({orders}) GROUP BY currency_ ORDER BY currency_"
    ).fetchall()
    notes = []
    for currency, allocated, shared, over, kept in found:
        if allocated:
            what = "what the lines cost above the subtotal" if amount.role == SUBTOTAL else amount.role
            notes.append(f"{table}: {what} of {allocated:,} orders allocated: {shared:+,.2f} {currency}")
        if over:
            notes.append(
                f"{table}: in {over:,} orders the {amount.role} ({amount.source}) is more than the lines cost, as where"
                f" shipping is in it; {kept:,.2f} {currency} are left out of revenue"
            )
    return notes
