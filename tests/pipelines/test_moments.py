"""Text is read as a moment with everything it says, or refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.parsing.blanks import bare
from pipelines.parsing.moments import day, moment
from pipelines.sources import moment_style
from pipelines.sources.moment_style import ISO, MomentStyle


def read(text: str, *formats: str, clock: str = "Europe/Berlin") -> datetime | None:
    """A text as UTC."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        value_ = f"SELECT {bare('CAST(? AS VARCHAR)', prose=False)} AS v"
        sql = f"SELECT {moment('v', formats, clock)} FROM ({value_})"
        [(value,)] = connection.execute(sql, [text]).fetchall()
    return value  # type: ignore[no-any-return]


AFTERNOON = datetime(2022, 1, 3, 15, 27)
"""16:27 in Berlin."""
SPELLED = [
    "2022-01-03 16:27", "2022-01-03 16:27:00", "2022-01-03T16:27:00", "2022/01/03 16:27:00", "2022-1-3 16:27",
    "2022-01-03 16:27:00.000", "2022-01-03T15:27:00Z", "2022-01-03 15:27:00 Z", "2022-01-03 16:27:00 +0100",
    "2022-01-03 16:27:00+01", "2022-01-03 16:27 +01:00", "2022-01-03T16:27:00.000+01:00", "2022-01-03 10:27:00-0500",
    "2022-01-03 20:57:00 +0530", "2022-01-03 15:27:00 UTC", "2022-01-03 15:27:00 GMT", "2022-01-03 16:27 GMT+1",
    "2022-01-03 16:27 UTC+01:00", "2022-01-03 16:27 CET", "2022-01-03 17:27 CEST", "2022-01-03 10:27:00 EST",
    "2022-01-03 07:27:00 PST", "2022-01-03 08:27:00 PDT", "2022-01-03 10:27 AM EST", "2022-01-04 00:27 JST",
    "2022-01-03 04:27 PM", "2022-01-03 4:27 pm", "2022-01-03 4:27PM", "2022-01-03 4:27:00 p.m.", "2022-01-03 04:27p",
    "2022-01-03 4:27\u202fPM", "20220103T162700", "20220103T152700Z", "20220103T1627+0100",
    "2022-01-03 16:27:00 Europe/Berlin", "2022-01-03T16:27:00+01:00[Europe/Berlin]", "2022-01-03  16:27",
]  # fmt: skip


@pytest.mark.parametrize("text", SPELLED)
def test_one_moment_however_it_is_spelled(text: str) -> None:
    assert read(text) == AFTERNOON


UNSURE = [
    "soon", "03/01/2022 16:27", "2022-01-03 16:27 CST", "2022-01-03 16:27 IST", "2022-01-03 16:27 XYZ",
    "2022-01-03 16:27 PM", "2022-01-03 25:00", "2022-02-30", "2022-01-03 16:27 +25:00", "2022-01-03 16:27 around",
    "22-01-03", "22022-01-03", "2022-01-03 16:27:00 +01:00 extra", "1899-12-31", "220103", "44564.68",
]  # fmt: skip


@pytest.mark.parametrize("text", UNSURE)
def test_a_text_that_is_no_sure_moment_is_refused(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    ("clock", "text", "utc"),
    [
        ("America/Chicago", "2022-01-03 16:27 CST", datetime(2022, 1, 3, 22, 27)),
        ("Asia/Shanghai", "2022-01-03 16:27 CST", datetime(2022, 1, 3, 8, 27)),
        ("Asia/Kolkata", "2022-01-03 16:27 IST", datetime(2022, 1, 3, 10, 57)),
        ("Europe/London", "2022-07-03 16:27 BST", datetime(2022, 7, 3, 15, 27)),
    ],
)
def test_a_name_with_several_meanings_means_what_the_shops_zone_calls_itself(
    clock: str, text: str, utc: datetime
) -> None:
    assert read(text, clock=clock) == utc


def test_a_zones_name_is_one_offset_all_year() -> None:
    assert read("2022-07-03 16:27 EST") == datetime(2022, 7, 3, 21, 27)
    assert read("2022-07-03 16:27 CET") == datetime(2022, 7, 3, 15, 27)


TOLD = [
    ("03/01/2022 4:27 PM", "%d/%m/%Y %I:%M %p"), ("03/01/2022 4:27p.m.", "%d/%m/%Y %I:%M %p"),
    ("01/03/22 16:27", "%m/%d/%y %H:%M"), ("03.01.2022 16:27 +0100", "%d.%m.%Y %H:%M %z"),
    ("03.01.2022 16:27 +0100", "%d.%m.%Y %H:%M"), ("03.01.2022 10:27 EST", "%d.%m.%Y %H:%M"),
    ("03.01.2022 10:27 EST", "%d.%m.%Y %H:%M %Z"), ("Mon, 03 Jan 2022 15:27:00 GMT", "%a, %d %b %Y %H:%M:%S"),
    ("Mon Jan 03 2022 16:27:00 GMT+0100 (Central European Standard Time)", "%a %b %d %Y %H:%M:%S"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "format_"), TOLD)
def test_what_stands_behind_a_time_counts_whatever_the_format(text: str, format_: str) -> None:
    assert read(text, format_) == AFTERNOON


def test_am_and_pm_are_never_dropped_by_a_format_without_them() -> None:
    assert read("03/01/2022 04:27 PM", "%d/%m/%Y %H:%M") is None


def test_days_are_read_as_written() -> None:
    for text, formats in (("2022-01-03", ()), ("2022-01-03T23:30:00+05:00", ()), ("03.01.2022", ("%d.%m.%Y",))):
        sql = f"SELECT {day('v', formats)}::VARCHAR FROM (SELECT CAST(? AS VARCHAR) AS v)"
        assert duckdb.execute(sql, [text]).fetchall() == [("2022-01-03",)]


MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2040, 12, 31), timezones=st.just(UTC)).map(
    lambda m: m.replace(microsecond=0)
)
WAYS: dict[str, tuple[tuple[str, ...], Callable[[datetime], str]]] = {
    "ISO with an offset": ((), lambda m: m.astimezone(timezone(timedelta(hours=-3, minutes=-30))).isoformat(" ")),
    "ISO with a blank before it": ((), lambda m: m.astimezone(ZoneInfo("Asia/Tokyo")).strftime("%Y-%m-%d %H:%M:%S %z")),
    "ISO with Z": ((), lambda m: m.strftime("%Y-%m-%dT%H:%M:%SZ")),
    "half days": ((), lambda m: m.strftime("%Y-%m-%d %I:%M:%S %p UTC")),
    "Eastern Standard Time": ((), lambda m: (m - timedelta(hours=5)).strftime("%Y-%m-%d %H:%M:%S EST")),
    "RFC 2822": (("%a, %d %b %Y %H:%M:%S",), lambda m: format_datetime(m, usegmt=True)),
    "a clock that never changes": (
        ("%d.%m.%y %H:%M:%S",), lambda m: m.astimezone(ZoneInfo("Asia/Dubai")).strftime("%d.%m.%y %H:%M:%S"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("formats", "spell"), WAYS.values(), ids=WAYS.keys())
@settings(max_examples=12, deadline=None)
@given(moments=st.lists(MOMENTS, min_size=1, max_size=60))
def test_a_moment_comes_back_exactly_from_every_spelling(
    formats: tuple[str, ...], spell: Callable[[datetime], str], moments: list[datetime]
) -> None:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        sql = f"SELECT {moment('v', formats, 'Asia/Dubai')} FROM (SELECT unnest(?::VARCHAR[]) AS v)"
        found = connection.execute(sql, [[*map(spell, moments)]]).fetchall()
    assert [value for (value,) in found] == [m.replace(tzinfo=None) for m in moments]


STYLES: list[tuple[list[str], MomentStyle | None]] = [
    (["03-Jan-22", "24-Feb-22"], MomentStyle("%d-%b-%y")),
    (["24/12/2022", "03/01/2022"], MomentStyle("%d/%m/%Y")),
    (["12/24/2022", "03/01/2022"], MomentStyle("%m/%d/%Y")),
    (["12/24/2022 4:27 PM", "3/1/2022 11:02 AM"], MomentStyle("%m/%d/%Y %I:%M %p")),
    (["12/24/2022, 4:27:00 PM"], MomentStyle("%m/%d/%Y, %I:%M:%S %p")),
    (["24.12.2022 16:27", "24.12.2022 16:28", "25.12.2022"], MomentStyle("%d.%m.%Y %H:%M", ("%d.%m.%Y",))),
    (["24.12.22 16:27:01"], MomentStyle("%d.%m.%y %H:%M:%S")),
    (["20221224"], MomentStyle("%Y%m%d")),
    (["20221224162700"], MomentStyle("%Y%m%d%H%M%S")),
    (["220103", "220104", "220530"], MomentStyle("%y%m%d", also="%d%m%y")),
    (["Mon, 03 Jan 2022 16:27:00 GMT"], MomentStyle("%a, %d %b %Y %H:%M:%S")),
    (["December 24, 2022"], MomentStyle("%B %d, %Y")),
    (["24 Dec 2022 16:27 CET"], MomentStyle("%d %b %Y %H:%M")),
    (["2022-W01-1", "2022-W52-7"], MomentStyle("%G-W%V-%u")),
    (["2022-003", "2022-365"], MomentStyle("%Y-%j")),
    (["2022-01-03 16:27:00 +0100", "2022-07-03T16:27:00Z"], MomentStyle(ISO)),
    (["01/03/2022", "02/03/2022"], MomentStyle("%d/%m/%Y", also="%m/%d/%Y")),
    (["51632", "20111", "99999"], None),
    (["tea", "coffee"], None),
]


@pytest.mark.parametrize(("values", "style"), STYLES, ids=[row[0][0] for row in STYLES])
def test_the_format_of_a_column_is_found(values: list[str], style: MomentStyle | None) -> None:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("CREATE TABLE v AS SELECT unnest(?::VARCHAR[]) AS v", [values])
        assert moment_style.detect(connection, "v", len(values)) == style


def test_the_glance_before_leaves_out_no_format() -> None:
    days = [datetime(*day).strftime(form) for form in moment_style._DAYS for day in ((2024, 1, 2), (2003, 11, 30))]
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE days_ AS SELECT unnest(?::VARCHAR[]) AS day, 1 AS n", [days])
        assert moment_style._perhaps(connection) == len(days)
        connection.execute("UPDATE days_ SET day = '12.50'")
        assert moment_style._perhaps(connection) == 0
