"""Text is read as a number where it can mean one thing only."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.parsing.blanks import bare
from pipelines.parsing.formats import Formats
from pipelines.parsing.numbers import number
from pipelines.sources.number_style import Style, Votes, counts, decide

POINT, COMMA = Formats(), Formats(decimal=",")
ENGLISH, GERMAN = Formats(thousands=","), Formats(decimal=",", thousands=".")


def read(text: str, formats: Formats, *, percent: bool = False) -> float | None:
    sql = number(bare("v", prose=False), formats, percent=percent)
    [(value,)] = duckdb.execute(f"SELECT {sql} FROM (SELECT CAST(? AS VARCHAR) AS v)", [text]).fetchall()
    return value if value is None else float(value)


READ: list[tuple[str, Formats, float | None]] = [
    ("12", POINT, 12), ("+5", POINT, 5), ("-0.5", POINT, -0.5), (".5", POINT, 0.5), ("12.", POINT, 12),
    ("1e3", POINT, 1_000), ("12,5", COMMA, 12.5), ("-12,50", GERMAN, -12.5), ("\u221212.5", POINT, -12.5),
    ("1,200", ENGLISH, 1_200), ("1,200", POINT, None), ("1.200", COMMA, None), ("1.200", GERMAN, 1_200),
    ("1,200.50", POINT, 1_200.5), ("1,200,000", POINT, 1_200_000), ("1.200,50", COMMA, 1_200.5),
    ("1.200,50", POINT, None), ("1,200.50", GERMAN, None), ("47.85", GERMAN, None), ("47,85", ENGLISH, None),
    ("1,20", ENGLISH, None), ("12,00,000", ENGLISH, 1_200_000), ("1,12,00", ENGLISH, None),
    ("1,2000", ENGLISH, None), (",200", ENGLISH, None),
    ("1 200,50", COMMA, 1_200.5), ("1\u00a0200.50", POINT, 1_200.5), ("1\u202f200,50", GERMAN, 1_200.5),
    ("1'200.50", POINT, 1_200.5), ("1\u2019200", POINT, 1_200), ("12 00", POINT, None),
    ("(12.00)", POINT, -12), ("12-", POINT, -12), ("12,50-", GERMAN, -12.5), ("(1,200.00)", ENGLISH, -1_200),
    ("$9.00", POINT, 9), ("-€12", POINT, -12), ("€-12", POINT, -12), ("€ 1.200,50", GERMAN, 1_200.5),
    ("9,00 €", GERMAN, 9), ("12.50 EUR", POINT, 12.5), ("USD 3", POINT, 3), ("($4.50)", POINT, -4.5),
    ("R$ 1.200,00", GERMAN, 1_200), ("Rs. 1,12,000.50", POINT, 112_000.5), ("9,50 kr.", COMMA, 9.5),
    ("₹1,12,000.00", POINT, 112_000), ("CHF 1\u2019234.50", POINT, 1_234.5), ("Rp12.000", GERMAN, 12_000),
    ("15 zł", POINT, 15), ("£\u00a03.20", POINT, 3.2),
    ("many", POINT, None), ("1_000", POINT, None), ("0x1F", POINT, None), ("1.2.3", POINT, None), ("1-2", POINT, None),
    ("--5", POINT, None), ("inf", POINT, None), ("nan", POINT, None), ("1e400", POINT, None), ("12 pcs", POINT, None),
    ("20%", POINT, None), ("5 $ 6", POINT, None), ('="12"', POINT, 12), ("\t12\u200b", POINT, 12),
]  # fmt: skip


@pytest.mark.parametrize(("text", "formats", "value"), READ, ids=[repr(row[0]) for row in READ])
def test_a_number_is_read_or_refused(text: str, formats: Formats, value: float | None) -> None:
    assert read(text, formats) == value


@pytest.mark.parametrize("zero", ["\u0660", "\u06f0", "\u0966", "\u0e50", "\uff10"])
def test_digits_of_other_scripts_are_digits(zero: str) -> None:
    def spelt(text: str) -> str:
        return "".join(chr(ord(zero) + int(letter)) if letter.isdigit() else letter for letter in text)

    told = [(spelt("12.5"), POINT), (spelt("12\u066b5"), POINT), (spelt("12\u066b5"), COMMA), (spelt("12,5"), GERMAN)]
    assert [read(text, formats) for text, formats in told] == [12.5] * 4
    assert [read(spelt(text), POINT) for text in ("1\u066c200", "-€7", "1.2.3")] == [1_200, -7, None]


def test_an_amount_with_the_sign_of_another_currency_is_no_number() -> None:
    euros = Formats(currency="EUR")
    assert [read(text, euros) for text in ("€9.00", "9 EUR", "9 eur", "9.00")] == [9, 9, 9, 9]
    assert [read(text, euros) for text in ("$9.00", "9 USD", "£9")] == [None, None, None]


@pytest.mark.parametrize(("text", "value"), [("20%", 0.2), ("-5 %", -0.05), ("12.5%", 0.125), ("1,200%", None)])
def test_in_an_expression_a_percentage_is_a_share(text: str, value: float | None) -> None:
    assert read(text, POINT, percent=True) == value


def grouped(value: Decimal, decimal: str, thousands: str) -> str:
    return f"{abs(value):,.2f}".replace(",", "\0").replace(".", decimal).replace("\0", thousands)


SPELLINGS: dict[str, tuple[Formats, Callable[[Decimal], str]]] = {
    "plain": (POINT, str),
    "English": (ENGLISH, lambda v: ("-" if v < 0 else "") + grouped(v, ".", ",")),
    "German": (GERMAN, lambda v: ("-" if v < 0 else "") + grouped(v, ",", ".")),
    "French": (COMMA, lambda v: ("-" if v < 0 else "") + grouped(v, ",", "\u202f") + " €"),
    "Swiss": (POINT, lambda v: "CHF " + ("-" if v < 0 else "") + grouped(v, ".", "'")),
    "of accountants": (ENGLISH, lambda v: f"({grouped(v, '.', ',')})" if v < 0 else f"${grouped(v, '.', ',')}"),
    "of SAP": (GERMAN, lambda v: grouped(v, ",", ".") + ("-" if v < 0 else "")),
}


@pytest.mark.parametrize(("formats", "spell"), SPELLINGS.values(), ids=SPELLINGS.keys())
@settings(max_examples=12, deadline=None)
@given(values=st.lists(st.decimals(min_value=-(10**9), max_value=10**9, places=2), min_size=1, max_size=100))
def test_an_amount_comes_back_exactly_from_every_spelling(
    formats: Formats, spell: Callable[[Decimal], str], values: list[Decimal]
) -> None:
    sql = number(bare("v", prose=False), formats)
    found = duckdb.execute(f"SELECT {sql} FROM (SELECT unnest(?::VARCHAR[]) AS v)", [[*map(spell, values)]]).fetchall()
    assert [value for (value,) in found] == [float(value) for value in values]


COLUMNS: list[tuple[list[str], str, Style]] = [
    (["47.85", "35.3", "3"], ",", Style(".")),
    (["47.85", "1,200"], ",", Style(".", ",")),
    (["47,85", "1.200"], ";", Style(",", ".")),
    (["1,200.50"], ",", Style(".")),
    (["1,200,000", "3"], ",", Style(".")),
    (["0,250", "1,200"], ";", Style(",", ".")),
    (["3", "7"], ";", Style(".")),
    (["1,200", "3"], ",", Style(".", ",", doubt=",")),
    (["1.200", "3"], ";", Style(",", ".", doubt=".")),
    (["1.200", "3"], ",", Style(",", ".", doubt=".")),
    (["1,200", "3"], ";", Style(",", "", doubt=",")),
]


@pytest.mark.parametrize(("values", "separator", "style"), COLUMNS, ids=[" ".join(row[0]) for row in COLUMNS])
def test_the_separators_of_a_file_follow_from_what_is_sure(values: list[str], separator: str, style: Style) -> None:
    [row] = duckdb.execute(f"SELECT {counts('v')} FROM (SELECT unnest(?::VARCHAR[]) AS v)", [values]).fetchall()
    assert decide([Votes(*row)], separator) == style
