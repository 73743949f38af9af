"""Spark computes what the embedded engine computes: every family of every view, the snapshots they make, and labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import date, timedelta
from inspect import getmembers, isfunction
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from core import spark_session
from core.workspace import Workspace
from feature_repo import catalog, engines, facts, partitions, snapshots, store
from feature_repo.shop_tables import READABLE, ShopTables, Snapshot
from tests.support.engine_values import assert_same
from tests.support.every_table import shop_of_every_table
from tests.support.shop import FIRST_DAY, unbuilt_copy
from tests.support.spark import need_spark, on_spark

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]
D = FIRST_DAY + timedelta(days=150)
SNAPSHOTS = tuple(view for view in catalog.VIEWS if view != "customer_features")
"""Of that one all families are computed here anyway, and its snapshot is built in `test_spark_cluster`."""
FAMILIES = [(view, family) for view, spec in catalog.VIEWS.items() for family in spec.family_names]


@pytest.fixture(scope="module")
def every_table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    need_spark()
    yield shop_of_every_table(tmp_path_factory.mktemp("every_table") / "a {shop}, [said] so")
    spark_session.stop()


@pytest.fixture(scope="module")
def engines_of(every_table: Workspace) -> Iterator[tuple[ShopTables, ShopTables]]:
    with ExitStack() as stack:
        here, there = (stack.enter_context(engines.opened(each)) for each in (every_table, on_spark(every_table)))
        yield here, there


def test_the_shop_has_every_table_that_features_read(every_table: Workspace) -> None:
    assert [name for name in READABLE if not every_table.tables.has(name)] == []


@pytest.mark.parametrize(("view", "family"), FAMILIES)
def test_a_family_is_the_same_on_both(
    engines_of: tuple[ShopTables, ShopTables], view: str, family: str, tmp_path: Path
) -> None:
    spec, at = catalog.view(view), Snapshot(D)
    module = spec.families[spec.family_names.index(family)]
    for number, shop in enumerate(engines_of):
        table = snapshots.family_table(spec, module, shop.before(at), at)
        shop.write(table.order_by(f"{spec.key}_0"), tmp_path / f"{number}.parquet")
    here, there = (pq.read_table(tmp_path / f"{number}.parquet") for number in range(2))
    assert here.num_rows > 0
    assert_same(here, there)


def test_snapshots_are_the_same_and_hold_for_both(every_table: Workspace, tmp_path: Path) -> None:
    here = unbuilt_copy(every_table.root, tmp_path / "here")
    there = on_spark(unbuilt_copy(every_table.root, tmp_path / "there"))
    for workspace in (here, there):
        assert all(report.built == (D,) for report in snapshots.ensure_all(workspace, SNAPSHOTS, [D]))
    for view in SNAPSHOTS:
        files = [partitions.partition(workspace, view, D) for workspace in (here, there)]
        first, second = (pq.read_table(file, partitioning=None) for file in files)
        assert [(f.name, f.type) for f in first.schema] == [(f.name, f.type) for f in second.schema]
        assert_same(first, second)
        assert [path.name for path in sorted(files[1].parent.iterdir())] == ["build.json", "part.parquet"]
    again = snapshots.ensure_all(Workspace(there.root, here.settings), SNAPSHOTS, [D])
    assert [report.built for report in again] == [()] * len(SNAPSHOTS)


def day(number: int) -> date:
    """So many days after D."""
    return D + timedelta(days=number)


FEW = ("c001", "c003", "käufer", "nobody")
LABELS: Mapping[str, Callable[[Workspace], object]] = {
    "buyers": lambda shop: pd.Series(sorted(facts.buyers(shop, day(-30), D))),
    "repeat_buying": lambda shop: facts.repeat_buying(shop, D),
    "repeat_buying of some": lambda shop: facts.repeat_buying(shop, D, 10),
    "spent": lambda shop: facts.spent(shop, day(-30), D).sort_index(),
    "churned": lambda shop: facts.churned(shop, [day(-28), D], day(20)),
    "churned at no origin": lambda shop: facts.churned(shop, [], D),
    "churned_of_some": lambda shop: facts.churned_of_some(shop, [day(-28), D], day(20), 30, FEW).frame,
    "later_purchases": lambda shop: facts.later_purchases(shop, [day(-28), D], 364, (28, 90), day(60)),
    "contacted": lambda shop: facts.contacted(shop, date.min, day(40)),
    "purchases": lambda shop: in_order(facts.purchases(shop, day(-30), D)),
    "purchases of some": lambda shop: in_order(facts.purchases(shop, day(-30), D, FEW)),
    "first_regions": lambda shop: facts.first_regions(shop, day(-149), D),
    "products_sold": lambda shop: facts.products_sold(shop, D),
    "times_bought": lambda shop: facts.times_bought(shop, D),
    "units": lambda shop: facts.units(shop, day(-30), D),
    "product_days": lambda shop: facts.product_days(shop, D),
    "without_stock": lambda shop: pd.DataFrame(sorted(facts.without_stock(of_products(shop), day(-60), D))),
    "weekly_sales": lambda shop: facts.weekly_sales(shop, D, 4),
}


def of_products(shop: Workspace) -> Workspace:
    """The same, its series those of products in stores, which the stock tells of."""
    demand = shop.settings.demand.model_copy(update={"series": ("product_id", "store_id")})
    return Workspace(shop.root, shop.settings.model_copy(update={"demand": demand}))


def in_order(pairs: pd.DataFrame) -> pd.DataFrame:
    """Pairs, of which no order is promised."""
    return pairs.sort_values(["customer_id", "product_id"], ignore_index=True)


def test_every_label_is_compared() -> None:
    """`counted` hands lines to the embedded engine, where `computed` keeps what a question asks for twice; the
    contacts' SQL is that engine's.
    """
    asked = {
        name for name, each in getmembers(facts, isfunction) if each.__module__ == facts.__name__ and name[0] != "_"
    }
    assert {name.split(" ")[0] for name in LABELS} == asked - {"counted", "computed", "latest_contacts"}


@pytest.mark.parametrize("label", LABELS)
def test_a_label_is_the_same_on_both(every_table: Workspace, label: str) -> None:
    here, there = (LABELS[label](each) for each in (every_table, on_spark(every_table)))
    if isinstance(here, pd.Series):
        here, there = here.to_frame("told"), pd.Series(there).to_frame("told")
    assert len(here) > 0 or label.endswith("at no origin")
    pd.testing.assert_frame_equal(here, there, rtol=1e-9, atol=1e-9)


KEYS = (("churn_v1", "customer_id"), ("recommendation_v2", "customer_id"), ("recommendation_v2", "product_id"))


@pytest.fixture(scope="module")
def built(every_table: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The same shop for snapshots of its own."""
    return unbuilt_copy(every_table.root, tmp_path_factory.mktemp("built") / "shop")


@pytest.mark.parametrize(("service", "key"), KEYS)
def test_feasts_spark_store_joins_what_the_embedded_store_joins(built: Workspace, service: str, key: str) -> None:
    """In no order of theirs, some twice, at two moments between which values changed, and one that nobody knows."""
    ids = [store.entities(built, service, at, key) for at in (day(-14), D)]
    strangers = ids[1].head(1).assign(**{key: "nobody"})
    asked = pd.concat([*ids, ids[1].head(3), strangers], ignore_index=True).sample(frac=1, random_state=3)
    asked["as_of"] = asked["event_timestamp"].dt.date
    here, there = (store.historical(each, service, asked) for each in (built, on_spark(built)))
    assert len(here) == len(asked) > 20
    pd.testing.assert_frame_equal(here, there, rtol=1e-9, atol=1e-9)
    usual = spark_session.session(on_spark(built))
    assert usual.conf.get("spark.sql.parser.quotedRegexColumnNames") == "false"
