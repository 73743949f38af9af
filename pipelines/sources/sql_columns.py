"""How the columns of a database's table are carried over: as which type, and what becomes of odd values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy import types as sqltypes
from sqlalchemy.dialects import mysql

_TEXT = (pa.string(), "VARCHAR")
_EXACT = 15
"""So many digits a floating-point number holds; whole numbers with more of them stay exact."""
_TYPES: tuple[tuple[type[sqltypes.TypeEngine[Any]], pa.DataType, str], ...] = (
    (sqltypes.Boolean, pa.bool_(), "BOOLEAN"),
    (sqltypes.Integer, pa.int64(), "BIGINT"),
    (mysql.BIT, pa.int64(), "BIGINT"),
    (sqltypes.Float, pa.float64(), "DOUBLE"),
    (sqltypes.Numeric, pa.float64(), "DOUBLE"),
    (sqltypes.DateTime, pa.timestamp("us"), "TIMESTAMP"),
    (sqltypes.Date, pa.date32(), "DATE"),
)


@dataclass
class SqlColumn:
    """One column on its way; `zero_dates` counts the days 0000-00-00 met so far, which MySQL has for none."""

    name: str
    arrow: pa.DataType
    type_name: str
    zero_dates: int = field(default=0)

    @classmethod
    def of(cls, column: sa.Column[Any], dialect: str) -> SqlColumn:
        """Of a column as the database describes it. SQLite does not keep to its declared types: text, row by row."""
        arrow, name = _TEXT if dialect == "sqlite" else _type(column.type)
        return cls(column.name, arrow, name)

    def selected(self, table: sa.Table) -> sa.ColumnElement[Any]:
        """What to ask for: where text is wanted, the driver's own value."""
        column = table.columns[self.name]
        return sa.type_coerce(column, sqltypes.NullType()) if self.arrow == pa.string() else column

    def array(self, values: Sequence[Any]) -> pa.Array:
        """Values of the driver as they are carried over."""
        if self.arrow == pa.string():
            return pa.array([None if value is None else _text(value) for value in values], self.arrow)
        if self.arrow == pa.float64():
            return pa.array([None if value is None else float(value) for value in values], self.arrow)
        if pa.types.is_decimal(self.arrow):
            return pa.array([None if value is None else Decimal(value) for value in values], self.arrow)
        if pa.types.is_temporal(self.arrow):
            return pa.array([self._day(value) for value in values], self.arrow)
        return pa.array([int.from_bytes(v) if isinstance(v, bytes) else v for v in values], self.arrow)

    def notes(self) -> list[str]:
        """What a person has to know of the values."""
        return [f"0000-00-00 counts as empty: {self.zero_dates:,} rows"] if self.zero_dates else []

    def _day(self, value: Any) -> date | None:
        """A day or a moment; the driver leaves what is none (0000-00-00) as text."""
        if value is None or isinstance(value, date):
            return value
        self.zero_dates += 1
        return None


def _type(declared: sqltypes.TypeEngine[Any]) -> tuple[pa.DataType, str]:
    if isinstance(declared, mysql.TIMESTAMP) or (isinstance(declared, sqltypes.DateTime) and declared.timezone):
        return pa.timestamp("us", "UTC"), "TIMESTAMP WITH TIME ZONE"
    if isinstance(declared, mysql.BIGINT) and declared.unsigned:
        return pa.uint64(), "UBIGINT"
    if isinstance(declared, sqltypes.Numeric) and declared.scale == 0 and (declared.precision or 0) > _EXACT:
        return pa.decimal128(38, 0), "DECIMAL(38,0)"
    return next(((arrow, name) for kind, arrow, name in _TYPES if isinstance(declared, kind)), _TEXT)


def _text(value: Any) -> str:
    """Bytes are text where they can be read as such, else their digits in base 16."""
    if not isinstance(value, bytes):
        return str(value)
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.hex()
