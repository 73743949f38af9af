"""What a file can't tell about its shop: the question, the most likely answer, and what makes it likely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from pipelines.parsing import minor_units
from pipelines.parsing.zone_words import zone_named
from pipelines.sources.moment_style import ISO
from pipelines.sources.number_style import Groups, Style
from pipelines.sources.profile import ColumnProfile

UNKNOWN_CURRENCY = "EUR"
"""What a draft writes where nothing tells the currency: money is then only a unit of its own."""
ZONES = {
    "AUD": "Australia/Sydney",
    "BRL": "America/Sao_Paulo",
    "CAD": "America/Toronto",
    "CHF": "Europe/Zurich",
    "CNY": "Asia/Shanghai",
    "CZK": "Europe/Prague",
    "DKK": "Europe/Copenhagen",
    "EUR": "Europe/Berlin",
    "GBP": "Europe/London",
    "HKD": "Asia/Hong_Kong",
    "HUF": "Europe/Budapest",
    "IDR": "Asia/Jakarta",
    "ILS": "Asia/Jerusalem",
    "INR": "Asia/Kolkata",
    "JPY": "Asia/Tokyo",
    "KRW": "Asia/Seoul",
    "MXN": "America/Mexico_City",
    "MYR": "Asia/Kuala_Lumpur",
    "NOK": "Europe/Oslo",
    "NZD": "Pacific/Auckland",
    "PHP": "Asia/Manila",
    "PLN": "Europe/Warsaw",
    "RON": "Europe/Bucharest",
    "SEK": "Europe/Stockholm",
    "SGD": "Asia/Singapore",
    "THB": "Asia/Bangkok",
    "TRY": "Europe/Istanbul",
    "TWD": "Asia/Taipei",
    "USD": "America/New_York",
    "VND": "Asia/Ho_Chi_Minh",
    "ZAR": "Africa/Johannesburg",
}
"""Where most people live who pay in a currency: the zone that a shop is most likely in."""
_DAY = datetime(2024, 3, 4)


@dataclass(frozen=True)
class Doubt:
    """One question that only a person can answer."""

    about: Literal["timezone", "base_currency", "moment", "groups", "unsold", "given_back"]
    asks: str
    likely: str
    because: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answers:
    """What a person said; None: not asked. `zone_column`: the column of the file that said the zone instead."""

    timezone: str | None = None
    zone_column: str | None = None
    base_currency: str | None = None
    moment: str | None = None
    groups: Groups | None = None
    unsold: Literal["leave out", "keep"] | None = None
    given_back: Literal["given back", "sold"] | None = None


def doubts(roles: Mapping[str, ColumnProfile], style: Style, answers: Answers) -> tuple[Doubt, ...]:
    """The questions that the columns of orders leave open, by role, and the style of their numbers."""
    currency, _ = told_currency(roles)
    found = [] if currency else [_currency()]
    if not answers.zone_column:
        found.append(_zone(currency))
    at = roles.get("ordered_at")
    if at is not None and at.moment not in (None, ISO) and at.also:
        found.append(_order_of_days(at, str(at.moment), at.also))
    if style.doubt:
        found.append(_groups(style))
    return tuple(found)


def of_unsold(column: str, words: Sequence[str]) -> Doubt:
    """Whether orders with these words in a column count as sold."""
    asks = f"Orders with {column} {', '.join(words)}: leave them out, or keep them as sold?"
    return Doubt("unsold", asks, "leave out", "they came to nothing by their words", ("leave out", "keep"))


def of_given_back(column: str, words: Sequence[str]) -> Doubt:
    """Whether lines with these words in a column are money given back."""
    asks = f"Lines with {column} {', '.join(words)}: were they given back (and count below zero), or sold?"
    because = "the words say so, though the amounts stand above zero"
    return Doubt("given_back", asks, "given back", because, ("given back", "sold"))


def groups_told(roles: Mapping[str, ColumnProfile], answers: Answers) -> Groups | None:
    """What three digits behind a mark are, if a person said it or the money tells it by its decimals."""
    currency, _ = told_currency(roles)
    by_decimals: dict[int, Groups] = {0: "thousands", 3: "decimals"}
    return answers.groups or (by_decimals.get(minor_units.known(currency)) if currency else None)


def with_told_zone(answers: Answers, columns: Sequence[ColumnProfile]) -> Answers:
    """The answers, and where nobody said a zone, the one that a column of the file names on every row."""
    if answers.timezone:
        return answers
    for column in columns:
        zone = zone_named(column.most_frequent) if column.distinct == 1 and "zone" in column.name.casefold() else None
        if zone:
            return replace(answers, timezone=zone, zone_column=column.name)
    return answers


def told_currency(roles: Mapping[str, ColumnProfile]) -> tuple[str | None, str]:
    """The currency of most amounts, and what tells it."""
    if currency := roles.get("currency"):
        return currency.most_frequent.upper(), "the most frequent currency"
    amounts = [roles[role] for role in ("unit_price", "revenue", "discount") if role in roles]
    sign = next((column.currency for column in amounts if column.currency), None)
    return (sign, "the sign beside the amounts") if sign else (None, "a guess")


def _currency() -> Doubt:
    asks = "In which currency are the amounts (ISO 4217, such as EUR or USD)?"
    return Doubt("base_currency", asks, UNKNOWN_CURRENCY, "nothing in the file tells it; figures stay the same")


def _groups(style: Style) -> Doubt:
    mark = style.doubt
    asks = f"Is 1{mark}200 in the file's amounts one thousand two hundred (thousands), or a little over one (decimals)?"
    choices = ("thousands", "decimals") if style.thousands == mark else ("decimals", "thousands")
    because = {
        "thousands": "no amount has one or two digits behind the mark, as prices have",
        "decimals": "files whose cells a semicolon parts mostly have a decimal comma",
    }
    return Doubt("groups", asks, choices[0], because[choices[0]], choices)


def _zone(currency: str | None) -> Doubt:
    asks = "In which time zone does the shop's day begin and end (such as Europe/London)?"
    if currency in ZONES:
        return Doubt("timezone", asks, ZONES[currency], f"most shops that sell in {currency} are there")
    return Doubt("timezone", asks, "UTC", "nothing in the file tells it")


def _order_of_days(column: ColumnProfile, first: str, second: str) -> Doubt:
    asks = f"{column.name}: is {column.example!r} written as {_shown(first)} or as {_shown(second)}?"
    return Doubt("moment", asks, first, "the days lie closer together that way", (first, second))


def _shown(format_: str) -> str:
    return f"{format_} (4 March 2024 is {_DAY.strftime(format_)})"
