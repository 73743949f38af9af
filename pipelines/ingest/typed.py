"""From a staged source to typed, checked rows: one query per table, all rows at once.

The result is a table `typed_<name>` with the contract's stored columns, `ROW` (the row of the source),
`mask` (0: the row passed every check; see `checks.py`), `remarks` (see `remarks.py`), `key_hash` and `fate` (see
`Fate`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum
from zoneinfo import ZoneInfo

import duckdb

from core import utc
from core.expressions import literal, quote
from feature_repo.contract import SOURCE_ID, TABLES, TableSpec
from pipelines.ingest.checks import (
    DUPLICATE,
    NO_RATE,
    RowCheck,
    key_not_unique,
    lone_time,
    row_checks,
    told_again,
    verdict,
)
from pipelines.ingest.conversion import convert
from pipelines.ingest.engine import scalar
from pipelines.ingest.remarks import Remark, marks, remarks
from pipelines.ingest.values import IDENTITY, WHERE, Values, key_column, values
from pipelines.sources.operations.relations import operated
from pipelines.sources.source import ROW, Staged, TableSource

RATES = "rates_to_base"
"""The relation (date, currency, rate) that money is converted by."""

_BROUGHT = "brought_"


FACTOR = "factor_"
"""What a line's amounts were multiplied with to be in the base currency, where amounts are still to be shared out."""


class Fate(IntEnum):
    """What becomes of a row that passed its checks."""

    KEPT = 0
    SUPERSEDED = 1
    REPEATED = 2


@dataclass(frozen=True)
class Typed:
    """The typed rows of one table in the engine.

    `source` and `staged` are as operations have left them. `filtered` rows were left out by the mapping's `where`
    or by an operation, `superseded` ones by an operation that knows a later version of them.
    `brought` is the column with the revenue before it was converted to the base currency.
    """

    spec: TableSpec
    source: TableSource
    staged: Staged
    relation: str
    checks: tuple[RowCheck, ...]
    read: int
    filtered: int
    remarks: tuple[Remark, ...] = ()
    superseded: int = 0
    brought: str = "revenue"

    @property
    def good(self) -> str:
        """SQL condition: the row goes on."""
        return f"mask = 0 AND fate = {int(Fate.KEPT)}"

    @property
    def duplicate_bit(self) -> int:
        """The bit of the check for exact duplicates."""
        return self.bit(DUPLICATE)

    def bit(self, reason: str) -> int:
        """The bit of the check with that reason."""
        return 1 << [check.reason for check in self.checks].index(reason)


@dataclass(frozen=True)
class Shop:
    """What typing needs to know of the shop: its zone, its base currency and the present moment."""

    timezone: str
    base_currency: str
    now: datetime

    @property
    def now_sql(self) -> str:
        """The present moment in UTC, as SQL."""
        return f"TIMESTAMP {literal(utc.naive(self.now).strftime('%Y-%m-%d %H:%M:%S'))}"

    @property
    def today_sql(self) -> str:
        """The present day in the shop's zone, as SQL."""
        return f"DATE {literal(self.now.astimezone(ZoneInfo(self.timezone)).date().isoformat())}"


def build(
    connection: duckdb.DuckDBPyConnection,
    source: TableSource,
    staged: Staged,
    shop: Shop,
    *,
    by_source: bool = False,
) -> Typed:
    """Convert and check every row of a staged source; `by_source`: keep the ids of customers as they came.

    Raises:
        MappingError: an expression does not fit its columns, or a column can't become the contract's type.
    """
    spec = stored_spec(source.table, by_source)
    source, staged = operated(connection, source, staged)
    came = values(connection, source, staged)
    converted = has_currency(source)
    query = derived(spec, _typed(spec, source, came, shop), shop.timezone, told_apart=source.identity is not None)
    query = _money(spec, query, shop.base_currency) if converted else query
    checks = _checks(spec, staged, came, shop, converted)
    found = remarks(spec, came, source.formats, source.formats.zone or shop.timezone)
    brought = _BROUGHT if staged.order_amounts or (converted and "revenue" in spec.names) else "revenue"
    keys = [f"CAST(x_{key_column(kind)} AS VARCHAR) AS {key_column(kind)}" for kind in source.keys]
    columns = ", ".join([ROW, *map(quote, spec.stored), *keys, *_as_brought(staged, brought, converted)])
    relation = f"typed_{spec.name}"
    connection.execute(
        f"CREATE OR REPLACE TABLE {relation} AS SELECT {columns}, {verdict(checks)} AS mask,"
        f" {marks(found)} AS remarks, hash({identity(spec)}) AS key_hash, CAST(0 AS TINYINT) AS fate FROM ({query})"
    )
    read = scalar(connection, f"SELECT count(*) FROM {quote(staged.relation)}")
    left = scalar(connection, f"SELECT count(*) FROM {relation}")
    out, superseded = (staged.rows_left_out(superseded=which) for which in (False, True))
    total = read + out + superseded + len(staged.broken)
    return Typed(
        spec,
        source,
        staged,
        relation,
        tuple(checks),
        total,
        read - left + out,
        tuple(found),
        superseded,
        brought,
    )


def stored_spec(table: str, by_source: bool) -> TableSpec:
    """How a table is stored: where ids are found to be one person, facts keep the id of their source beside."""
    spec = TABLES[table]
    return replace(spec, by_source=by_source and spec.time is not None and "customer_id" in spec.names)


def left_out(connection: duckdb.DuckDBPyConnection, typed: Typed, shop: Shop, relation: str | None = None) -> str:
    """The query of rows that the mapping's `where` leaves out, or that an operation took into `relation`.

    It has the contract's columns, amounts as brought.

    Raises:
        MappingError: what the columns are computed from is not there yet in `relation`.
    """
    spec, source, staged = typed.spec, typed.source, typed.staged
    if relation is None:
        came = values(connection, source, staged, left_out=True)
    else:
        came = values(connection, replace(source, where=None), replace(staged, relation=relation))
    return derived(spec, _typed(spec, source, came, shop), shop.timezone, told_apart=source.identity is not None)


def _as_brought(staged: Staged, brought: str, converted: bool) -> list[str]:
    """Columns for who needs to know of lines what they cost before conversion, and before amounts are shared out."""
    columns = [] if brought != _BROUGHT else [brought if converted else f"revenue AS {brought}"]
    if staged.order_amounts:
        columns.append(FACTOR if converted else f"CAST(1 AS DOUBLE) AS {FACTOR}")
    return columns


def identity(spec: TableSpec) -> str:
    """SQL of a stored row's identity: its `row_key`, else its key columns."""
    return "row_key" if spec.time else ", ".join(quote(name) for name in spec.key)


def has_currency(source: TableSource) -> bool:
    """Whether a table says in which currency its money is."""
    has_money = any(column.money for column in TABLES[source.table].columns)
    return has_money and ("currency" in source.columns or "currency" in source.constants)


def derived(spec: TableSpec, query: str, zone: str, *, told_apart: bool = False) -> str:
    """Add the columns that stored facts carry beside the contract's: the shop's day and clock, the identity.

    `told_apart`: the query has a column `IDENTITY` that is part of the identity where it is not null.
    """
    if spec.by_source:
        query = f"SELECT *, customer_id AS {SOURCE_ID} FROM ({query})"
    if spec.time is None:
        return query
    time = quote(spec.time)
    if spec.has_clock:
        local = f"timezone({literal(zone)}, timezone('UTC', {time}))"
        columns = f"CAST({local} AS DATE) AS day, {local} AS local_at"
    else:
        columns = f"{time} AS day"
    content = _digest(spec.names)
    if told_apart:
        content = f"CASE WHEN {IDENTITY} IS NULL THEN {content} ELSE md5({content} || {IDENTITY}) END"
    return f"SELECT *, {columns}, {row_key(spec, content)} AS row_key FROM ({query})"


def row_key(spec: TableSpec, otherwise: str) -> str:
    """SQL of the identity of a fact: its key where no part of it is empty, else what is said `otherwise`."""
    if not spec.key:
        return otherwise
    optional = [f"{quote(name)} IS NULL" for name in spec.key if name not in spec.required]
    parts = ", ".join(f"CAST({quote(name)} AS VARCHAR)" for name in spec.key)
    whole = f"concat_ws(chr(31), {parts})"
    return f"CASE WHEN {' OR '.join(optional)} THEN {otherwise} ELSE {whole} END" if optional else whole


def _digest(names: tuple[str, ...]) -> str:
    texts = ", ".join(f"coalesce(CAST({quote(name)} AS VARCHAR), chr(30))" for name in names)
    return f"md5(concat_ws(chr(31), {texts}))"


def _typed(spec: TableSpec, source: TableSource, came: Values, shop: Shop) -> str:
    parts = ["*"]
    for column in spec.columns:
        if column.name in came.types:
            place = f"mapping.yaml, {spec.name}.{column.name}"
            type_ = came.types[column.name]
            sql = convert(f"x_{column.name}", type_, column, formats=source.formats, zone=shop.timezone, where=place)
        else:
            sql = "NULL"
        parts.append(f"CAST({sql} AS {column.sql_type}) AS {quote(column.name)}")
    return f"SELECT {', '.join(parts)} FROM ({came.sql})"


def _money(spec: TableSpec, query: str, base: str) -> str:
    """Amounts in the base currency, at the last rate at or before the row's day."""
    foreign = f"(currency IS NOT NULL AND currency <> {literal(base)})"
    factor = f"CASE WHEN {foreign} THEN coalesce(rate_, 1) ELSE 1 END"
    amounts = ", ".join(f"{quote(c.name)} * {factor} AS {quote(c.name)}" for c in spec.columns if c.money)
    if "revenue" in spec.names:
        query = f"SELECT *, revenue AS {_BROUGHT} FROM ({query})"
    rates = f"(SELECT date AS rate_date_, currency AS rate_currency_, rate AS rate_ FROM {RATES})"
    return (
        f"SELECT * REPLACE ({amounts}), {foreign} AND rate_ IS NULL AS no_rate_, {factor} AS {FACTOR} FROM ({query})"
        f" ASOF LEFT JOIN {rates} ON currency = rate_currency_ AND day >= rate_date_"
    )


def _checks(spec: TableSpec, staged: Staged, came: Values, shop: Shop, converted: bool) -> list[RowCheck]:
    checks = row_checks(spec, came.types, came.computed, now=shop.now_sql, today=shop.today_sql)
    if WHERE in came.computed:
        checks.append(RowCheck("where can't be computed", None, f"f_{WHERE}"))
    if converted:
        checks.append(RowCheck(NO_RATE, "currency", "no_rate_"))
    checks = _beside_faults(checks, staged)
    later = [reason for reason in (key_not_unique(spec), lone_time(spec), told_again(spec), DUPLICATE) if reason]
    return [*checks, *(RowCheck(reason, spec.time if reason == lone_time(spec) else None, "false") for reason in later)]


def _beside_faults(checks: list[RowCheck], staged: Staged) -> list[RowCheck]:
    """Checks for the rows that operations could not read; of these nothing else is said."""
    if not staged.faults:
        return checks
    unread = " OR ".join(fault.mark for fault in staged.faults)
    others = [replace(check, fails=f"(NOT ({unread}) AND {check.fails})") for check in checks]
    return [*(RowCheck(fault.reason, None, fault.mark, fault.shows) for fault in staged.faults), *others]
