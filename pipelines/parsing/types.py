"""What kinds of values DuckDB's types hold."""

from __future__ import annotations

INTEGERS = frozenset({
    "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT", "UHUGEINT",
})  # fmt: skip
FLOATS = {"FLOAT": 1 << 24, "DOUBLE": 1 << 53}
"""Types of numbers with a point, and up to where each whole number is told from its neighbours."""


def is_text(type_: str) -> bool:
    """Whether a type is text; old writers of Parquet leave text as bytes."""
    return type_ in {"VARCHAR", "JSON", "BLOB"} or type_.startswith("ENUM")


def as_text(value: str, type_: str) -> str:
    """SQL of a value of any type as VARCHAR; bytes that are not UTF-8 are null."""
    if type_ == "BLOB":
        return f"TRY(decode({value}))"
    return value if type_ == "VARCHAR" else f"CAST({value} AS VARCHAR)"


def is_moment(type_: str) -> bool:
    """Whether a type is a time on some clock, in whatever unit."""
    return type_ == "DATETIME" or (type_.startswith("TIMESTAMP") and not is_zoned(type_))


def is_zoned(type_: str) -> bool:
    """Whether a type is a moment in UTC, in whatever unit."""
    return type_.startswith("TIMESTAMP") and ("TZ" in type_ or "WITH TIME ZONE" in type_)


def is_nested(type_: str) -> bool:
    """Whether a type holds several values."""
    return type_.endswith("]") or type_.startswith(("STRUCT", "MAP", "UNION"))
