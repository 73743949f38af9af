"""SQL of text as a number: its separators, its sign and the currency it may stand with.

A number is read if it can mean only one thing: separators of thousands have to group in threes, and a comma
or a dot that could be either separator is what the formats say. Everything else is null.
"""

from __future__ import annotations

import re

from core.expressions import literal
from pipelines.parsing.blanks import bare, unless_nothing
from pipelines.parsing.formats import Formats
from pipelines.parsing.sql import let

CURRENCY_SIGNS: dict[str, tuple[str, ...]] = {
    "GBP": ("£",), "EUR": ("€",), "USD": ("$", "US$"), "JPY": ("¥", "￥", "円"), "CNY": ("¥", "￥", "元"),
    "INR": ("₹", "Rs"), "KRW": ("₩",), "RUB": ("₽",), "TRY": ("₺",), "PLN": ("zł",), "CHF": ("Fr", "SFr"),
    "SEK": ("kr",), "NOK": ("kr",), "DKK": ("kr",), "CZK": ("Kč",), "HUF": ("Ft",), "BRL": ("R$",),
    "CAD": ("$", "C$", "CA$"), "AUD": ("$", "A$", "AU$"), "NZD": ("$", "NZ$"), "SGD": ("$", "S$"),
    "HKD": ("$", "HK$"), "MXN": ("$", "MX$"), "ILS": ("₪",), "UAH": ("₴",), "VND": ("₫",), "THB": ("฿",),
    "NGN": ("₦",), "PHP": ("₱",), "ZAR": ("R",), "RON": ("lei",),
    "IDR": ("Rp",), "MYR": ("RM",), "TWD": ("NT$", "$"), "PKR": ("Rs",), "LKR": ("Rs",), "BDT": ("৳",), "KZT": ("₸",),
    "ARS": ("$",), "CLP": ("$",), "COP": ("$",), "PEN": ("S/",), "KES": ("KSh",), "ISK": ("kr",), "BGN": ("лв",),
    "AED": (), "SAR": (), "QAR": (), "KWD": (), "BHD": (), "OMR": (), "JOD": (), "EGP": (), "MAD": (), "TND": (),
}  # fmt: skip
"""How amounts of a currency are marked, beside its code; the first of a sign is the one it is taken for."""
_DIGITS = "0123456789"
_ZEROS = "\u0660\u06f0\u0966\u09e6\u0e50\uff10"
"""The zero of each script that is read: Arabic, Persian, Devanagari, Bengali, Thai, and the wide ones of East Asia."""
_SCRIPTS = len(_ZEROS)
_EASTERN = "".join(chr(ord(zero) + digit) for zero in _ZEROS for digit in range(10))
_EASTERN_MARKS = "\u066b\u066c"
"""The separator of decimals, and that of thousands."""
_LAKHS = "[0-9][0-9]?(,[0-9][0-9])+,[0-9][0-9][0-9]"
"""Grouped as in India: 1,12,000."""
_BELOW = "[-\u2212(]"
_MINUS = "[-\u2212]"
_SIGN = "[-+\u2212]"
_THREE = "[0-9][0-9][0-9]"
_LEAD = "[0-9][0-9]?[0-9]?"
_SURELY_FINITE = 300
_ABBREVIATION = "(\\pL|/)[.]"
_APOSTROPHE = "['\u2019]"


def number(text: str, formats: Formats, *, percent: bool = False) -> str:
    """SQL of a bare text as a DOUBLE, null where it is no number; `percent`: 20% is 0.2, else it is none."""
    written = western(text, formats.decimal)
    return let(let(written, "written_", lambda t: _read(t, formats, percent=percent)), "n_", _finite)


def western(text: str, decimal: str = ".") -> str:
    """SQL of a text with the digits of other scripts as those of the West, and their separators, too."""
    signs = f"{decimal}'"
    return let(
        text,
        "eastern_",
        lambda t: (
            f"CASE WHEN strlen({t}) = length({t}) THEN {t}"
            f" ELSE translate({t}, {literal(_EASTERN + _EASTERN_MARKS)}, {literal(_DIGITS * _SCRIPTS + signs)}) END"
        ),
    )


def number_from_text(value: str, formats: Formats) -> str:
    """SQL of a text of an expression as a number, with the separators of `formats`; quick where it is plain digits."""
    said = unless_nothing(bare(value, prose=False), formats, prose=False)
    slow = number(said, formats, percent=True)
    shape = "-?[0-9]+([.][0-9]*)?" if formats.decimal == "." else "-?[0-9]+"
    if any(re.fullmatch(shape, word) for word in formats.nulls or ()):
        return slow
    plain = f"strlen({value}) < {_SURELY_FINITE} AND regexp_full_match({value}, {literal(shape)})"
    return f"CASE WHEN {plain} THEN TRY_CAST({value} AS DOUBLE) ELSE {slow} END"


def _read(text: str, formats: Formats, *, percent: bool) -> str:
    digits = _digits(formats.decimal, formats.thousands)
    other = literal(f"[^0-9{formats.decimal}]")
    # The dot behind an abbreviation, as in Rs. 1,200, is none of the number's.
    named = f"regexp_replace({text}, {literal(_ABBREVIATION)}, '', 'g')"
    kept = _cast(f"regexp_replace({named}, {other}, '', 'g')", formats.decimal)
    signed = f"CASE WHEN regexp_matches({text}, {literal(_BELOW)}) THEN -1 ELSE 1 END * {kept}"
    plain = f"{_SIGN}?{_plain(formats.decimal)}([eE][-+]?[0-9]+)?"
    cases = [(plain, _cast(text, formats.decimal)), (_dressed(digits, _marks(formats.currency)), signed)]
    if percent:
        cases.append((f"{_SIGN}?{digits} ?%", f"{signed} / 100"))
    whens = " ".join(f"WHEN regexp_full_match({text}, {literal(shape)}) THEN {sql}" for shape, sql in cases)
    return f"CASE {whens} END"


def _finite(number: str) -> str:
    return f"CASE WHEN isfinite({number}) THEN {number} END"


def _plain(decimal: str) -> str:
    return f"([0-9]+([{decimal}][0-9]*)?|[{decimal}][0-9]+)"


def _digits(decimal: str, thousands: str) -> str:
    """Digits without a sign: plain, or grouped in threes by blanks, by apostrophes, or as the formats say."""
    fraction = f"([{decimal}][0-9]*)?"
    grouped = [f"{_LEAD}({mark}{_THREE})+{fraction}" for mark in (" ", _APOSTROPHE)]
    other = "," if decimal == "." else "."
    if decimal == ".":
        grouped.append(f"{_LAKHS}{fraction}")
    if thousands == other:
        grouped.append(f"{_LEAD}([{other}]{_THREE})+{fraction}")
    else:  # only where nothing else can be meant: 1,200.50 and 1,200,000
        grouped.append(f"{_LEAD}([{other}]{_THREE})+[{decimal}][0-9]+")
        grouped.append(f"{_LEAD}[{other}]{_THREE}([{other}]{_THREE})+")
    return f"({'|'.join([_plain(decimal), *grouped])})"


def _dressed(digits: str, marks: str) -> str:
    """A number with a sign before or behind it, a currency before or behind it, or in brackets for below zero."""
    before, behind = f"({marks} ?)?", f"( ?{marks})?"
    shapes = (
        f"{_SIGN}? ?{before}{digits}{behind}",
        f"{marks} ?{_SIGN} ?{digits}",
        f"{before}{digits} ?{_MINUS}{behind}",
        f"[(]{before}{digits}{behind}[)]{behind}",
    )
    return f"({'|'.join(shapes)})"


def _marks(currency: str | None) -> str:
    """A pattern of what stands beside amounts of a currency, of any where none is named."""
    codes = [currency] if currency else list(CURRENCY_SIGNS)
    marks = {mark for code in codes for mark in (code, *CURRENCY_SIGNS.get(code, ()))}
    listed = "|".join(re.escape(mark) for mark in sorted(marks, key=lambda mark: (-len(mark), mark)))
    return f"(?i:({listed})[.]?)"


def _cast(text: str, decimal: str) -> str:
    text = f"replace({text}, {literal(chr(0x2212))}, '-')"
    text = text if decimal == "." else f"replace({text}, {literal(decimal)}, '.')"
    return f"TRY_CAST({text} AS DOUBLE)"
