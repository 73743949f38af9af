"""`newer`: of a table of a database, only the rows that are new or changed since the last ingest are read.

The highest value of a column (a time of change, or a number that grows) is kept as the mark. The next ingest reads
from that mark on, less an overlap, for rows are often written later than the time they carry.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator

from core.errors import MappingError
from pipelines.sources.form_parts import Part, Written

_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_WRITTEN = re.compile(r"(\d+(?:\.\d+)?)\s*([mhdw]?)")
_USUAL_TIME, _USUAL_NUMBER = timedelta(days=1), Decimal(10_000)


def _overlap(value: str | None) -> str | None:
    if value is not None and not _WRITTEN.fullmatch(value.strip()):
        raise ValueError("write it as 2d, 12h, 30m or 1w; where `by` is a number, as a number")
    return value


class Newer(Part):
    """`by`: a column that a new or changed row has a higher value in than all rows before; `overlap`: read again."""

    key: ClassVar[str] = "newer"
    by: Written
    overlap: Annotated[Written | None, AfterValidator(_overlap)] = None


MarkKind = Literal["moment", "time", "date", "number", "text"]


@dataclass(frozen=True)
class Mark:
    """A value of the column `by`: `kind` is what it is, `text` how it is written down."""

    kind: MarkKind
    text: str

    @classmethod
    def of(cls, value: Any) -> Mark | None:
        """What a database gave; None for nothing."""
        match value:
            case None:
                return None
            case datetime():
                return cls("moment" if value.tzinfo else "time", value.isoformat())
            case date():
                return cls("date", value.isoformat())
            case bool() | int() | float() | Decimal():
                return cls("number", str(value))
            case _:
                return cls("text", str(value))

    @classmethod
    def recalled(cls, kept: object) -> Mark | None:
        """What `as_dict` gave; None where it is no mark."""
        if not isinstance(kept, Mapping):
            return None
        try:
            mark = cls(kept["kind"], kept["text"])
            mark.less(None, "")
        except (KeyError, ValueError, TypeError, ArithmeticError, MappingError):
            return None
        return mark

    def as_dict(self) -> dict[str, str]:
        """To be written down."""
        return {"kind": self.kind, "text": self.text}

    def less(self, overlap: str | None, where: str) -> Any:
        """The value to read from, as the database compares it.

        A time that is text is cut to its day: so much of it every way of writing sorts alike.

        Raises:
            MappingError: the overlap is of another kind, or the text does not sort as time does.
        """
        if self.kind == "number":
            value = Decimal(self.text) - _number(overlap, where)
            return int(value) if value == value.to_integral_value() else float(value)
        span = _span(overlap, where)
        if self.kind == "date":
            return date.fromisoformat(self.text) - timedelta(days=-(-span // timedelta(days=1)))
        if self.kind != "text":
            return datetime.fromisoformat(self.text) - span
        try:
            return (datetime.fromisoformat(self.text) - span).date().isoformat()
        except ValueError:
            raise MappingError(
                f"newer.by goes by {self.text!r}, which is no time that sorts as text does",
                where=where,
                todo="name a column that is a time, a date or a number, or text such as 2024-03-01 18:00:00",
            ) from None


def _number(overlap: str | None, where: str) -> Decimal:
    if overlap is None:
        return _USUAL_NUMBER
    try:
        return Decimal(overlap)
    except InvalidOperation:
        raise MappingError(
            f"newer.overlap is a time ({overlap}), and newer.by a number",
            where=where,
            todo="write a number, such as 10000",
        ) from None


def _span(overlap: str | None, where: str) -> timedelta:
    if overlap is None:
        return _USUAL_TIME
    match = _WRITTEN.fullmatch(overlap.strip())
    if match is None or not match[2]:
        raise MappingError(
            f"newer.overlap is a number ({overlap}), and newer.by a time",
            where=where,
            todo="write it as 2d, 12h or 30m",
        )
    return float(match[1]) * _UNITS[match[2]]


@dataclass(frozen=True)
class NewerRows:
    """What of a table is read: rows whose `by` is `since` or higher (None: all of them), or empty.

    With each such row come all rows that have the same values as it in the columns `whole`: an order is read whole.
    """

    by: str
    since: Any = None
    whole: tuple[str, ...] = ()
