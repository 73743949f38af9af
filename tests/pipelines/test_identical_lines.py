"""Equal lines of one order: second items stay, orders told twice are counted once, and the mapping overrules."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.ingest import run
from pipelines.ingest.checks import DUPLICATE, TOLD_AGAIN
from tests.pipelines import field
from tests.pipelines.conftest import Shop, orders

UNHURRIED = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def order_blocks(sizes: list[int]) -> list[list[str]]:
    """Orders of so many different lines, together in the file."""
    return [
        [f"c{n % 5},o{n},p{line},2024-03-{1 + n % 28:02d} 12:00:{n % 60:02d},1,{1 + line}" for line in range(size)]
        for n, size in enumerate(sizes)
    ]


def flat(blocks: list[list[str]]) -> list[str]:
    return list(itertools.chain.from_iterable(blocks))


def stored(shop: Shop) -> Counter[tuple[str, str]]:
    return Counter(shop.rows("order_id, product_id"))


def told(lines: list[str]) -> Counter[tuple[str, str]]:
    return Counter((line.split(",")[1], line.split(",")[2]) for line in lines)


@UNHURRIED
@given(
    sizes=st.lists(st.integers(2, 6), min_size=12, max_size=30),
    again=st.sets(st.integers(0, 11), min_size=1),
    place=st.sampled_from(["at the end", "right behind", "line by line", "by order, shuffled"]),
    seed=st.randoms(use_true_random=False),
)
def test_orders_that_are_told_twice_are_counted_once(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], again: set[int], place: str, seed: object
) -> None:
    shop = Shop(tmp_path_factory.mktemp("twice") / "shop")
    blocks = order_blocks(sizes)
    match place:
        case "at the end":
            lines = flat(blocks) + flat([blocks[n] for n in sorted(again)])
        case "right behind":
            lines = flat([block * (2 if n in again else 1) for n, block in enumerate(blocks)])
        case "line by line":
            lines = flat([[x for x in b for _ in range(2 if n in again else 1)] for n, b in enumerate(blocks)])
        case _:
            more = [*blocks, *[blocks[n] for n in again]]
            seed.shuffle(more)  # type: ignore[attr-defined]
            lines = flat(more)
    shop.lines(lines)
    report = orders(run(shop.workspace))
    assert stored(shop) == told(flat(blocks))
    assert report.quarantined == {TOLD_AGAIN: sum(sizes[n] for n in again)}
    assert f"{len(again):,} orders stand in the source more than once" in report.notes[0]


@UNHURRIED
@given(
    sizes=st.lists(st.integers(2, 6), min_size=20, max_size=30),
    second=st.dictionaries(st.integers(0, 19), st.integers(0, 1), min_size=3),
    behind=st.booleans(),
)
def test_single_lines_that_repeat_in_some_orders_are_further_items(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], second: dict[int, int], behind: bool
) -> None:
    shop = Shop(tmp_path_factory.mktemp("second") / "shop")
    blocks = order_blocks(sizes)
    for n, line in second.items():
        blocks[n].insert(line + 1 if behind else len(blocks[n]), blocks[n][line])
    lines = flat(blocks)
    shop.lines(lines)
    report = orders(run(shop.workspace))
    assert stored(shop) == told(lines)
    assert f"{len(second):,} lines are equal to another of the same order and counted as further items" in str(
        report.notes
    )
    shop.lines(lines[::-1])
    assert not orders(run(shop.workspace)).changed


@UNHURRIED
@given(sizes=st.lists(st.integers(3, 6), min_size=20, max_size=30), second=st.sets(st.integers(0, 19), min_size=3))
def test_second_items_of_a_file_that_is_exported_twice_stay_second_items(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], second: set[int]
) -> None:
    shop = Shop(tmp_path_factory.mktemp("both") / "shop")
    blocks = order_blocks(sizes)
    for n in second:
        blocks[n].insert(1, blocks[n][0])
    shop.lines(flat(blocks) * 2)
    report = orders(run(shop.workspace))
    assert stored(shop) == told(flat(blocks))
    assert report.quarantined[TOLD_AGAIN] == len(flat(blocks))


def test_a_line_apart_from_its_order_is_a_duplicate(shop: Shop) -> None:
    lines = flat(order_blocks([3] * 20))
    shop.lines([*lines, lines[4]])
    report = orders(run(shop.workspace))
    assert report.quarantined == {DUPLICATE: 1}
    assert "apart from it in the source" in report.notes[0]


def test_equal_lines_with_a_line_id_are_one_line_told_twice(shop: Shop) -> None:
    shop.map(columns={**shop.mapping["tables"]["orders"]["columns"], "line_id": "line"})
    lines = [f"{line},{n}" for n, line in enumerate(flat(order_blocks([3] * 20)))]
    shop.lines([*lines[:6], lines[5], *lines[6:]], "customer,order,product,at,qty,price,line")
    assert orders(run(shop.workspace)).quarantined == {DUPLICATE: 1}


@pytest.mark.parametrize(("says", "rows"), [("keep", 62), ("set_aside", 60), ("judge", 62)])
def test_the_mapping_overrules(shop: Shop, says: str, rows: int) -> None:
    shop.map(identical_rows=says)
    blocks = order_blocks([3] * 20)
    for n in (4, 11):
        blocks[n].insert(1, blocks[n][0])
    shop.lines(flat(blocks))
    run(shop.workspace)
    assert len(shop.rows("1")) == rows


def test_the_draft_says_what_it_thinks_of_equal_lines(tmp_path: Path) -> None:
    rows = [row for n, row in enumerate(field.lines()) for _ in range(2 if n % 40 == 0 else 1)]
    workspace = field.drafted(tmp_path / "shop", field.write(tmp_path / "orders.csv", rows))
    drafted = workspace.mapping_file.read_text()
    assert "identical_rows: judge" in drafted
    assert "# 89 lines are equal to another of the same order and counted as further items" in drafted
    run(workspace)
    assert field.ask(workspace, "count(*)") == (len(rows),)
