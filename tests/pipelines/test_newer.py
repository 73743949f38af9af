"""`newer`: of a table of a database only what is new is read, and the tables are as if all of it had been."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core import utc
from core.database import driver
from core.errors import DataError, MappingError
from pipelines import data_review
from pipelines.ingest import TableReport, run
from pipelines.ingest.memory import Memory
from tests.pipelines.conftest import Shop, orders

COLUMNS = "line, customer, ord, product, at, qty, price, updated"
TABLE = (
    "CREATE TABLE sold (line VARCHAR(20), customer VARCHAR(20), ord VARCHAR(20), product VARCHAR(20), at {time},"
    " qty INTEGER, price NUMERIC(10, 2), updated {time})"
)
MAPPED = {
    "customer_id": "customer",
    "order_id": "ord",
    "product_id": "product",
    "ordered_at": "at",
    "quantity": "qty",
    "revenue": "qty * price",
    "line_id": "line",
}
STORED = "order_id, line_id, customer_id, product_id, ordered_at, quantity, revenue"
START = datetime(2024, 3, 1, 10)


class Till:
    """A shop whose lines stand in a database."""

    def __init__(self, shop: Shop, url: str, source: str) -> None:
        self.shop = shop
        self.engine = sa.create_engine(driver(url).replace("mysql://", "mysql+pymysql://"))
        self.do("DROP TABLE IF EXISTS sold")
        self.do(TABLE.format(time="DATETIME" if self.engine.dialect.name == "mysql" else "TIMESTAMP"))
        self.shop.map(**{"from": source, "columns": MAPPED, "newer": {"by": "updated", "overlap": "1d"}})

    def do(self, sql: str, **values: Any) -> None:
        with self.engine.begin() as connection:
            connection.execute(sa.text(sql), values)

    def sell(self, order: str, line: str | None, day: int, quantity: float = 1, *, updated: int | None = None) -> None:
        """A line sold on a day, and told by the database on that day or a later one."""
        values = ", ".join(f":{name}" for name in COLUMNS.split(", "))
        at, changed = (START + timedelta(days=n) for n in (day, day if updated is None else updated))
        said = {"line": line, "customer": "c", "ord": order, "product": "p", "at": at, "qty": quantity, "price": 2}
        if self.engine.dialect.name == "sqlite":
            said["at"], changed = str(at), str(changed)  # type: ignore[assignment]
        self.do(f"INSERT INTO sold ({COLUMNS}) VALUES ({values})", updated=changed, **said)

    def correct(self, order: str, line: str | None, quantity: float, *, updated: int) -> None:
        """A line told anew with another quantity."""
        changed = START + timedelta(days=updated)
        same = "line IS NULL" if line is None else "line = :line"
        said: object = str(changed) if self.engine.dialect.name == "sqlite" else changed
        values = {"qty": quantity, "ord": order, "changed": said, **({"line": line} if line else {})}
        self.do(f"UPDATE sold SET qty = :qty, updated = :changed WHERE ord = :ord AND {same}", **values)

    def ingest(self, **options: Any) -> TableReport:
        return orders(run(self.shop.workspace, **options))

    def rows(self) -> list[tuple[Any, ...]]:
        return sorted(self.shop.rows(STORED), key=str)


def sqlite_till(shop: Shop) -> Till:
    url = f"sqlite:///{shop.root / 'till.db'}"
    return Till(shop, url, f"{url}#sold")


@pytest.fixture
def till(shop: Shop) -> Iterator[Till]:
    made = sqlite_till(shop)
    yield made
    made.engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql", pytest.param("mysql", marks=pytest.mark.long)])
def each_till(shop: Shop, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Till]:
    if request.param == "sqlite":
        made = sqlite_till(shop)
    else:
        url = request.getfixturevalue("postgres_url" if request.param == "postgresql" else "mysql_url")
        monkeypatch.setenv("SHOP_DB", url)
        made = Till(shop, url, "${SHOP_DB}#sold")
    yield made
    made.engine.dispose()


def test_the_first_time_all_is_read_and_then_what_is_new(each_till: Till) -> None:
    for day in range(20):
        each_till.sell(f"o{day}", "1", day)
    assert each_till.ingest().read == 20
    each_till.sell("o20", "1", 20)
    each_till.correct("o3", "1", 5, updated=20)
    report = each_till.ingest()
    assert (report.read, report.added, report.replaced) == (4, 1, 1)  # beside the two those of the last day
    assert any("deleted ones are not seen" in note for note in report.notes)
    assert ("o3", "1", "c", "p", START + timedelta(days=3), 5.0, 10.0) in each_till.rows()
    assert len(each_till.rows()) == 21


def test_a_late_row_within_the_overlap_is_seen_and_one_without_a_time_always(each_till: Till) -> None:
    for day in range(10):
        each_till.sell(f"o{day}", "1", day)
    each_till.ingest()
    each_till.sell("late", "1", 8)
    each_till.sell("too late", "1", 7)
    each_till.sell("timeless", "1", 1)
    each_till.do("UPDATE sold SET updated = NULL WHERE ord = 'timeless'")
    each_till.ingest()
    told = {row[0] for row in each_till.rows()}
    assert told >= {"late", "timeless"}
    assert "too late" not in told


def test_nothing_new_is_nothing(till: Till) -> None:
    till.sell("o1", "1", 1)
    generation = run(till.shop.workspace).generation
    again = run(till.shop.workspace)
    assert (again.generation, orders(again).unchanged) == (generation, 1)
    till.do("DELETE FROM sold")
    report = run(till.shop.workspace)
    assert (orders(report).read, report.generation, len(till.rows())) == (0, generation, 1)


def test_without_a_line_id_an_order_is_read_whole(till: Till) -> None:
    till.shop.mapping["tables"]["orders"]["columns"] = {k: v for k, v in MAPPED.items() if k != "line_id"}
    till.shop.map()
    till.sell("o1", "a", 1, 1)
    till.sell("o1", "b", 1, 7)
    for day in range(2, 30):
        till.sell(f"o{day}", "1", day)
    till.ingest()
    till.correct("o1", "a", 3, updated=30)
    report = till.ingest()
    assert (report.added, report.replaced) == (0, 1)
    assert sorted(row[5] for row in till.rows() if row[0] == "o1") == [3.0, 7.0]
    till.do("UPDATE sold SET product = 'q' WHERE ord = 'o3'")
    till.correct("o3", "1", 1, updated=30)
    report = till.ingest()
    assert (report.added, report.replaced, len(till.rows())) == (0, 1, 30)


@pytest.mark.parametrize("keyed", [True, False])
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long), pytest.param(3, marks=pytest.mark.long)])
def test_the_tables_are_as_if_all_had_been_read(till: Till, seed: int, keyed: bool) -> None:
    chance, known = random.Random(seed), []
    if not keyed:
        till.shop.mapping["tables"]["orders"]["columns"] = {k: v for k, v in MAPPED.items() if k != "line_id"}
        till.shop.map()
    for day in range(1, 4):
        for number in range(12):
            order = (f"o{day}-{number // 3}", str(number % 3))
            till.sell(*order, day, chance.randint(1, 3))
            known.append(order)
        for order in chance.sample(known, 4):
            till.correct(*order, 10 + day, updated=day)
        till.ingest()
    in_steps = till.rows()
    till.ingest(replace="orders")
    assert in_steps == till.rows()


def test_the_mark_moves_with_the_commit(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    till.sell("o1", "1", 1)
    till.ingest()
    for day in range(5, 9):
        till.sell(f"o{day}", "1", day)
    with monkeypatch.context() as broken:
        broken.setattr(Memory, "save", lambda memory: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            till.ingest()
    report = till.ingest()
    assert (report.read, report.added, report.unchanged) == (5, 0, 5)
    assert till.ingest().read == 2


def test_replacing_and_another_mapping_read_all(till: Till) -> None:
    for day in range(10):
        till.sell(f"o{day}", "1", day)
    till.ingest()
    assert till.ingest().read == 2
    assert till.ingest(replace="orders").read == 10
    assert till.ingest().read == 2
    till.shop.map(constants={"channel": "web"})
    assert till.ingest().read == 10


def test_a_number_that_grows_is_a_mark_too(till: Till) -> None:
    for day in range(10):
        till.sell(f"o{day}", str(day), day)
    till.do("ALTER TABLE sold ADD COLUMN id INTEGER")
    till.do("UPDATE sold SET id = CAST(line AS INTEGER)")
    till.shop.map(newer={"by": "ID", "overlap": 3})
    assert till.ingest().read == 10
    assert till.ingest().read == 4


def test_rows_set_aside_stay_until_they_are_read_again(till: Till) -> None:
    for day in range(10):
        till.sell(f"o{day}", "1", day)
    till.sell("bad", "1", 2)
    till.do("UPDATE sold SET qty = 'many' WHERE ord = 'bad'")
    till.shop.write("regulars.toml", "max_rejected_share = 0.2\n")
    till.ingest()
    till.sell("o10", "1", 10)
    assert till.ingest().quarantined_rows == 0
    assert [row["raw_ord"] for row in till.shop.quarantine()] == ["bad"]
    till.correct("bad", "1", 4, updated=10)
    assert till.ingest().added == 1
    assert till.shop.quarantine() == []


def test_a_few_bad_rows_of_a_few_that_were_read_are_no_reason_to_refuse(till: Till) -> None:
    for day in range(30):
        till.sell(f"o{day}", "1", day)
    till.ingest()
    till.sell("bad", "1", 30)
    till.do("UPDATE sold SET qty = 'many' WHERE ord = 'bad'")
    report = till.ingest()
    assert (report.quarantined_rows, report.rejected_share > 0.05) == (1, True)
    till.do("UPDATE sold SET qty = 'many', updated = '2024-06-01 10:00:00'")
    with pytest.raises(DataError, match="nothing was changed"):
        till.ingest()


def test_an_order_of_tomorrow_comes_in_tomorrow(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in range(10):
        till.sell(f"o{day}", "1", day)
    till.sell("early", "1", 15, updated=9)
    till.shop.write("regulars.toml", "max_rejected_share = 0.2\n")
    monkeypatch.setattr(utc, "now", lambda: datetime(2024, 3, 13, tzinfo=UTC))
    assert till.ingest().quarantined == {"ordered_at is later than the clock": 1}
    till.sell("o11", "1", 11)
    till.ingest()
    monkeypatch.setattr(utc, "now", lambda: datetime(2024, 3, 20, tzinfo=UTC))
    till.sell("o17", "1", 17)
    assert till.ingest().added == 2
    assert "early" in {row[0] for row in till.rows()}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"newer": {"by": "updatd"}}, "did you mean 'updated'"),
        ({"newer": {"by": "updated", "overlap": "a while"}}, "2d, 12h, 30m"),
        ({"columns": {**MAPPED, "order_id": "concat('o', ord)"}}, "needs order_id to be a column"),
        ({"distinct": True}, "newer does not go with distinct"),
        ({"from": "orders.csv"}, "newer is for tables of a database"),
    ],
)
def test_what_would_not_give_the_same_rows_is_refused(till: Till, changes: dict[str, Any], said: str) -> None:
    till.shop.lines(["a,o,p,2024-03-01,1,1"])
    till.shop.map(**changes)
    with pytest.raises(MappingError, match=said):
        till.ingest()


@pytest.mark.parametrize(
    ("newer", "said"),
    [
        ({"by": "updated", "overlap": 5}, "is a number .5., and newer.by a time"),
        ({"by": "qty", "overlap": "2d"}, "is a time .2d., and newer.by a number"),
        ({"by": "product"}, "no time that sorts as text does"),
    ],
)
def test_an_overlap_of_another_kind_is_refused(till: Till, newer: dict[str, Any], said: str) -> None:
    till.sell("o1", "1", 1)
    till.shop.map(newer=newer)
    with pytest.raises(MappingError, match=said):
        till.ingest()


def test_the_quality_of_a_table_is_that_of_all_its_rows(till: Till) -> None:
    for day in range(30):
        till.sell(f"o{day}", "1", day)
    till.ingest()
    till.sell("bad", "1", 30)
    till.do("UPDATE sold SET qty = 'many' WHERE ord = 'bad'")
    assert till.ingest().read == 3
    [found] = data_review.intakes(till.shop.workspace)
    assert (found.considered, found.bad) == (31, 1)
    assert found.set_aside["quantity is not a number"] == 1
