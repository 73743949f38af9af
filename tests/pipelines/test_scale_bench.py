"""The bench of scale measures processes, and says how their cost grows."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from core.errors import StoreError, UsageError
from pipelines.bench.scale import scale_bench
from pipelines.bench.scale.process_cost import ProcessCost, bytes_in, cost_of
from pipelines.bench.scale.scale_bench import FILLING, NEXT_DAY, SNAPSHOT, MeasuredStep, ScaleBench, ScaleStep


def measured(lines: int, name: str, cpu: float, beside: str | None = None) -> MeasuredStep:
    return MeasuredStep(lines, lines // 50, ScaleStep(name, [], beside), ProcessCost(cpu, cpu, 10**9), 10**6)


def test_a_process_is_told_by_its_cpu_and_its_highest_memory(tmp_path: Path) -> None:
    work = "held = bytearray(300_000_000); n = sum(range(3_000_000))"
    idle = cost_of([sys.executable, "-c", "pass"], tmp_path / "log", {})
    busy = cost_of([sys.executable, "-c", work], tmp_path / "log", {})
    assert busy.cpu > idle.cpu
    assert idle.peak < 1e8
    assert 3e8 < busy.peak < 4e8


def test_the_size_of_the_process_that_measures_is_not_counted(tmp_path: Path) -> None:
    held = bytearray(b"1" * 300_000_000)
    assert cost_of([sys.executable, "-c", "pass"], tmp_path / "log", {}).peak < len(held) / 3


def test_one_that_fails_is_an_error_with_what_it_said_last(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"ended with 3.*out of luck"):
        cost_of([sys.executable, "-c", "print('out of luck'); raise SystemExit(3)"], tmp_path / "log", {})


def test_its_environment_is_what_it_is_given(tmp_path: Path) -> None:
    cost_of([sys.executable, "-c", "import os; print(os.environ['A_SIZE'])"], tmp_path / "log", {"A_SIZE": "12"})
    assert (tmp_path / "log").read_text() == "12\n"


def test_the_bytes_of_a_folder_are_those_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a").write_bytes(b"12345")
    (tmp_path / "b").write_bytes(b"1")
    (tmp_path / "c").symlink_to(tmp_path / "b")
    assert bytes_in(tmp_path) == 6


def test_the_exponent_is_1_where_twice_the_lines_cost_twice_the_cpu() -> None:
    runs = [measured(1_000, SNAPSHOT, 2.0), measured(2_000, SNAPSHOT, 4.0), measured(8_000, SNAPSHOT, 64.0)]
    growth = ScaleBench(runs).growth()
    assert [(small, large, exponent) for _, small, large, _, exponent in growth] == [
        (1_000, 2_000, pytest.approx(1)),
        (2_000, 8_000, pytest.approx(2)),
    ]


def test_what_people_do_in_a_steps_place_is_beside_that_step_of_the_same_size() -> None:
    runs = [
        measured(1_000, SNAPSHOT, 6.0),
        measured(1_000, "SQL", 2.0, SNAPSHOT),
        measured(2_000, SNAPSHOT, 9.0),
        measured(2_000, "SQL", 9.0, SNAPSHOT),
    ]
    assert [row[4] for row in ScaleBench(runs).beside_rows()] == ["3.00", "1.00"]
    assert "all features of 40 customers and 2,000 lines in 9 s" in ScaleBench(runs).verdict()


def test_sizes_and_models_that_can_not_be_are_refused() -> None:
    with pytest.raises(UsageError, match="'value' is not trained here"):
        scale_bench.run([1_000_000], train=["value"], memory_mb=2000, seed=1, keep=None)
    with pytest.raises(UsageError, match="100 lines say nothing"):
        scale_bench.run([100], train=[], memory_mb=2000, seed=1, keep=None)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_small_shop_goes_through_every_step(tmp_path: Path) -> None:
    found = scale_bench.run([10_000], train=[], memory_mb=2000, seed=1, keep=tmp_path)
    names = [each.step.name for each in found.measured]
    assert names[:3] == ["simulate", "ingest", SNAPSHOT]
    assert {NEXT_DAY, FILLING} < set(names)
    assert len(found.beside_rows()) == 3
    assert all(each.cost.cpu > 0 for each in found.measured)
    assert (tmp_path / "10000" / "shop" / "features").is_dir()
