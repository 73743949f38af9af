"""Time zones as people and tills write them."""

from __future__ import annotations

from zoneinfo import available_timezones

import pytest

from pipelines.parsing.zone_words import zone_named

WORDS = {
    "Eastern Time (US & Canada)": "America/New_York",
    "Pacific Time (US & Canada)": "America/Los_Angeles",
    "  Central   Time (US & Canada) ": "America/Chicago",
    "Atlantic Time (Canada)": "America/Halifax",
    "Eastern Standard Time": "America/New_York",
    "W. Europe Standard Time": "Europe/Berlin",
    "(GMT+01:00) Paris": "Europe/Paris",
    "(UTC-05:00) Eastern Time (US & Canada)": "America/New_York",
    "Indiana (East)": "America/Indiana/Indianapolis",
    "london": "Europe/London",
    "Mexico City": "America/Mexico_City",
    "New Delhi": "Asia/Kolkata",
    "UTC": "UTC",
    "Asia/Tokyo": "Asia/Tokyo",
}


@pytest.mark.parametrize(("words", "zone"), WORDS.items())
def test_a_zone_in_words_is_known(words: str, zone: str) -> None:
    assert zone_named(words) == zone


@pytest.mark.parametrize("zone", sorted(available_timezones())[::25])
def test_every_zone_of_the_database_means_itself(zone: str) -> None:
    assert zone_named(zone) == zone


@pytest.mark.parametrize("words", ["", "Time", "main till", "+02:00", "standard time", "Narnia"])
def test_other_words_mean_none(words: str) -> None:
    assert zone_named(words) is None
