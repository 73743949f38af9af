"""The checks a row has to pass, each with the SQL that finds rows that fail it.

A row's verdict is one number: bit n is set where check n failed. The SQL is written over the columns that
`typed.py` provides: `<column>` with the contract's type, `x_<column>` the value as it came, `f_<column>` true
where its expression could not be computed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from core.expressions import literal, quote
from feature_repo.contract import ColumnSpec, TableSpec
from pipelines.ingest.conversion import can_fail
from pipelines.parsing.spreadsheet_dates import is_spreadsheet_date
from pipelines.parsing.types import is_text

DUPLICATE = "exact duplicate of another row"
TOLD_AGAIN = "exact duplicate: the whole order stands in the source more than once"
NO_RATE = "no rate for the currency at or before the day"
DATE_FOR_NUMBER = "a date where a number belongs, as a spreadsheet makes of 3-10"
LATER_THAN_CLOCK = "later than the clock"
_KINDS = {
    "number": "not a number",
    "timestamp": "not a timestamp (1900 to 2200)",
    "date": "not a date (1900 to 2200)",
    "boolean": "neither yes nor no",
    "id": "not an id: digits are lost, as in 4.00638E+12",
    "text": "not text",
}


@dataclass(frozen=True)
class RowCheck:
    """One check: what to say of a row that fails it, which column shows why, and SQL for failing.

    `source_column`: the column of the source that shows why, where it is none that fills the contract's.
    """

    reason: str
    column: str | None
    fails: str
    source_column: str | None = None


def row_checks(
    spec: TableSpec, types: Mapping[str, str], computed: Collection[str], *, now: str, today: str
) -> list[RowCheck]:
    """The checks of a table, in the order of their bits; duplicates and currencies are added by others.

    `types` are the mapped columns with the DuckDB types they come with, `computed` those that an expression
    fills; `now` and `today` are the clock's present, as SQL.
    """
    checks = []
    for column in spec.columns:
        if column.name in types:
            checks += _column_checks(column, types[column.name], column.name in computed)
    rules = [rule for rule in spec.rules if set(rule.columns) <= set(types)]
    checks += [RowCheck(rule.reason, None, f"coalesce(NOT ({rule.condition}), false)") for rule in rules]
    if spec.time:
        present = now if spec.has_clock else today
        checks.append(
            RowCheck(
                f"{spec.time} is {LATER_THAN_CLOCK}", spec.time, f"coalesce({quote(spec.time)} > {present}, false)"
            )
        )
    return checks


def _column_checks(column: ColumnSpec, type_: str, computed: bool) -> list[RowCheck]:
    x, t, name = f"x_{column.name}", quote(column.name), column.name
    checks = []
    if computed:
        checks.append(RowCheck(f"{name} can't be computed", name, f"f_{name}"))
    if can_fail(type_, column):
        fails = f"({x} IS NOT NULL AND {t} IS NULL)"
        if column.type == "number" and is_text(type_):
            date = f"(CASE WHEN {fails} THEN {is_spreadsheet_date(x)} ELSE false END)"
            checks.append(RowCheck(f"{name} is {DATE_FOR_NUMBER}", name, date))
            fails = f"({fails} AND NOT {date})"
        checks.append(RowCheck(f"{name} is {_KINDS[column.type]}", name, fails))
    if not column.nullable:
        empty = f"({x} IS NULL AND NOT f_{name})" if computed else f"({x} IS NULL)"
        checks.append(RowCheck(f"{name} is empty", name, empty))
    if column.minimum is not None:
        checks.append(RowCheck(f"{name} is below {column.minimum:g}", name, f"coalesce({t} < {column.minimum}, false)"))
    if column.maximum is not None:
        checks.append(RowCheck(f"{name} is above {column.maximum:g}", name, f"coalesce({t} > {column.maximum}, false)"))
    if column.above is not None:
        checks.append(
            RowCheck(f"{name} is not above {column.above:g}", name, f"coalesce({t} <= {column.above}, false)")
        )
    if column.choices:
        allowed = ", ".join(literal(choice) for choice in column.choices)
        reason = f"{name} is none of {', '.join(column.choices)}"
        checks.append(RowCheck(reason, name, f"coalesce({t} NOT IN ({allowed}), false)"))
    return checks


def key_not_unique(spec: TableSpec) -> str | None:
    """The reason for a row that shares its key with a later row about something else; None where none can."""
    if not spec.same:
        return None
    return f"{' and '.join(spec.key)} are those of a later row with another {' or '.join(spec.same)}"


def told_again(spec: TableSpec) -> str | None:
    """The reason for a line of an order that the source tells more than once; None for tables without orders."""
    return TOLD_AGAIN if spec.name == "orders" else None


def lone_time(spec: TableSpec) -> str | None:
    """The reason for a row whose time lies apart from all others; None for tables that nothing is dated by."""
    return f"{spec.time} lies far from all other rows" if spec.name == "orders" else None


def verdict(checks: list[RowCheck]) -> str:
    """SQL of the number whose bits are the failed checks."""
    bits = [f"CASE WHEN {check.fails} THEN {1 << bit} ELSE 0 END" for bit, check in enumerate(checks)]
    return f"CAST({' + '.join(bits) or '0'} AS BIGINT)"


def reasons(checks: list[RowCheck]) -> str:
    """SQL of the reasons of the checks that failed (the bits of `mask`), one text."""
    cases = [f"CASE WHEN mask & {1 << bit} <> 0 THEN {literal(c.reason)} END" for bit, c in enumerate(checks)]
    return f"concat_ws('; ', {', '.join(cases)})"
