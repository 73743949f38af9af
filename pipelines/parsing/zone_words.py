"""Time zones in words, as shops and tills write them: "Eastern Time (US & Canada)", "London", "(GMT+01:00) Paris"."""

from __future__ import annotations

import re
from functools import cache
from zoneinfo import available_timezones

_REGIONS = {
    "newfoundland": "America/St_Johns",
    "atlantic": "America/Halifax",
    "eastern": "America/New_York",
    "indiana (east)": "America/Indiana/Indianapolis",
    "central": "America/Chicago",
    "saskatchewan": "America/Regina",
    "mountain": "America/Denver",
    "arizona": "America/Phoenix",
    "pacific": "America/Los_Angeles",
    "alaska": "America/Anchorage",
    "hawaii": "Pacific/Honolulu",
    "hawaiian": "Pacific/Honolulu",
    "gmt": "Europe/London",
    "w. europe": "Europe/Berlin",
    "romance": "Europe/Paris",
    "central europe": "Europe/Budapest",
    "tokyo": "Asia/Tokyo",
    "china": "Asia/Shanghai",
    "india": "Asia/Kolkata",
    "aus eastern": "Australia/Sydney",
    "new zealand": "Pacific/Auckland",
    "beijing": "Asia/Shanghai",
    "mumbai": "Asia/Kolkata",
    "new delhi": "Asia/Kolkata",
    "edinburgh": "Europe/London",
    "bern": "Europe/Zurich",
    "osaka": "Asia/Tokyo",
    "wellington": "Pacific/Auckland",
    "montreal": "America/Toronto",
    "san francisco": "America/Los_Angeles",
}
"""Regions and cities whose zone is called after another place; the regions of North America are those of most tills."""
_OFFSET = re.compile(r"^\((?:GMT|UTC)[^)]*\)\s*", re.IGNORECASE)
_TAIL = re.compile(r"(?:\s+(?:(?:standard|daylight|summer) )?time)?(?:\s+\((?:us\b[^)]*|canada)\))?$", re.IGNORECASE)


def zone_named(text: str) -> str | None:
    """The IANA name of the zone that a text means, None where it means none or could mean several."""
    bare = _OFFSET.sub("", " ".join(text.split()))
    if bare in available_timezones():
        return bare
    words = _TAIL.sub("", bare).casefold()
    return _REGIONS.get(words) or _cities().get(words)


@cache
def _cities() -> dict[str, str]:
    """The zones by the city they are called after, where only one is called so."""
    found: dict[str, set[str]] = {}
    for zone in available_timezones():
        area, _, city = zone.rpartition("/")
        if area and not area.startswith(
            ("Etc", "SystemV", "posix", "right", "US", "Canada", "Mexico", "Brazil", "Chile")
        ):
            found.setdefault(city.replace("_", " ").casefold(), set()).add(zone)
    return {city: zones.pop() for city, zones in found.items() if len(zones) == 1}
