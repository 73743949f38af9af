"""The order lines of a source beside those in force, month by month: what differs, and which rule took it.

Of every month the file's figures are the stored ones plus what each rule took, exactly: amounts are added up as
decimals, not as floating-point numbers. A row is taken by one rule only, the first that applies, and an order by the
rule of one of its lines, where none of them is stored. The stored figures are read from the committed files. Months
that the source does not tell of are left out.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from core import utc
from core.errors import MappingError
from core.expressions import literal, quote
from core.files import write_atomically
from core.workspace import Workspace
from pipelines.ingest import revisions
from pipelines.ingest.typed import Fate, Shop, Typed, has_currency, left_out, row_key

FILE = "reconciliation.json"
TABLE = "orders"
NO_DATE = "no date"
EARLIER = "in force from earlier ingests (comes on top)"
_PRECISE = "DECIMAL(24, 4)"
_MONTH = "CAST(date_trunc('month', day) AS DATE)"
REFUND = "coalesce(quantity < 0 OR revenue < 0, false)"
"""SQL of whether an order line is money given back."""
_STORED, _LEFT_OUT, _SUPERSEDED, _REPEATED, _CHECKS = range(5)
_OPERATIONS = 10_000


@dataclass(frozen=True)
class Figures:
    """Some order lines: `refunds` is the part of `revenue` on lines with a quantity or an amount below zero."""

    rows: int = 0
    orders: int = 0
    revenue: Decimal = Decimal(0)
    refunds: Decimal = Decimal(0)

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            self.rows + other.rows,
            self.orders + other.orders,
            self.revenue + other.revenue,
            self.refunds + other.refunds,
        )

    def __neg__(self) -> Figures:
        return Figures(-self.rows, -self.orders, -self.revenue, -self.refunds)

    def __sub__(self, other: Figures) -> Figures:
        return self + -other

    def __bool__(self) -> bool:
        return self != Figures()


@dataclass(frozen=True)
class Month:
    """One month of the shop: `file` = `stored` + what the rules `took`. An order counts in each of its months."""

    month: str
    file: Figures
    stored: Figures
    took: dict[str, Figures] = field(default_factory=dict)

    @property
    def exact(self) -> bool:
        """Whether it adds up."""
        return self.file == sum(self.took.values(), self.stored)


_ByMonth = dict[date | None, Figures]
_ByRule = dict[date | None, dict[int, Figures]]


@dataclass(frozen=True)
class Reconciliation:
    """All months that a source tells of, and when it was read, and from where."""

    source: str
    timezone: str
    currency: str
    at: str
    months: tuple[Month, ...]

    @property
    def total(self) -> Month:
        """All months together."""
        took: dict[str, Figures] = defaultdict(Figures)
        for month in self.months:
            for rule, figures in month.took.items():
                took[rule] += figures
        file, stored = (sum((getattr(m, side) for m in self.months), Figures()) for side in ("file", "stored"))
        return Month("total", file, stored, dict(took))

    @property
    def exact(self) -> bool:
        """Whether every month adds up."""
        return all(month.exact for month in self.months)

    def as_dict(self) -> dict[str, Any]:
        """For machines; amounts are texts, so that no digit is lost."""
        both = {"total": asdict(self.total), "exact": self.exact}
        return json.loads(json.dumps({**asdict(self), **both}, default=_amount))  # type: ignore[no-any-return]


def _amount(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, Decimal) else str(value)


def reconcile(
    connection: duckdb.DuckDBPyConnection,
    typed: Typed,
    shop: Shop,
    *,
    before: Sequence[Path],
    after: Sequence[Path] | None,
    left: bool,
) -> Reconciliation:
    """Compare the rows of a source with those in force.

    Args:
        connection: where the typed rows are, merged already.
        typed: the rows of `orders`.
        shop: its zone and currency.
        before: the files that were in force and that the source was merged into, none where it replaced them.
        after: the files in force now; None in a dry run, where nothing was written.
        left: whether rows in force may be there that the source does not have.
    """
    told, kept = _told(connection, typed, shop)
    files = before if after is None else after
    of_earlier = _of_earlier(typed, files, written=after is not None) if left else ""
    earlier = _by_month(connection, of_earlier) if of_earlier else {}
    stored = _by_month(connection, _lines(files) if after else _would_be(typed, of_earlier))
    months = []
    for month, rules in sorted(told.items(), key=lambda item: item[0] or date.max):
        here, mine, brought = (figures.get(month, Figures()) for figures in (stored, kept, _of_rule(told, _STORED)))
        took = {_name(typed, rule): figures for rule, figures in sorted(rules.items()) if rule != _STORED}
        if brought != mine:
            took[_between(typed, shop)] = brought - mine
        if month in earlier:
            took[EARLIER] = -replace(earlier[month], orders=here.orders - mine.orders)
        file = sum(rules.values(), Figures())
        months.append(Month(month.strftime("%Y-%m") if month else NO_DATE, file, here, took))
    return Reconciliation(typed.source.origin.label, shop.timezone, shop.base_currency, utc.text(), tuple(months))


def _between(typed: Typed, shop: Shop) -> str:
    """What makes stored amounts others than those that were brought."""
    shared = [amount.role for amount in typed.staged.order_amounts]
    parts = [f"{' and '.join(shared)} of orders shared out"] if shared else []
    if has_currency(typed.source):
        parts.append(f"converted to {shop.base_currency}")
    return ", ".join(parts)


def keep(workspace: Workspace, found: Reconciliation) -> None:
    """Write it down, for whoever asks later."""
    write_atomically(_path(workspace), json.dumps(found.as_dict(), indent=1))


def recall(workspace: Workspace) -> Reconciliation | None:
    """What the last ingest that read the orders found."""
    try:
        kept = json.loads(_path(workspace).read_text())
        months = tuple(
            Month(
                month["month"],
                _figures(month["file"]),
                _figures(month["stored"]),
                {rule: _figures(figures) for rule, figures in month["took"].items()},
            )
            for month in kept["months"]
        )
        return Reconciliation(kept["source"], kept["timezone"], kept["currency"], kept["at"], months)
    except (OSError, ValueError, KeyError, TypeError, ArithmeticError):
        return None


def _path(workspace: Workspace) -> Path:
    return workspace.tables_dir / FILE


def _figures(kept: dict[str, Any]) -> Figures:
    return Figures(kept["rows"], kept["orders"], Decimal(kept["revenue"]), Decimal(kept["refunds"]))


def _name(typed: Typed, rule: int) -> str:
    if rule >= _OPERATIONS:
        return f"left out: {typed.staged.left_out[rule - _OPERATIONS].reason}"
    names = {_LEFT_OUT: "left out by where", _SUPERSEDED: "a later row has its key", _REPEATED: "its key stood there"}
    broken = _CHECKS + len(typed.checks)
    if rule >= broken:
        return f"set aside: {_broken_reasons(typed)[rule - broken]}"
    return names[rule] if rule < _CHECKS else f"set aside: {typed.checks[rule - _CHECKS].reason}"


def _broken_reasons(typed: Typed) -> list[str]:
    return list(dict.fromkeys(row.reason for row in typed.staged.broken))


def _told(connection: duckdb.DuckDBPyConnection, typed: Typed, shop: Shop) -> tuple[_ByRule, _ByMonth]:
    """The rows of the source, as brought, by month and rule; and those that are kept, as they are stored."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE told AS {_rows(typed)}")
    if typed.source.where:
        _insert(connection, _LEFT_OUT, left_out(connection, typed, shop))
    for number, left in enumerate(typed.staged.left_out):
        try:
            _insert(connection, _OPERATIONS + number, left_out(connection, typed, shop, left.relation))
        except (MappingError, duckdb.Error):  # an operation that runs later makes what the columns are computed from
            nothing = f"SELECT NULL, {_OPERATIONS + number}, NULL, false, 0, 0 FROM {quote(left.relation)}"
            connection.execute(f"INSERT INTO told {nothing}")
    orders = (
        "SELECT month, rule, count(*) AS orders FROM (SELECT month, order_id, min(rule) AS rule FROM told"
        " WHERE order_id IS NOT NULL GROUP BY month, order_id) GROUP BY ALL"
    )
    sums = [f"coalesce(sum({amount}) {part}, 0)" for amount in ("brought", "kept") for part in ("", "FILTER (refund)")]
    rows = connection.execute(
        f"SELECT l.month, l.rule, n, coalesce(orders, 0), a, b, c, d FROM (SELECT month, rule, count(*) AS n,"
        f" {', '.join(f'{sql} AS {name}' for sql, name in zip(sums, 'abcd', strict=True))} FROM told GROUP BY ALL)"
        f" AS l LEFT JOIN ({orders}) AS o ON l.month IS NOT DISTINCT FROM o.month AND l.rule = o.rule"
    ).fetchall()
    told: _ByRule = defaultdict(dict)
    kept: _ByMonth = {}
    for month, rule, n, of_orders, brought, refunds, stored, stored_refunds in rows:
        told[month][rule] = Figures(n, of_orders, brought, refunds)
        if rule == _STORED:
            kept[month] = Figures(n, of_orders, stored, stored_refunds)
    reasons = _broken_reasons(typed)
    for row in typed.staged.broken:
        rule = _CHECKS + len(typed.checks) + reasons.index(row.reason)
        told[None][rule] = told[None].get(rule, Figures()) + Figures(rows=1)
    return told, kept


def _insert(connection: duckdb.DuckDBPyConnection, rule: int, lines: str) -> None:
    """Put lines that a rule took among those that are told."""
    amount = _money("revenue")
    connection.execute(f"INSERT INTO told SELECT {_MONTH}, {rule}, order_id, {REFUND}, {amount}, 0 FROM ({lines})")


def _rows(typed: Typed) -> str:
    checks = "".join(f" WHEN mask & {1 << bit} <> 0 THEN {_CHECKS + bit}" for bit in range(len(typed.checks)))
    rule = (
        f"CASE{checks} WHEN fate = {int(Fate.SUPERSEDED)} THEN {_SUPERSEDED}"
        f" WHEN fate = {int(Fate.REPEATED)} THEN {_REPEATED} ELSE {_STORED} END"
    )
    return (
        f"SELECT {_MONTH} AS month, {rule} AS rule, order_id, {REFUND} AS refund, {_money(typed.brought)} AS brought,"
        f" {_money('revenue')} AS kept FROM {typed.relation}"
    )


def _of_rule(told: _ByRule, rule: int) -> _ByMonth:
    return {month: rules[rule] for month, rules in told.items() if rule in rules}


def _would_be(typed: Typed, earlier: str) -> str:
    """The lines that would be in force: those of the source, and of those in force what it does not have."""
    columns = "SELECT day, order_id, quantity, revenue"
    lines = f"{columns} FROM {typed.relation} WHERE {typed.good}"
    return f"FROM ({lines}{f' UNION ALL {columns} {earlier}' if earlier else ''})"


def _of_earlier(typed: Typed, files: Sequence[Path], *, written: bool) -> str:
    """The lines of files that the source does not have."""
    lines = f"{_lines(files)} WHERE hash({row_key(typed.spec, 'row_key')}) NOT IN"
    lines += f" (SELECT key_hash FROM {typed.relation} WHERE {typed.good})"
    return lines if written else f"{lines} AND row_key NOT IN (SELECT row_key FROM {revisions.REVISED})"


def _lines(files: Sequence[Path]) -> str:
    return f"FROM read_parquet([{', '.join(literal(str(path)) for path in files)}])"


def _by_month(connection: duckdb.DuckDBPyConnection, lines: str) -> _ByMonth:
    amount = _money("revenue")
    rows = connection.execute(
        f"SELECT {_MONTH}, count(*), count(DISTINCT order_id), sum({amount}),"
        f" coalesce(sum({amount}) FILTER ({REFUND}), 0) {lines} GROUP BY 1"
    ).fetchall()
    return {month: Figures(*figures) for month, *figures in rows}


def _money(amount: str) -> str:
    """SQL of an amount as a decimal; what can't be read, or is beyond all money, counts as nothing."""
    return f"coalesce(TRY_CAST({amount} AS {_PRECISE}), 0)"
