"""The embedded data come in whole, and as the contract wants them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from core.workspace import Workspace
from pipelines.ingest import run
from pipelines.initialise import initialise
from pipelines.sources import complete_journey

FOLDER = complete_journey.data_folder()


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Everything but the 20.9 million promotions, of which one store's are taken."""
    root = tmp_path_factory.mktemp("journey") / "workspace"
    initialise(root, source="complete-journey")
    workspace = Workspace.open(root)
    with pytest.MonkeyPatch.context() as patch:
        whole = complete_journey._promotions(FOLDER)
        sql = whole.origin.sql + " AND store_id = 367"  # type: ignore[attr-defined]
        one_store = complete_journey._table("promotions", list(whole.origin.files), sql, distinct=True)
        patch.setattr(complete_journey, "_promotions", lambda _: one_store)
        run(workspace)
        yield workspace


def select(workspace: Workspace, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect() as connection:
        workspace.tables.register(connection)
        return connection.execute(sql).fetchall()


def raw(sql: str) -> list[tuple[object, ...]]:
    return duckdb.execute(sql.format(d=FOLDER)).fetchall()


def test_every_purchase_is_there_once_and_adds_up(journey: Workspace) -> None:
    ours = select(
        journey, "SELECT count(*), count(DISTINCT row_key), sum(revenue), sum(quantity), sum(discount) FROM orders"
    )
    theirs = raw(
        "SELECT count(*), count(*), sum(sales_value), sum(quantity), sum(retail_disc + coupon_disc + coupon_match_disc)"
        " FROM '{d}/transactions.parquet'"
    )
    assert ours[0] == pytest.approx(theirs[0], rel=1e-9)
    assert ours[0][0] == 1_469_307


def test_days_are_new_yorks(journey: Workspace) -> None:
    assert select(journey, "SELECT min(day), max(day) FROM orders") == [(date(2017, 1, 1), date(2017, 12, 31))]
    assert journey.tables.timezone == "America/New_York"


def test_promotion_weeks_begin_on_mondays_but_the_first(journey: Workspace) -> None:
    weeks = select(journey, "SELECT DISTINCT starts_on, ends_on FROM promotions ORDER BY 1")
    assert weeks[0] == (date(2017, 1, 1), date(2017, 1, 1))
    assert weeks[1] == (date(2017, 1, 2), date(2017, 1, 8))
    assert all(start.weekday() == 0 and (end - start).days == 6 for start, end in weeks[1:])  # type: ignore[attr-defined, operator]


def test_a_promotion_says_how(journey: Workspace) -> None:
    assert select(journey, "SELECT DISTINCT kind FROM promotions ORDER BY 1") == [
        ("display",),
        ("display+mailer",),
        ("mailer",),
    ]


def test_categories_and_campaigns_carry_their_names(journey: Workspace) -> None:
    assert select(journey, "SELECT category, name, department FROM products WHERE product_id = '25671'") == [
        ("FRZN ICE", "ICE - CRUSHED/CUBED", "GROCERY")
    ]
    assert select(journey, "SELECT count(*) FROM campaigns WHERE kind IS NULL OR starts_on IS NULL") == [(0,)]


def test_the_calendar_reaches_a_year_beyond_the_purchases(journey: Workspace) -> None:
    assert select(journey, "SELECT date FROM calendar WHERE name = 'closure' ORDER BY 1") == [
        (date(2016, 12, 25),),
        (date(2017, 12, 25),),
        (date(2018, 12, 25),),
    ]
    assert select(journey, "SELECT count(DISTINCT year(date)) FROM calendar WHERE name = 'Thanksgiving Day'") == [(3,)]


def test_protected_attributes_lie_apart_and_leave_the_unknown_out(journey: Workspace) -> None:
    [file] = journey.tables.protected_files()
    assert file.is_relative_to(journey.protected_dir)
    found = duckdb.execute(f"SELECT attribute, count(*) FROM '{file}' GROUP BY 1 ORDER BY 1").fetchall()
    assert [attribute for attribute, _ in found] == sorted(complete_journey._PROTECTED.values())
    assert dict(found)["age_band"] == raw("SELECT count(age) FROM '{d}/demographics.parquet'")[0][0]


def test_nothing_of_it_is_bad(journey: Workspace) -> None:
    assert not journey.quarantine_dir.exists()


def test_settings_leave_fuel_and_coupons_out(journey: Workspace) -> None:
    assert journey.settings.products.exclude == complete_journey.EXCLUDED_PRODUCTS


def test_the_same_files_are_not_read_again(journey: Workspace) -> None:
    assert all(table.skipped for table in run(journey).tables)


@pytest.mark.long  # test_ingest says it of a small file
def test_read_again_they_change_nothing(journey: Workspace) -> None:
    generation = journey.tables.generation
    (journey.tables_dir / "sources.json").unlink()
    again = run(journey)
    assert not any(table.changed or table.skipped for table in again.tables)
    assert again.generation == generation


@pytest.mark.long
def test_all_of_it_takes_under_a_minute_of_processor_time_and_three_gigabytes(tmp_path: Path) -> None:
    import resource
    import subprocess
    import sys

    initialise(tmp_path / "shop", source="complete-journey")
    script = (
        "import sys; from pathlib import Path; from core.workspace import Workspace; from pipelines.ingest import run;"
        "run(Workspace.open(Path(sys.argv[1])))"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "shop")], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 60
    assert after.ru_maxrss < 3_000_000
