"""The command says how good the data are, where the worst lies, and what to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NoReturn

import pytest

from core.errors import StoreError
from monitoring.data_quality import assessment
from monitoring.data_quality.quality_history import QualityHistory
from pipelines.cli.quality import spark
from tests.pipelines import field
from tests.pipelines.conftest import Shop


def test_an_ingest_is_reviewed_and_the_command_tells_lines_and_cures(shop: Shop) -> None:
    good = [f"{i % 7:03d},o{i},p{i % 5},2024-03-{1 + i % 28:02d} 10:00:00,1,{1 + i / 100}" for i in range(98)]
    shop.lines([*good, "007,o99,p1,never,1,1", "007,o99,p77,2024-03-05 10:00:00,1,1"])
    shop.write("products.csv", "product\np0\np1\np2\np3\np4\n")
    shop.add_table("products", **{"from": "products.csv", "columns": {"product_id": "product"}})
    assert (
        "the worst: orders.product_id (98.9): 1 of 99 rows of orders name a product"
        in field.command(shop.workspace, "ingest").output
    )
    said = field.command(shop.workspace, "quality", "--table", "orders").output
    assert "1 of 100 rows of the source are set aside: ordered_at is not a timestamp" in said
    assert "such as orders.csv, line 101" in said
    assert "look at them with: regulars quarantine show orders" in said
    document = json.loads(field.command(shop.workspace, "quality", "--json").stdout)
    [orders, products] = document["tables"]
    assert orders["dimensions"] == {"completeness": 100, "validity": 99, "consistency": 98.9, "timeliness": 100}
    assert products["score"] == 100
    assert document["history"]["orders"] == [orders["score"]]
    latest = QualityHistory(shop.workspace).latest()
    assert latest is not None
    assert latest.score == document["score"]


def test_rows_are_taken_in_though_nobody_can_say_how_good_they_are(
    shop: Shop, good_lines: Callable[[int], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> NoReturn:
        raise StoreError("Spark failed", why="its master does not answer")

    monkeypatch.setattr(assessment, "assess", fails)
    shop.lines(good_lines(10))
    done = field.command(shop.workspace, "ingest", "--json")
    assert done.exit_code == 0
    assert "the quality of the data could not be looked at: Spark failed" in done.stderr
    assert json.loads(done.stdout)["quality"] is None
    assert shop.workspace.tables.rows("orders") == 10


def test_a_table_that_is_not_there_is_named(shop: Shop, good_lines: Callable[[int], list[str]]) -> None:
    shop.lines(good_lines(10))
    field.command(shop.workspace, "ingest")
    said = field.command(shop.workspace, "quality", "--table", "order")
    assert said.exit_code == 2
    assert "did you mean 'orders'" in said.output


@pytest.mark.parametrize(
    "words",
    [
        ("quality",),
        ("quality", "--flagged"),
        ("quality", "--table", "orders"),
        ("features", "describe"),
        ("lineage", "days_since_last_visit"),
    ],
)
def test_before_the_first_ingest_it_says_what_to_do(shop: Shop, words: tuple[str, ...]) -> None:
    said = field.command(shop.workspace, *words)
    assert said.exit_code in {1, 2}
    assert "error: there is no table" in said.output


def test_the_course_of_a_score_is_drawn() -> None:
    assert spark((100.0, None, 90.0, 95.0)) == "█▁▅ +5.0"
    assert spark((100.0,)) == ""
