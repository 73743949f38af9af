"""A shop owner's SQL is one scalar expression over known columns, and nothing else gets through."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import MappingError
from core.expressions import analyse, literal, parse_scalar, quote

COLUMNS = ["Quantity", "UnitPrice", "Customer ID", "category", "department", "InvoiceDate"]

ALLOWED = {
    "Quantity * UnitPrice": '"Quantity" * "UnitPrice"',
    "quantity": '"Quantity"',
    "Customer ID": '"Customer ID"',
    '"customer id" is not null': 'NOT "Customer ID" IS NULL',
    "department in ('FUEL','MISCELLANEOUS','COUPON') or category like '%COUPON%'": (
        "\"department\" IN ('FUEL', 'MISCELLANEOUS', 'COUPON') OR \"category\" LIKE '%COUPON%'"
    ),
    "upper(trim(category)) || '-' || department": 'UPPER(TRIM("category")) || \'-\' || "department"',
    "case when Quantity > 0 then 'sale' else 'return' end": (
        "CASE WHEN \"Quantity\" > 0 THEN 'sale' ELSE 'return' END"
    ),
    "cast(Quantity as integer)": 'CAST("Quantity" AS INT)',
    "strptime(InvoiceDate, '%d.%m.%Y')": "STRPTIME(\"InvoiceDate\", '%d.%m.%Y')",
    "Quantity -- and a comment": '"Quantity"',
}

REFUSED = [
    "(select 1)",
    "Quantity in (select 1)",
    "exists(select 1)",
    "Quantity = any(select 1)",
    "select Quantity",
    "from 'secrets.csv'",
    "Quantity union select 1",
    "(values (1))",
    "read_csv('secrets.csv')",
    "read_text('/etc/passwd')",
    "READ_TEXT ('/etc/passwd')",
    "\"read_text\"('/etc/passwd')",
    "read_blob('x')",
    "glob('*')",
    "parquet_scan('x')",
    "getenv('HOME')",
    "current_setting('home_directory')",
    "unnest([1, 2])",
    "columns('.*')",
    "sum(Quantity)",
    "count(*)",
    "count(*) filter (where Quantity > 0)",
    "row_number() over ()",
    "first(Quantity)",
    "list_transform([1], x -> x)",
    "random()",
    "now()",
    "current_date",
    "Quantity; drop table orders",
    "Quantity; Quantity",
    "orders.Quantity",
    "*",
    "?",
    "$1",
    "{'a': 1}",
    "'unfinished",
    "",
    "pragma_version()",
    "query('select 1')",
]


@pytest.mark.parametrize(("written", "sql"), ALLOWED.items())
def test_a_scalar_expression_comes_back_with_its_columns_quoted(written: str, sql: str) -> None:
    assert parse_scalar(written, COLUMNS) == sql


@pytest.mark.parametrize("written", REFUSED)
def test_anything_else_is_refused_with_the_expression_and_the_reason(written: str) -> None:
    with pytest.raises(MappingError) as caught:
        parse_scalar(written, COLUMNS, where="mapping.yaml, orders.revenue")
    assert repr(written) in caught.value.what
    assert caught.value.why
    assert caught.value.exit_code == 2
    assert str(caught.value).startswith("mapping.yaml, orders.revenue")


@pytest.mark.parametrize("written", ["Quantty * 2", "Quantty"])
def test_an_unknown_column_brings_the_nearest_one_and_all_there_are(written: str) -> None:
    with pytest.raises(MappingError) as caught:
        parse_scalar(written, COLUMNS)
    assert "did you mean 'Quantity'?" in str(caught.value)
    assert "Customer ID" in str(caught.value)


def test_a_misspelt_name_of_two_words_brings_the_nearest_column() -> None:
    with pytest.raises(MappingError, match="did you mean 'Customer ID'"):
        parse_scalar("Custmer ID", COLUMNS)


def test_text_in_double_quotes_is_explained() -> None:
    with pytest.raises(MappingError, match="text goes in single quotes"):
        parse_scalar('category = "FUEL"', COLUMNS)


def test_a_misspelt_function_brings_the_nearest_one() -> None:
    with pytest.raises(MappingError, match=r"did you mean substring\(\)"):
        parse_scalar("substrng(category, 1, 2)", COLUMNS)


@pytest.mark.parametrize(
    ("written", "numeric"),
    [
        ("Quantity * UnitPrice", ("Quantity", "UnitPrice")),
        ("-Quantity", ("Quantity",)),
        ("(Quantity) > 0", ("Quantity",)),
        ("Quantity between 1 and 3", ("Quantity",)),
        ("Quantity in (1, 2)", ("Quantity",)),
        ("category = 'x' and Quantity <> 0", ("Quantity",)),
        ("category || department", ()),
        ("category = '1'", ()),
        ("InvoiceDate - interval 1 day", ()),
    ],
)
def test_text_that_is_computed_with_is_read_as_a_number(written: str, numeric: tuple[str, ...]) -> None:
    assert analyse(written, COLUMNS, text_columns=COLUMNS).numeric == numeric


@given(st.text(min_size=1, max_size=30).filter(lambda text: "\x00" not in text))
def test_a_column_of_any_name_is_read_as_that_column_and_nothing_more(name: str) -> None:
    """Whatever a column is called, its quoted form yields its value: no name breaks out."""
    stripped = name.strip()
    if not stripped:
        return
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE t ({quote(stripped)} VARCHAR)")
        connection.execute(f"INSERT INTO t VALUES ({literal(name)})")
        sql = parse_scalar(name, [stripped])
        assert connection.execute(f"SELECT {sql} FROM t").fetchall() == [(name,)]


@given(st.text(max_size=60))
def test_no_text_raises_anything_but_a_mapping_error(written: str) -> None:
    try:
        sql = parse_scalar(written, COLUMNS)
    except MappingError:
        return
    assert sql
