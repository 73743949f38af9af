"""Of several versions of a line the newest holds, in whatever order they come."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import MappingError
from pipelines.ingest import run
from pipelines.sources import mapping
from pipelines.sources.operations.newest import Newest
from tests.pipelines.conftest import HEADER, Shop, orders
from tests.pipelines.operating import operate

VERSIONS = Newest(by="updated", key=["order", "sku"])  # type: ignore[call-arg]
moments = st.none() | st.integers(1, 28).map(lambda day: f"2024-03-{day:02d}T10:00:00+00:00")
lines = st.fixed_dictionaries(
    {"order": st.sampled_from(["o1", "o2", None]), "sku": st.sampled_from("ab"), "updated": moments}
)


@settings(max_examples=60, deadline=None)
@given(st.lists(lines, min_size=1, max_size=12))
def test_the_newest_version_of_each_line_is_left(rows: list[dict[str, str | None]]) -> None:
    def stays(row: dict[str, str | None]) -> bool:
        if row["order"] is None:
            return True
        versions = [r["updated"] or "" for r in rows if (r["order"], r["sku"]) == (row["order"], row["sku"])]
        return (row["updated"] or "") == max(versions)

    with operate([VERSIONS], rows) as done:
        assert done.positions() == [place for place, row in enumerate(rows, 1) if stays(row)]
        assert done.staged.rows_left_out(superseded=True) == len(rows) - len(done.positions())


def test_times_compare_as_moments_and_not_as_text() -> None:
    rows = [
        {"order": "o1", "sku": "a", "updated": "2024-03-01T10:00:00+02:00"},
        {"order": "o1", "sku": "a", "updated": "2024-03-01T09:00:00Z"},
    ]
    with operate([VERSIONS], rows) as done:
        assert done.positions() == [2]


def test_a_version_that_can_not_be_told_is_a_fault_and_takes_no_other_out() -> None:
    rows = [{"order": "o1", "sku": "a", "updated": text} for text in ("9", "soon", "10", None)]
    with operate([VERSIONS], rows) as done:
        assert done.rows("updated", "fault_newest_") == [("soon", True), ("10", False)]


def test_an_ingest_counts_what_was_superseded(shop: Shop) -> None:
    shop.lines(
        [
            "c,o1,p1,2024-03-01,2,1,2024-03-09",
            "c,o1,p1,2024-03-01,1,1,2024-03-05",
            "c,o2,p1,2024-03-02,1,1,2024-03-05",
        ],
        f"{HEADER},updated",
    )
    shop.map(newest={"by": "updated", "key": ["order", "product"]})
    report = orders(run(shop.workspace))
    assert (report.read, report.superseded, report.filtered, report.added) == (3, 1, 0, 2)
    assert sorted(shop.rows("order_id, quantity")) == [("o1", 2.0), ("o2", 1.0)]
    assert "superseded by a newer version of the same order and product: 1 rows" in report.notes[0]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"by": "updatet"}, "no column 'updatet'; did you mean 'updated'"),
        ({"key": ["ordr"]}, "no column 'ordr'; did you mean 'order'"),
        ({"key": []}, "at least 1 item"),
        ({"keys": ["order"]}, "did you mean 'key'"),
    ],
)
def test_what_can_not_be_meant_is_said(shop: Shop, wrong: dict[str, object], said: str) -> None:
    shop.lines([], f"{HEADER},updated")
    shop.map(newest={"by": "updated", "key": ["order", "product"], **wrong})
    path = shop.workspace.mapping_file
    with pytest.raises(MappingError) as refused:
        mapping.resolve(mapping.load(path), path)
    assert said in str(refused.value)
