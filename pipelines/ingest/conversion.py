"""SQL that turns a value of a source into a column of the contract: null where it can't be one.

A value arrives as the DuckDB type its source has; text is bare by then (see `pipelines.parsing.blanks`), and
what says nothing is null.
"""

from __future__ import annotations

from core.errors import MappingError
from core.expressions import literal
from feature_repo.contract import ColumnSpec
from pipelines.parsing.formats import Formats
from pipelines.parsing.moments import day, moment, plausible, to_utc
from pipelines.parsing.numbers import number
from pipelines.parsing.sql import let
from pipelines.parsing.types import FLOATS, INTEGERS, is_moment, is_nested, is_text, is_zoned

_SCIENTIFIC = "[0-9]([.,][0-9]+)?[eE][+][0-9]+"


def can_fail(type_: str, column: ColumnSpec) -> bool:
    """Whether a value of a DuckDB type may turn out not to be what the column wants."""
    if column.type == "text":
        return False
    if column.type == "id":
        return is_text(type_) or type_ in FLOATS
    if column.type == "number":
        return is_text(type_) or type_ in FLOATS
    return not (type_ == "DATE" and column.type == "date") and type_ != "BOOLEAN"


def convert(value: str, type_: str, column: ColumnSpec, *, formats: Formats, zone: str, where: str) -> str:
    """SQL of `value` (of DuckDB type `type_`) as the column's stored type; `zone` is the shop's.

    Raises:
        MappingError: no value of that type can ever be one.
    """
    if type_.upper() in {'"NULL"', "NULL"}:
        return f"CAST(NULL AS {column.sql_type})"
    sql = _converted(value, type_, column, formats, zone)
    if sql is None:
        raise MappingError(f"{type_} can't be a {column.type}", where=where, todo=_advice(column))
    return sql


def _converted(value: str, type_: str, column: ColumnSpec, formats: Formats, zone: str) -> str | None:
    match column.type:
        case "id":
            return _identifier(value, type_)
        case "text":
            return _text(value, type_, column)
        case "number":
            return _number(value, type_, formats)
        case "boolean":
            return _boolean(value, type_)
        case "timestamp":
            return _timestamp(value, type_, formats, zone)
        case "date":
            return _date(value, type_, formats, zone)


def _advice(column: ColumnSpec) -> str:
    if column.type == "timestamp":
        return "map another column, or convert it: to_timestamp(seconds), strptime(text, '%d.%m.%Y')"
    return "map another column, or convert it with CAST(... AS ...)"


def _text(value: str, type_: str, column: ColumnSpec) -> str | None:
    if is_nested(type_):
        return None
    text = f"CAST({value} AS VARCHAR)"
    if column.name == "currency":
        return f"upper({text})"
    return f"lower({text})" if column.choices else text


def _identifier(value: str, type_: str) -> str | None:
    """Ids are text: `007` stays, 12346.0 (a float that is whole) loses its `.0`; one whose digits are lost is none."""
    if is_text(type_):
        whole = f"{value} LIKE '%.0' AND regexp_full_match({value}, '[0-9]+[.]0')"
        lost = f"{value} LIKE '%+%' AND regexp_full_match({value}, {literal(_SCIENTIFIC)})"
        return f"CASE WHEN {whole} THEN {value}[:-3] WHEN {lost} THEN NULL ELSE {value} END"
    if type_ in FLOATS:
        whole = f"CAST(CAST({value} AS BIGINT) AS VARCHAR)"
        exact = f"isfinite({value}) AND abs({value}) <= {FLOATS[type_]}"
        return (
            f"CASE WHEN {exact} THEN"
            f" CASE WHEN {value} = trunc({value}) THEN {whole} ELSE CAST({value} AS VARCHAR) END END"
        )
    if type_.startswith("DECIMAL"):
        return f"regexp_replace(CAST({value} AS VARCHAR), '[.]0+$', '')"
    return None if is_nested(type_) else f"CAST({value} AS VARCHAR)"


def _number(value: str, type_: str, formats: Formats) -> str | None:
    if is_text(type_):
        return number(value, formats)
    if type_ in INTEGERS | {*FLOATS, "BOOLEAN"} or type_.startswith("DECIMAL"):
        return let(f"CAST({value} AS DOUBLE)", "n_", lambda n: f"CASE WHEN isfinite({n}) THEN {n} END")
    return None


def _boolean(value: str, type_: str) -> str | None:
    if type_ == "BOOLEAN":
        return value
    if not (is_text(type_) or type_ in INTEGERS | set(FLOATS) or type_.startswith("DECIMAL")):
        return None
    text = f"lower(CAST({value} AS VARCHAR))"
    yes, no = "('true', 't', 'yes', 'y', '1', '1.0')", "('false', 'f', 'no', 'n', '0', '0.0')"
    return f"CASE WHEN {text} IN {yes} THEN true WHEN {text} IN {no} THEN false END"


def _timestamp(value: str, type_: str, formats: Formats, zone: str) -> str | None:
    """A moment as UTC; without a zone of its own it is on the clock of the formats' zone."""
    clock = formats.zone or zone
    if is_zoned(type_):
        return plausible(f"timezone('UTC', CAST({value} AS TIMESTAMPTZ))")
    if is_moment(type_) or type_ == "DATE":
        return to_utc(plausible(f"CAST({value} AS TIMESTAMP)"), clock)
    return moment(value, formats.timestamps, clock) if is_text(type_) else None


def _date(value: str, type_: str, formats: Formats, zone: str) -> str | None:
    if type_ == "DATE":
        return value
    if is_moment(type_):
        return f"CAST({value} AS DATE)"
    if is_zoned(type_):
        return f"CAST(timezone({literal(zone)}, CAST({value} AS TIMESTAMPTZ)) AS DATE)"
    return day(value, formats.dates or formats.timestamps) if is_text(type_) else None
