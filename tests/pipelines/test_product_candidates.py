"""A buyer's file of products, read as such files are written."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from core.errors import DataError, RegularsError, UsageError
from pipelines.product_candidates import read_candidates

PRODUCTS = pd.DataFrame(
    {"name": "old name", "category": "tea", "department": "drinks", "brand": "own", "list_price": [3.0, None],
     "unit_cost": [1.0, None]},
    index=pd.Index(["007", "sold"], name="product_id"),
)  # fmt: skip


def written(folder: Path, text: str) -> Path:
    file = folder / "offers.csv"
    file.write_text(text)
    return file


def test_what_the_file_leaves_open_comes_from_the_products(tmp_path: Path) -> None:
    file = written(tmp_path, "product_id, list_price ,colour\n007,,red\nnew,4.5,blue\n")
    found = read_candidates(file, PRODUCTS, [])
    assert found.unread == ("colour",)
    assert found.rows.loc["007", "category"] == "tea"
    assert found.rows.loc["007", "list_price"] == 3.0
    assert pd.isna(found.rows.loc["new", "category"])


def test_rows_that_cannot_be_meant_are_left_out_and_counted(tmp_path: Path) -> None:
    rows = ["a,1,0.5", "a,1,0.5", "b,-1,", "c,1,-2", "d,cheap,", ",1,1", "sold,1,1", "e,inf,"]
    found = read_candidates(
        written(tmp_path, "\n".join(["product_id,list_price,unit_cost", *rows])), PRODUCTS, ["sold"]
    )
    assert list(found.rows.index) == ["a"]
    assert list(found.left_out.values()) == [1, 4, 1, 1]


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("product_id,list_price\na,1\na,2\n", DataError, "'a'"),
        ("product,list_price\na,1\n", UsageError, "no column product_id"),
        ("product_id\n", DataError, "no row"),
        ("product_id,list_price\nsold,1\n", DataError, "1 sold already"),
        ("", UsageError, "can't be read"),
    ],
)
def test_a_file_that_says_nothing_or_two_things_is_refused(
    tmp_path: Path, text: str, kind: type[RegularsError], said: str
) -> None:
    with pytest.raises(kind, match=said):
        read_candidates(written(tmp_path, text), PRODUCTS, ["sold"])


def test_whole_numbers_of_parquet_are_ids_without_a_point(tmp_path: Path) -> None:
    file = tmp_path / "offers.parquet"
    pd.DataFrame({"product_id": [12.0, 13.0], "list_price": [1.5, 2.0]}).to_parquet(file)
    found = read_candidates(file, PRODUCTS, [])
    assert list(found.rows.index) == ["12", "13"]
    assert list(found.rows["list_price"]) == [1.5, 2.0]


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.csv"):
        read_candidates(tmp_path / "offers.xlsx", PRODUCTS, [])
