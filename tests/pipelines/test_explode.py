"""Several products in one cell become a row each, and no name is cut in two."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import MappingError
from pipelines.ingest import run
from pipelines.sources import mapping
from pipelines.sources.operations.explode import Explode
from tests.pipelines.conftest import Shop, orders
from tests.pipelines.operating import operate

PATTERN = "(?<quantity>[0-9]+)[x\u00d7] (?<name>.+?)"
ITEMS = Explode(column="items", pattern=PATTERN)

names = st.text(st.sampled_from("Mug, x2-ü\n"), min_size=1).map(str.strip)
plain_names = names.filter(lambda name: name and not any(p[:1].isdigit() for p in name.split(", "))).filter(
    lambda name: name == name.strip(", ")
)
cells = st.lists(st.tuples(st.integers(1, 99), plain_names), min_size=1, max_size=5)


@settings(max_examples=60, deadline=None)
@given(st.lists(cells, min_size=1, max_size=6))
def test_what_was_joined_comes_apart_as_it_was(written: list[list[tuple[int, str]]]) -> None:
    rows = [{"items": ", ".join(f"{n}x {name}" for n, name in cell)} for cell in written]
    with operate([ITEMS], rows) as done:
        found = done.rows("quantity", "name")
        assert found == [(str(n), name) for cell in written for n, name in cell]
        assert done.positions() == [place for place, cell in enumerate(written, 1) for _ in cell]


def test_a_separator_in_a_name_parts_nothing() -> None:
    with operate([ITEMS], [{"items": "2x Mug, large, 1x Tea"}, {"items": "3\u00d7 Cup"}]) as done:
        assert done.rows("quantity", "name") == [("2", "Mug, large"), ("1", "Tea"), ("3", "Cup")]


def test_what_tells_items_apart_may_stand_behind_the_name() -> None:
    behind = Explode(column="items", pattern="(?<name>.+?) x (?<quantity>[0-9]+)")
    with operate([behind], [{"items": "Mug, large x 2, Tea x 1"}]) as done:
        assert done.rows("quantity", "name") == [("2", "Mug, large"), ("1", "Tea")]


@pytest.mark.parametrize("cell", ["Mug, 1x Tea", "Mug", "", None, "2x ", "1x Tea,2x"])
def test_a_cell_that_is_not_wholly_items_stays_one_row_with_a_fault(cell: str | None) -> None:
    with operate([ITEMS], [{"items": cell}, {"items": "1x Tea"}]) as done:
        found = done.rows("fault_explode_", "name")
        assert len(found) == 2
        assert found[1] == (False, "Tea")
        assert found[0][0] is (cell != "1x Tea,2x")


def test_an_empty_cell_is_a_row_of_its_own_where_the_mapping_says_so() -> None:
    kept = Explode(column="items", pattern=PATTERN, sums={"quantity": "sold"}, empty="keep")
    rows = [{"items": None, "sold": "0"}, {"items": "Mug", "sold": "1"}, {"items": "1x Tea", "sold": "1"}]
    with operate([kept], rows) as done:
        assert done.rows("fault_explode_", "name") == [(False, None), (True, None), (False, "Tea")]


def test_items_have_to_add_up_where_the_mapping_says_so() -> None:
    summed = Explode(column="items", pattern=PATTERN, sums={"quantity": "sold"})
    rows = [{"items": "2x Mug, 1x Tea", "sold": "3"}, {"items": "2x Mug, 1x Tea", "sold": "4"}]
    with operate([summed], rows) as done:
        assert done.rows("fault_explode_", "name") == [(False, "Mug"), (False, "Tea"), (True, None)]


def test_an_ingest_names_the_line_of_a_cell_it_can_not_read(shop: Shop) -> None:
    lines = [f'c,o{i},"2x Mug, large, 1x Tea",2024-03-{i:02d},,9' for i in range(1, 25)]
    shop.lines([*lines[:3], "c,o0,nonsense,2024-03-01,,9", *lines[3:]])
    columns = {**shop.mapping["tables"]["orders"]["columns"], "product_id": "name", "quantity": "n", "revenue": "price"}
    shop.map(explode={"column": "product", "pattern": "(?<n>[0-9]+)x (?<name>.+?)"}, columns=columns)
    tried = run(shop.workspace, dry_run=True)
    reason = "product is not made of items as explode describes them"
    assert [check.examples for check in tried.checks if reason in check.name] == [("line 5 product='nonsense'",)]
    report = orders(run(shop.workspace))
    assert (report.read, report.added, dict(report.quarantined)) == (49, 48, {reason: 1})
    assert report.notes == ("orders: explode found 49 items in 25 cells of product",)
    assert set(shop.rows("product_id, quantity")) == {("Mug, large", 2.0), ("Tea", 1.0)}
    [bad] = shop.quarantine()
    assert (bad["position"], bad["raw_product"], bad["reason"]) == (5, "nonsense", reason)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"column": "produkt"}, "no column 'produkt'; did you mean 'product'"),
        ({"pattern": "(?<n>[0-9]+"}, "it is no regular expression"),
        ({"pattern": "(?<n>a)(?=b)"}, "it is no regular expression"),
        ({"pattern": "[0-9]+"}, "it names no group"),
        ({"pattern": "(?<n>[0-9]*)"}, "it matches nothing at all"),
        ({"pattern": "(?<qty>[0-9]+)x"}, "has a column 'qty' already"),
        ({"sums": {"m": "qty"}}, "no column 'm' among the pattern's groups; there is: n"),
        ({"separater": ","}, "did you mean 'separator'"),
    ],
)
def test_what_can_not_be_meant_is_said(shop: Shop, wrong: dict[str, object], said: str) -> None:
    shop.lines([])
    shop.map(explode={"column": "product", "pattern": "(?<n>[0-9]+)x .+", **wrong})
    path: Path = shop.workspace.mapping_file
    with pytest.raises(MappingError) as refused:
        mapping.resolve(mapping.load(path), path)
    assert said in str(refused.value)
    assert "explode" in str(refused.value)
