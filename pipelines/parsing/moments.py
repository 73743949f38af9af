"""SQL of text as a moment: the time as it is written, and the zone that stands behind it.

Whatever a text says is used or the text is refused: a time with AM or PM, an offset or a zone's name behind it
never loses them.
"""

from __future__ import annotations

import re

from core.expressions import literal
from pipelines.parsing.sql import let
from pipelines.parsing.zone_names import minutes_by_name

EARLIEST, LATEST = "TIMESTAMP '1900-01-01'", "TIMESTAMP '2200-01-01'"
_DAY = "[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}"
_CLOCK = "[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?"
_ISO = f"{_DAY}([T ]{_CLOCK})?"
_ISO_ZONED = f"{_DAY}[T ]{_CLOCK}(Z|[+-][0-9]{{2}}:[0-9]{{2}}| [A-Za-z]+/[A-Za-z_/+-]+)"
_SURE = (
    "%Y-%m-%d %I:%M %p", "%Y-%m-%d %I:%M:%S %p", "%Y-%m-%d %I:%M:%S.%f %p", "%Y/%m/%d %I:%M %p",
    "%Y/%m/%d %I:%M:%S %p", "%Y%m%dT%H%M%S", "%Y%m%dT%H%M",
)  # fmt: skip
"""Formats that can be read without being told."""
_TIME = r"(?::\d\d(?:[.,]\d+)?|\dT\d{4}(?:\d\d)?)(?: ?[AaPp]\.? ?[Mm]\.?)?"
_ZONE = r"(?:GMT|UTC|UT)? ?[+-]\d{1,2}(?::?\d\d)?|[A-Za-z]{1,5}"
_ZONED = f"{_TIME} ?({_ZONE})$"
_HALF = r"(\d) ?([AaPp])\.? ?[Mm]?\.?$"
_REMARK = r"([+-]\d{2}:?\d{2}|Z) ?(\([^()]*\)|\[[^\[\]]*\])$"
_AHEAD = r"[+-](0?\d|1[0-4])([0-5]\d)?"


def moment(text: str, formats: tuple[str, ...], clock: str) -> str:
    """SQL of a bare text as a TIMESTAMP in UTC; without a zone of its own it is on the clock of the zone `clock`."""
    behind = f"{written(_HEAD, formats)} - to_minutes({_minutes(clock)})"
    slow = _parted(text, f"CASE WHEN {_BEHIND} = '' THEN {to_utc(written(_HEAD, formats), clock)} ELSE {behind} END")
    if formats:
        return plausible(f"coalesce({', '.join([*(_as_told(text, format_, clock) for format_ in formats), slow])})")
    here = to_utc(f"TRY_CAST({text} AS TIMESTAMP)", clock)
    stamped = f"timezone('UTC', TRY_CAST({text} AS TIMESTAMPTZ))"
    return plausible(
        f"CASE WHEN regexp_full_match({text}, {literal(_ISO)}) THEN {here}"
        f" WHEN regexp_full_match({text}, {literal(_ISO_ZONED)}) THEN {stamped} ELSE {slow} END"
    )


def day(text: str, formats: tuple[str, ...]) -> str:
    """SQL of a bare text as the DATE that is written in it."""
    told = [f"CAST(try_strptime({text}, {literal(format_)}) AS TIMESTAMP)" for format_ in formats]
    found = ", ".join([*told, _parted(text, written(_HEAD, formats))])
    return f"CAST({plausible(f'coalesce({found})')} AS DATE)"


def local(text: str, formats: tuple[str, ...]) -> str:
    """SQL of the TIMESTAMP that a bare text shows, null where it names a zone."""
    return _parted(text, f"CASE WHEN {_BEHIND} = '' THEN {written(_HEAD, formats)} END")


def shown(text: str) -> str:
    """SQL of a bare text as formats are tried on it: without the zone behind it, AM and PM written in one way."""
    return _parted(text, _HEAD)


def written(text: str, formats: tuple[str, ...]) -> str:
    """SQL of a text without a zone as the TIMESTAMP it shows."""
    if formats:
        plain = [re.sub(" ?%[zZ]", "", format_) for format_ in formats]
        return f"try_strptime({text}, [{', '.join(map(literal, plain))}])"
    iso = f"CASE WHEN regexp_full_match({text}, {literal(_ISO)}) THEN TRY_CAST({text} AS TIMESTAMP) END"
    return f"coalesce({iso}, try_strptime({text}, [{', '.join(map(literal, _SURE))}]))"


def plausible(moment: str) -> str:
    """SQL of a moment, null outside of 1900 to 2200."""
    return let(moment, "moment_", lambda m: f"CASE WHEN {m} BETWEEN {EARLIEST} AND {LATEST} THEN {m} END")


def to_utc(moment: str, clock: str) -> str:
    """SQL of a TIMESTAMP on a zone's clock as UTC."""
    return moment if clock == "UTC" else f"timezone('UTC', timezone({literal(clock)}, {moment}))"


def _as_told(text: str, format_: str, clock: str) -> str:
    """A format as it stands; one with %z says its offset itself, one with %Z names a place."""
    parsed = f"try_strptime({text}, {literal(format_)})"
    stamped = f"timezone('UTC', {parsed})"
    if "%z" in format_:
        return stamped
    if "%Z" in format_:
        return f"CASE WHEN regexp_matches({text}, '[a-z]/[A-Z]') THEN {stamped} END"
    return to_utc(parsed, clock)


_HEAD, _BEHIND, _DIGITS = "parts_.head", "parts_.zone", "parts_.digits"


def _parted(text: str, body: str) -> str:
    """SQL of a body over a text's time (AM and PM written in one way), the zone behind it ('' for none), its digits."""
    single = f"regexp_replace({text}, '\\s+', ' ', 'g')"
    whole = f"regexp_replace({single}, {literal(_REMARK)}, '\\1')"
    found = let(whole, "whole_", lambda w: f"{{'whole': {w}, 'zone': regexp_extract({w}, {literal(_ZONED)}, 1)}}")
    half = "upper(found_.zone) IN ('AM', 'PM', 'A', 'P')"
    known = let(
        found, "found_", lambda f: f"{{'whole': {f}.whole, 'zone': CASE WHEN {half} THEN '' ELSE {f}.zone END}}"
    )
    time = "rtrim(left(known_.whole, length(known_.whole) - length(known_.zone)))"
    head = f"regexp_replace({time}, {literal(_HALF)}, '\\1 \\2M')"
    digits = "regexp_replace(known_.zone, '[^0-9+-]', '', 'g')"
    parts = let(known, "known_", lambda k: f"{{'head': {head}, 'zone': {k}.zone, 'digits': {digits}}}")
    return let(parts, "parts_", lambda _: body)


def _minutes(clock: str) -> str:
    """The zone's minutes ahead of UTC; null for a name that nobody can be sure of, and for more than 14 hours."""
    names = "".join(f"|{name}={minutes}" for name, minutes in minutes_by_name(clock).items())
    named = f"TRY_CAST(regexp_extract({literal(names + '|')}, '[|]' || upper({_BEHIND}) || '=([-0-9]+)', 1) AS INTEGER)"
    hours = f"CASE WHEN length({_DIGITS}) <= 3 THEN {_DIGITS} ELSE {_DIGITS}[:-3] END"
    minutes = f"CASE WHEN length({_DIGITS}) <= 3 THEN '0' ELSE {_DIGITS}[1] || {_DIGITS}[-2:] END"
    ahead = f"CAST({hours} AS INTEGER) * 60 + CAST({minutes} AS INTEGER)"
    return (
        f"CASE WHEN {_DIGITS} = '' THEN {named} WHEN regexp_full_match({_DIGITS}, {literal(_AHEAD)}) THEN {ahead} END"
    )
