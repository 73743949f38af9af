"""`regulars order-plan`: levels without stock, quantities with it, and a file that a buyer can read."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.system.cli import regulars

STOCK = """
  stock:
    from: {file}
    columns: {{product_id: product_id, date: date, on_hand: on_hand}}
"""
LEVELS = ["reorder_point", "order_up_to", "safety_stock"]


def test_stock_turns_levels_into_quantities(a_copy: Path, tmp_path: Path) -> None:
    before = regulars("order-plan", "--output", tmp_path / "levels.csv", "--json", folder=a_copy).document
    levels = pd.read_csv(tmp_path / "levels.csv").set_index("category")
    assert before["stock_missing"] == "there is no table 'stock'"
    assert levels["order_quantity"].isna().all()
    _bring_stock(a_copy, before["as_of"])
    done = regulars("order-plan", "--output", tmp_path / "plan.parquet", "--json", folder=a_copy).document
    plan = pd.read_parquet(tmp_path / "plan.parquet").set_index("category")
    pd.testing.assert_frame_equal(plan[LEVELS].sort_index(), levels[LEVELS].sort_index(), check_dtype=False)
    told = plan.dropna(subset=["position"])
    assert (told["order_quantity"] == (told["order_up_to"] - told["position"]).clip(lower=0)).all()
    assert told["stockout_risk"].between(0, 1).all()
    assert (done["placed"], done["units"]) == (len(told), told["order_quantity"].sum())
    assert (done["unknown_products"], done["excluded_products"], done["below_zero"]) == (1, 0, 1)


def _bring_stock(shop: Path, as_of: str) -> None:
    """Five units of each of ten products, one owed, and a product that nobody knows, counted on the day before."""
    day = pd.Timestamp(as_of) - pd.Timedelta(days=1)
    ids = [*(f"{number:03d}" for number in range(10)), "nobody's"]
    units = [-1.0, *[5.0] * 10]
    pd.DataFrame({"product_id": ids, "date": day.date(), "on_hand": units}).to_csv(shop / "stock.csv", index=False)
    mapping = shop / "mapping.yaml"
    mapping.write_text(mapping.read_text() + STOCK.format(file=shop / "stock.csv"))
    regulars("ingest", folder=shop)


@pytest.mark.parametrize(
    ("words", "variables", "said"),
    [
        ([], {}, "no file is named"),
        (["--output", "plan.xls"], {}, "the kind of file is not known"),
        (["--output", "plan.csv"], {"REGULARS_DEMAND__LEAD_TIME_DAYS": "25"}, "a lead time of up to 21 days"),
        (["--output", "plan.csv", "--backtest"], {}, "--backtest"),
        (["--output", "plan.csv", "--pool", "region"], {}, "put region or store_id into demand.series"),
        (
            ["--output", "plan.csv"],
            {"REGULARS_ORDERING__SERVICE_LEVELS": '{"categry 1": 0.99}'},
            "did you mean 'category 1'?",
        ),
    ],
)
def test_what_cannot_be_ordered_by_is_refused(
    own_shop: Path, words: list[str], variables: dict[str, str], said: str
) -> None:
    assert said in regulars("order-plan", *words, folder=own_shop, code=2, **variables).err
