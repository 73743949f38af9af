"""SQL that turns a value of a source into a column of the contract: null where it can't be one.

A value arrives as the DuckDB type its source has; text is trimmed before, and an empty text is null.
"""

from __future__ import annotations

from core.errors import MappingError
from core.expressions import literal
from feature_repo.contract import ColumnSpec
from pipelines.sources.model import Formats

EARLIEST, LATEST = "TIMESTAMP '1900-01-01'", "TIMESTAMP '2200-01-01'"
_INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT"}
_FLOATS = {"FLOAT", "DOUBLE"}
_MOMENTS = {"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "DATETIME"}
_ZONED = "TIMESTAMP WITH TIME ZONE"
_OFFSET = r":\d{2}(\.\d+)?\s*(Z|UTC|[+-]\d{2}(:?\d{2})?)$"


def is_text(type_: str) -> bool:
    """Whether a DuckDB type is text."""
    return type_ in {"VARCHAR", "JSON"} or type_.startswith("ENUM")


def can_fail(type_: str, column: ColumnSpec) -> bool:
    """Whether a value of a DuckDB type may turn out not to be what the column wants."""
    if column.type == "text":
        return False
    if column.type == "id":
        return type_ in _FLOATS
    if column.type == "number":
        return is_text(type_) or type_ in _FLOATS
    return not (type_ == "DATE" and column.type == "date") and type_ != "BOOLEAN"


def trimmed(value: str, type_: str) -> str:
    """Text without surrounding blanks, null where nothing is left; anything else as it is."""
    return f"nullif(trim({value}), '')" if is_text(type_) else value


def number_from_text(value: str, formats: Formats) -> str:
    """Text as a number, with the separators of `formats`."""
    for old, new in ((formats.thousands, ""), (formats.decimal, ".")):
        if old and old != new:
            value = f"replace({value}, {literal(old)}, {literal(new)})"
    return f"TRY_CAST({value} AS DOUBLE)"


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
            text = f"CAST({value} AS VARCHAR)"
            return f"lower({text})" if column.choices else text
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


def _identifier(value: str, type_: str) -> str:
    """Ids are text: `007` stays, 12346.0 (a float that is whole) loses its `.0`."""
    if is_text(type_):
        whole = f"{value} LIKE '%.0' AND regexp_full_match({value}, '[0-9]+[.]0')"
        return f"CASE WHEN {whole} THEN {value}[:-3] ELSE {value} END"
    if type_ in _FLOATS:
        whole = f"CAST(CAST({value} AS BIGINT) AS VARCHAR)"
        return (
            f"CASE WHEN NOT isfinite({value}) THEN NULL"
            f" WHEN {value} = trunc({value}) AND abs({value}) < 9e18 THEN {whole} ELSE CAST({value} AS VARCHAR) END"
        )
    if type_.startswith("DECIMAL"):
        return f"regexp_replace(CAST({value} AS VARCHAR), '[.]0+$', '')"
    return f"CAST({value} AS VARCHAR)"


def _number(value: str, type_: str, formats: Formats) -> str | None:
    if is_text(type_):
        number = number_from_text(value, formats)
    elif type_ in _INTEGERS | _FLOATS | {"BOOLEAN"} or type_.startswith("DECIMAL"):
        number = f"CAST({value} AS DOUBLE)"
    else:
        return None
    return f"CASE WHEN isfinite({number}) THEN {number} END"


def _boolean(value: str, type_: str) -> str | None:
    if type_ == "BOOLEAN":
        return value
    if not (is_text(type_) or type_ in _INTEGERS | _FLOATS or type_.startswith("DECIMAL")):
        return None
    text = f"lower(CAST({value} AS VARCHAR))"
    yes, no = "('true', 't', 'yes', 'y', '1', '1.0')", "('false', 'f', 'no', 'n', '0', '0.0')"
    return f"CASE WHEN {text} IN {yes} THEN true WHEN {text} IN {no} THEN false END"


def _timestamp(value: str, type_: str, formats: Formats, zone: str) -> str | None:
    """A moment as UTC; without a zone of its own it is on the clock of the formats' zone."""
    clock = formats.zone or zone
    if type_ == _ZONED:
        return _plausible(f"timezone('UTC', {value})")
    if type_ in _MOMENTS or type_ == "DATE":
        return _to_utc(_plausible(f"CAST({value} AS TIMESTAMP)"), clock)
    if not is_text(type_):
        return None
    if formats.timestamps:
        return _with_formats(value, formats.timestamps, clock)
    zoned = f"TRY_CAST(regexp_replace({value}, '([+-][0-9]{{2}})([0-9]{{2}})$', '\\1:\\2') AS TIMESTAMPTZ)"
    utc, plain = f"timezone('UTC', {zoned})", f"TRY_CAST({value} AS TIMESTAMP)"
    return (
        f"CASE WHEN regexp_matches({value}, {literal(_OFFSET)}) THEN {_plausible(utc)}"
        f" ELSE {_to_utc(_plausible(plain), clock)} END"
    )


def _with_formats(value: str, formats: tuple[str, ...], clock: str) -> str:
    """The first of the formats that fits; one with %z says its offset itself."""
    tries = []
    for text in formats:
        parsed = f"try_strptime({value}, {literal(text)})"
        zoned = "%z" in text or "%Z" in text
        tries.append(_plausible(f"timezone('UTC', {parsed})") if zoned else _to_utc(_plausible(parsed), clock))
    return f"coalesce({', '.join(tries)})"


def _plausible(moment: str) -> str:
    return f"CASE WHEN {moment} BETWEEN {EARLIEST} AND {LATEST} THEN {moment} END"


def _to_utc(moment: str, clock: str) -> str:
    return moment if clock == "UTC" else f"timezone('UTC', timezone({literal(clock)}, {moment}))"


def _date(value: str, type_: str, formats: Formats, zone: str) -> str | None:
    if type_ == "DATE":
        return value
    if type_ in _MOMENTS:
        return f"CAST({value} AS DATE)"
    if type_ == _ZONED:
        return f"CAST(timezone({literal(zone)}, {value}) AS DATE)"
    if not is_text(type_):
        return None
    if used := formats.dates or formats.timestamps:
        parsed = f"try_strptime({value}, [{', '.join(literal(text) for text in used)}])"
        return f"CAST({_plausible(parsed)} AS DATE)"
    moment = _plausible(f"TRY_CAST({value} AS TIMESTAMP)")
    return f"CAST({moment} AS DATE)"
