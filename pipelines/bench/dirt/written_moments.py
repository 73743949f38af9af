"""Times as spreadsheets, people and other systems write them anew."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from random import Random
from zoneinfo import ZoneInfo

from core import utc
from pipelines.bench.dirt.dirt_kinds import DirtKind, kind
from pipelines.bench.dirty_export import SERIAL, DirtyExport


def _days(export: DirtyExport) -> list[str]:
    """Columns with days that a spreadsheet takes for times: it does not know offsets."""
    return [name for name in export.of(export.moments) if _has_day(export.moments[name])]


def _has_day(written: str) -> bool:
    return "%d" in written and "%z" not in written


def _has_days(export: DirtyExport) -> bool:
    return bool(_days(export))


def _has_offsets(export: DirtyExport) -> bool:
    return any("%z" in written for written in export.moments.values())


def _rewritten(export: DirtyExport, day: str, time: str, padded: bool = True) -> None:
    """Every day in another format; a time stands behind it where one did."""
    for name in _days(export):
        old = export.moments[name]
        new = day + (f" {time}" if re.search("%[HI]", old) else "")
        _anew(export, name, partial(_text, written=new, padded=padded))
        export.moments[name] = new


def _anew(export: DirtyExport, name: str, new: Callable[[datetime], str]) -> None:
    """Every time of a column; words such as Total stay."""
    old = export.moments[name]

    def told(text: str) -> str:
        try:
            return new(datetime.strptime(text, old))
        except ValueError:
            return text

    export.rewrite([name], told)


def _text(at: datetime, written: str, padded: bool) -> str:
    text = at.strftime(written)
    return text if padded else re.sub(r"(?<![0-9:])0([0-9])", r"\1", text)


def _spreadsheet(name: str, day: str, time: str = "%H:%M", padded: bool = True) -> DirtKind:
    """A spreadsheet that saved the file in another country."""

    def spoil(export: DirtyExport, _chance: Random) -> None:
        _rewritten(export, day, time, padded)

    spoil.__name__ = name
    return kind("moments", _has_days)(spoil)


@kind("moments", _has_offsets)
def offsets_with_colon(export: DirtyExport, _chance: Random) -> None:
    """+01:00 for +0100."""
    _offsets(export, lambda at: f"{at:%Y-%m-%dT%H:%M:%S}{at:%z}"[:-2] + ":" + f"{at:%z}"[-2:])


@kind("moments", _has_offsets)
def offsets_in_utc(export: DirtyExport, _chance: Random) -> None:
    """The same moments as UTC."""
    _offsets(export, lambda at: f"{utc.aware(at):%Y-%m-%dT%H:%M:%SZ}")


@kind("moments", _has_offsets)
def offsets_of_elsewhere(export: DirtyExport, chance: Random) -> None:
    """The same moments as the clocks of several places show them."""
    zones = [ZoneInfo(name) for name in ("Etc/GMT+8", "UTC", "Asia/Kolkata")]
    _offsets(export, lambda at: f"{at.astimezone(chance.choice(zones)):%Y-%m-%d %H:%M:%S %z}")


def _offsets(export: DirtyExport, new: Callable[[datetime], str]) -> None:
    for name in export.of(export.moments):
        _anew(export, name, new)


@kind("moments", _has_days, may_stop=True)
def serial_days(export: DirtyExport, _chance: Random) -> None:
    """As numbers: a spreadsheet's column that was formatted so."""
    for name in _days(export):
        _anew(export, name, _serial)
        export.moments[name] = SERIAL


def _serial(at: datetime) -> str:
    days = (at - datetime(1899, 12, 30)) / timedelta(days=1)
    return f"{days:.10f}".rstrip("0").rstrip(".")


KINDS = (
    _spreadsheet("british_days", "%d/%m/%Y"),
    _spreadsheet("american_days", "%m/%d/%Y", padded=False),
    _spreadsheet("american_afternoons", "%m/%d/%Y", "%I:%M %p", padded=False),
    _spreadsheet("short_american_days", "%m/%d/%y", padded=False),
    _spreadsheet("german_days", "%d.%m.%Y", "%H:%M:%S"),
    _spreadsheet("dutch_days", "%d-%m-%Y"),
    _spreadsheet("japanese_days", "%Y/%m/%d"),
    _spreadsheet("long_days", "%d %b %Y", "%H:%M:%S"),
    _spreadsheet("short_german_days", "%d.%m.%y"),
    offsets_with_colon,
    offsets_in_utc,
    offsets_of_elsewhere,
    serial_days,
)
