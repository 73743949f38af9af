"""`regulars bench ingest`: exports with dirt on them come in right, or it is said; never wrong without a word."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.errors import UsageError
from pipelines.bench import dirt, ingest_bench, platforms, taking_in, variants
from pipelines.bench.dirty_export import DirtyExport
from pipelines.bench.invented_shop import Truth
from pipelines.bench.platform_export import PlatformExport
from pipelines.bench.taking_in import BenchFate
from pipelines.cli import main
from pipelines.ingest.report import IngestReport, TableReport
from pipelines.sources.presets import shipped

TRUE = Truth({"2024-01-02": 100_000, "2024-01-03": 250}, lines=3, orders=2, customers=2, units=5, products=3)
SMALL = platforms.ALL[::2]
EVERY = pytest.mark.parametrize("export", platforms.ALL, ids=lambda export: export.name)


@pytest.mark.parametrize("number", range(len(SMALL)), ids=lambda number: SMALL[number].name)
def test_no_variant_of_a_sample_is_wrong_without_a_word(number: int) -> None:
    """Of the small shops; each has another number, so that the kinds of dirt differ."""
    taken = ingest_bench.measure((SMALL[number].name, ingest_bench.SEED, 2 * number + 1))
    assert taken.fate is not BenchFate.WRONG, taken


@pytest.mark.long
@pytest.mark.timeout(1_800)
def test_no_variant_of_a_larger_sample_is() -> None:
    found = ingest_bench.run(numbers=range(0, ingest_bench.VARIANTS, 10))
    assert found.of(BenchFate.WRONG) == []
    assert {each.fate for each in found.taken if each.name.endswith("/0")} == {BenchFate.RIGHT}


def test_every_preset_has_two_exports_at_least() -> None:
    told = [export.preset for export in platforms.ALL]
    assert {preset.file.stem for preset in shipped() if told.count(preset.file.stem) < 2} == set()


@EVERY
def test_an_export_names_columns_that_it_has(export: PlatformExport) -> None:
    [columns] = {tuple(row) for row in export.rows(export.shop.sales())}
    named = {export.order, *export.moments, *export.amounts, *export.counts, *export.ids, *export.texts}
    assert named <= set(columns)


@EVERY
def test_a_seed_gives_the_same_files_again(export: PlatformExport, tmp_path: Path) -> None:
    one, two = (variants.named(f"{export.name}/3/5") for _ in range(2))
    files, again = one.export.write(tmp_path / "a"), two.export.write(tmp_path / "b")
    assert one.dirt == two.dirt
    assert [file.name for file in files] == [file.name for file in again]
    if not {"workbook", "archive"} & set(one.dirt):  # these say when they were made
        assert [file.read_bytes() for file in files] == [file.read_bytes() for file in again]


def test_every_kind_of_dirt_fits_an_export() -> None:
    some = [DirtyExport(export, export.shop.sales()[:60]) for export in platforms.ALL]
    assert [kind.name for kind in dirt.ALL if not any(kind.fits(export) for export in some)] == []


def report(**counts: object) -> IngestReport:
    return IngestReport(1, (TableReport("orders", "a file", **counts),), 0.0)  # type: ignore[arg-type]


def test_a_tenth_of_a_percent_is_right() -> None:
    near = replace(TRUE, revenue={"2024-01-02": 100_100, "2024-01-03": 251})
    assert taking_in.judged(TRUE, near, report())[0] is BenchFate.RIGHT


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"revenue": {"2024-01-02": 100_101, "2024-01-03": 250}}, "revenue of 1 of 2 days"),
        ({"revenue": {"2024-01-02": 100_000}}, "2024-01-03: 0.00, not 2.50"),
        ({"revenue": TRUE.revenue | {"2024-01-04": 7}}, "revenue of 1 of 3 days"),
        ({"lines": 4}, "lines 4, not 3"),
        ({"customers": 1}, "customers 1, not 2"),
    ],
)
def test_what_differs_without_a_word_is_wrong(wrong: dict[str, object], text: str) -> None:
    fate, said = taking_in.judged(TRUE, replace(TRUE, **wrong), report())  # type: ignore[arg-type]
    assert fate is BenchFate.WRONG
    assert text in said


def test_rows_that_were_named_are_no_silence() -> None:
    fewer = replace(TRUE, revenue={"2024-01-02": 100_000}, lines=2, orders=1)
    aside = report(quarantined={"quantity is not a number": 1}, quarantined_rows=1)
    assert taking_in.judged(TRUE, fewer, aside)[0] is BenchFate.NAMED
    assert taking_in.judged(TRUE, replace(fewer, lines=1, orders=2), aside)[0] is BenchFate.WRONG


def test_the_bench_knows_its_presets() -> None:
    with pytest.raises(UsageError, match="did you mean 'etsy-items'"):
        ingest_bench.exports("etsy-item")


def test_a_variant_can_be_had_as_files(tmp_path: Path) -> None:
    arguments = ["bench", "ingest", "--write", "etsy-items/atelier/8/0", "--into", str(tmp_path / "v")]
    done = CliRunner().invoke(main.build(), arguments)  # type: ignore[arg-type]
    assert done.exit_code == 0
    assert (tmp_path / "v" / "export.csv").read_text().startswith("Sale Date,")
