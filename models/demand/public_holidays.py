"""Public holidays of countries and their regions, which no table has to tell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

YEARS_BACK, YEARS_AHEAD = 12, 1
_OBSERVED = "(observed)"
"""A day off for a holiday on a weekend: the holiday itself is what moves sales."""


def public_holidays(places: Sequence[str], today: date) -> tuple[tuple[date, str], ...]:
    """The holidays of places (`US`, `DE-BY`) in the years around a day, sorted, by their English names."""
    import holidays

    years = range(today.year - YEARS_BACK, today.year + YEARS_AHEAD + 1)
    found: set[tuple[date, str]] = set()
    for place in places:
        country, _, region = place.partition("-")
        named = holidays.country_holidays(country, subdiv=region or None, years=years, language="en_US")
        found |= {(day, name) for day, names in named.items() for name in names.split("; ")}
    return tuple(sorted((day, name) for day, name in found if not name.endswith(_OBSERVED)))
