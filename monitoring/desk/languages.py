"""Who reads a page: in which language, and how numbers, days and money are written for them.

The words of the pages are English; a gettext catalogue (`locale/<language>.po`, compiled when first needed) has them in
other languages. What a message of the product says comes from `core/texts` in the same language. `reading` sets the
reader of a page while it is made, in this task and in the threads that it starts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from io import BytesIO
from math import isfinite
from pathlib import Path
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import NumberPattern, format_currency, parse_pattern
from babel.support import NullTranslations, Translations
from markupsafe import Markup

from core import messages

LANGUAGES: Final[Mapping[str, str]] = {"en": "English", "zh": "中文"}
"""Each language by its own name."""
LOCALES: Final[Mapping[str, str]] = {"en": "en", "zh": "zh_Hans_CN"}
"""The form of numbers and days where the browser names no country."""
COOKIE: Final = "regulars_language"
CATALOGUES = Path(__file__).parent / "locale"
NOTHING: Final = "\N{EN DASH}"


@dataclass(frozen=True)
class Reader:
    """Who reads; `address` is the page. `plain`: a machine, which takes figures as they are and days as ISO."""

    language: str = "en"
    locale: Locale = field(default_factory=lambda: Locale("en"))
    address: str = ""
    currency: str = ""
    plain: bool = False
    table: str = ""
    """The table that is asked for as CSV."""


NOBODY: Final = Reader()
"""Who reads what is made for no request: in English."""
_reader: ContextVar[Reader | None] = ContextVar("reader", default=None)


@contextmanager
def reading(reader: Reader) -> Iterator[None]:
    """Pages made within are for this reader."""
    before = _reader.set(reader)
    try:
        with messages.speaking(reader.language):
            yield
    finally:
        _reader.reset(before)


def reader() -> Reader:
    """The reader of the page that is made now."""
    return _reader.get() or NOBODY


def chosen(cookie: str | None, accepted: str) -> tuple[str, Locale]:
    """The language that the reader switched to, else the first that the browser asks for; and its form of numbers."""
    wanted = [tag for tag in _ranked(accepted) if tag.split("-")[0] in LANGUAGES]
    language = cookie if cookie in LANGUAGES else wanted[0].split("-")[0] if wanted else "en"
    assert language is not None
    tag = next((tag for tag in wanted if tag.split("-")[0] == language and "-" in tag), "")
    return language, _locale(tag, language)


def _ranked(accepted: str) -> list[str]:
    """The tags of an Accept-Language header, the most wanted first."""
    ranked = []
    for part in accepted[:500].split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            ranked.append((-float(weight or 1), tag.strip().lower()))
        except ValueError:
            continue
    return [tag for weight, tag in sorted(ranked, key=lambda each: each[0]) if tag and weight < 0]


@cache
def _locale(tag: str, language: str) -> Locale:
    try:
        return (
            Locale.parse(tag.replace("-", "_"), resolve_likely_subtags=True) if tag else Locale.parse(LOCALES[language])
        )
    except (UnknownLocaleError, ValueError, TypeError):
        return Locale.parse(LOCALES[language])


@cache
def translations(language: str) -> NullTranslations:
    """The catalogue of a language; English needs none."""
    path = CATALOGUES / f"{language}.po"
    if not path.exists():
        return NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return Translations(compiled)


def gettext(text: str) -> str:
    """The text in the reader's language."""
    return str(translations(reader().language).gettext(text)) if text else ""


def ngettext(one: str, many: str, number: int) -> str:
    """One text or the other, by the number, in the reader's language."""
    return str(translations(reader().language).ngettext(one, many, number))


def marked(text: str) -> str:
    """The text as it is: a word of a closed list, which `gettext` says where it is shown."""
    return text


@cache
def _pattern(text: str) -> NumberPattern:
    return parse_pattern(text)


def number(value: float | None, digits: int | None = None, signed: bool = False) -> str:
    """A number as the reader writes it: with so many decimals, else with four digits that count."""
    if value is None or not isfinite(value):
        return "" if reader().plain else NOTHING
    if reader().plain:
        return repr(value) if not isinstance(value, int) else str(value)
    if digits is None:
        places = 0 if abs(value) >= 1000 or isinstance(value, int) else max(0, 4 - len(f"{abs(value):.0f}".lstrip("0")))
        form = "#,##0" + ("." + "#" * places if places else "")
        if value and abs(value) < 1e-4:
            return f"{value:.2g}"
    else:
        form = "#,##0" + ("." + "0" * digits if digits else "")
    return _written(value, form, signed)


def percent(value: float | None, digits: int = 0, signed: bool = False) -> str:
    """A share of one as per cent; as it is for machines."""
    if value is None or not isfinite(value):
        return "" if reader().plain else NOTHING
    return (
        repr(value)
        if reader().plain
        else _written(value, "#,##0" + ("." + "0" * digits if digits else "") + "%", signed)
    )


def _written(value: float, form: str, signed: bool) -> str:
    return str(_pattern(f"+{form};-{form}" if signed else form).apply(value, reader().locale))


def money(value: float | None) -> str:
    """An amount of the shop's currency, where it named one, in whole units."""
    now = reader()
    if value is None or now.plain or not now.currency or not isfinite(value):
        return number(value, 0)
    return str(
        format_currency(value, now.currency, format=_whole(now.locale), locale=now.locale, currency_digits=False)
    )


@cache
def _whole(locale: Locale) -> str:
    return str(locale.currency_formats["standard"].pattern).replace(".00", "")


def day(value: date | str | None) -> str:
    """A day as the reader writes it."""
    if not value:
        return NOTHING
    if reader().plain:
        return str(value)[:10]
    return str(format_date(date.fromisoformat(str(value)[:10]), "medium", reader().locale))


def moment(value: str | None) -> str:
    """A moment of UTC, to the minute."""
    if not value:
        return NOTHING
    if reader().plain:
        return value
    return f"{day(value)} {value[11:16]} UTC"


def csv_link(table: str) -> Markup:
    """The way to a table of this page as CSV."""
    address = reader().address
    return Markup("{}{}csv={}").format(address, "&" if "?" in address else "?", table)
