"""Whom to show a product to: the best of those who may be contacted, in a file that can be brought as contacts."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from core.errors import UsageError
from core.workspace import Workspace
from pipelines.audience_list import AudienceWish, draw_audience
from tests.support.shop import commit, frames
from tests.support.trained import AS_OF


@pytest.fixture
def workspace(trained_once, copy_workspace) -> Workspace:
    """The small shop before it contacted anybody."""
    made: Workspace = copy_workspace(trained_once("recommendation")[0], "audience")
    commit(made, {"contacts": frames()["contacts"].head(0)})
    return made


def drawn(workspace: Workspace, tmp_path: Path, product: str, size: int = 10, **more: Any) -> tuple[Any, pd.DataFrame]:
    file = tmp_path / "audience.parquet"
    done = draw_audience(workspace, AudienceWish(product, size, file, alias="1", **more), AS_OF)
    return done, pd.read_parquet(file)


def test_the_best_of_all_customers_and_no_more_than_asked(workspace: Workspace, tmp_path: Path) -> None:
    everybody, all_rows = drawn(workspace, tmp_path, "003", 10_000)
    assert everybody.chosen + sum(everybody.left_out.values()) == everybody.considered
    assert everybody.left_out["beyond_size"] == 0
    done, rows = drawn(workspace, tmp_path, "003")
    assert done.left_out["beyond_size"] == everybody.chosen - 10
    assert rows["customer_id"].tolist() == all_rows["customer_id"].tolist()[:10]
    assert rows["rank"].tolist() == list(range(1, 11))
    assert rows["score"].is_monotonic_decreasing
    bought = frames()["orders"].query("product_id == '003' and quantity > 0 and ordered_at < @AS_OF.isoformat()")
    assert (
        rows["customer_id"].isin(bought["customer_id"]).mean()
        > all_rows["customer_id"].isin(bought["customer_id"]).mean()
    )


def test_a_product_to_come_is_told_by_others_and_the_file_says_so(workspace: Workspace, tmp_path: Path) -> None:
    products = frames()["products"]
    new = {"product_id": "new", "name": "product 3", "category": "category 3", "brand": "national", "list_price": 4.0}
    commit(workspace, {"products": pd.concat([products, pd.DataFrame([new])])})
    done, rows = drawn(workspace, tmp_path, "new", 5)
    assert (done.asked.told_by, done.asked.level) == ("alike", "category")
    assert set(rows["told_by"]) == {"alike"}
    assert len(rows) == 5


def test_who_refuses_is_left_out_and_counted(workspace: Workspace, tmp_path: Path) -> None:
    best = drawn(workspace, tmp_path, "003")[1]["customer_id"].tolist()
    rows = [(who, "marketing", True) for who in best] + [(who, "personalisation", who != best[0]) for who in best[:4]]
    consents = pd.DataFrame(rows, columns=["customer_id", "purpose", "granted"]).assign(at=datetime(2024, 1, 1))
    commit(workspace, {"consents": consents})
    done, kept = drawn(workspace, tmp_path, "003")
    assert kept["customer_id"].tolist() == best[1:4]
    assert done.left_out["no_personalisation_consent"] >= 7
    assert done.left_out["no_marketing_consent"] > 0


def test_the_file_brought_as_contacts_leaves_the_contacted_in_peace(workspace: Workspace, tmp_path: Path) -> None:
    first = drawn(workspace, tmp_path, "003")[1]
    earlier = first.assign(at=first["at"].dt.tz_localize(None) - pd.Timedelta(days=2))
    commit(workspace, {"contacts": earlier[["campaign_id", "customer_id", "at", "treated", "channel"]]})
    done, rows = drawn(workspace, tmp_path, "003")
    assert not set(rows["customer_id"]) & set(first["customer_id"])
    assert done.left_out["contacted_lately"] == len(first)


@pytest.mark.parametrize(
    ("product", "size", "said"),
    [
        ("0031", 5, "did you mean '031'"),
        ("Product 3", 5, "did you mean '003'"),
        ("047", 5, "products.exclude matches it"),
        ("003", 0, "--size 0 is not possible"),
    ],
)
def test_what_cannot_be_meant_is_refused(workspace, tmp_path: Path, product: str, size: int, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        drawn(workspace, tmp_path, product, size)
