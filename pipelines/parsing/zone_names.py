"""Short names of time zones, each one offset: EST is 5 hours behind UTC all year, whatever a place does in summer."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

_HOURS: dict[str, float] = {
    "Z": 0, "UT": 0, "UTC": 0, "GMT": 0, "WET": 0,
    "EST": -5, "EDT": -4, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10,
    "NST": -3.5, "NDT": -2.5, "ADT": -3, "BRT": -3, "ART": -3, "CLT": -4, "COT": -5, "PET": -5,
    "WEST": 1, "CET": 1, "CEST": 2, "MEZ": 1, "MESZ": 2, "EET": 2, "EEST": 3, "MSK": 3, "TRT": 3,
    "WAT": 1, "CAT": 2, "SAST": 2, "EAT": 3,
    "PKT": 5, "NPT": 5.75, "ICT": 7, "WIB": 7, "HKT": 8, "SGT": 8, "MYT": 8, "PHT": 8, "JST": 9, "KST": 9,
    "AWST": 8, "ACST": 9.5, "ACDT": 10.5, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
}  # fmt: skip
"""Names with one meaning. CST, IST, BST, AST and others have several: only the shop's own zone can tell."""


@cache
def minutes_by_name(zone: str) -> dict[str, int]:
    """Minutes ahead of UTC by name: what the zone calls itself counts first, then names with one meaning."""
    named = {name: round(hours * 60) for name, hours in _HOURS.items()}
    return named | _own_names(zone)


def _own_names(zone: str) -> dict[str, int]:
    """Those the zone uses in these years, where one stands for one offset."""
    found: dict[str, set[int]] = {}
    for year in (2005, 2015, 2025):
        for month in (1, 7):
            moment = datetime(year, month, 1, tzinfo=ZoneInfo(zone))
            offset = moment.utcoffset()
            if offset is not None and (moment.tzname() or "").isalpha():
                found.setdefault(str(moment.tzname()).upper(), set()).add(round(offset.total_seconds() / 60))
    return {name: offsets.pop() for name, offsets in found.items() if len(offsets) == 1}
