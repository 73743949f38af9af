"""A variant is taken in as `regulars start` takes it in, and what the tables hold then is compared with the truth."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from core import query_engine
from core.errors import DataError, RegularsError
from core.workspace import Workspace
from pipelines import ingest
from pipelines.bench.dirty_export import DirtyExport
from pipelines.bench.invented_shop import Truth
from pipelines.bench.variants import Variant
from pipelines.ingest.report import IngestReport, TableReport
from pipelines.ingest.spreadsheet_damage import CURE
from pipelines.initialise import initialise
from pipelines.sources.csv_file import CUT_OFF
from pipelines.sources.doubts import Answers, Doubt
from pipelines.sources.draft import draft

SHARE = 0.001
"""How far the revenue of a day may be off."""
_HELD = """
SELECT count(*), count(DISTINCT order_id), count(DISTINCT customer_id), CAST(round(sum(quantity)) AS BIGINT),
       count(DISTINCT product_id)
FROM orders
"""
_DAYS = "SELECT strftime(day, '%Y-%m-%d'), CAST(round(sum(revenue) * 100) AS BIGINT) FROM orders GROUP BY 1"


class BenchFate(Enum):
    """What became of a variant."""

    RIGHT = "right"
    NAMED = "rows named"
    STOPPED = "stopped"
    NEEDLESS = "refused needlessly"
    WRONG = "silently wrong"


@dataclass(frozen=True)
class TakenIn:
    """A variant's fate, and a sentence on it: the refusal, what was said of rows, or what is wrong."""

    name: str
    preset: str
    dirt: tuple[str, ...]
    fate: BenchFate
    text: str = ""


def take_in(variant: Variant, folder: Path) -> TakenIn:
    """Write the variant's files into a folder, and take them in into a workspace beside them."""
    fate, text = _fate(variant, folder)
    return TakenIn(variant.name, variant.export.source.preset, variant.dirt, fate, text)


def _fate(variant: Variant, folder: Path) -> tuple[BenchFate, str]:
    files = variant.export.write(folder / "export")
    try:
        report = started([str(file) for file in files], folder / "shop", variant)
    except RegularsError as error:
        return BenchFate.STOPPED if variant.may_stop else BenchFate.NEEDLESS, str(error)
    except Exception as error:
        return BenchFate.NEEDLESS, f"a defect of ours: {type(error).__name__}: {error}"
    return judged(variant.export.truth, held(Workspace.open(folder / "shop")), report)


def started(files: Sequence[str], shop: Path, variant: Variant) -> IngestReport:
    """Draft, answer what is asked with the truth, and nothing else, and ingest.

    Raises:
        RegularsError: it was refused.
    """
    drafted = draft(files, shop)
    if drafted.missing:
        raise DataError(f"no column tells {', '.join(drafted.missing)}")
    initialise(shop, files, answers=answers(drafted.doubts, variant.export))
    return ingest.run(Workspace.open(shop))


def answers(doubts: Sequence[Doubt], export: DirtyExport) -> Answers:
    """What a person who knows the shop says."""
    shop = export.source.shop
    known = {"timezone": shop.zone, "base_currency": shop.currency, "groups": export.groups}
    given = {}
    for doubt in doubts:
        given[doubt.about] = known.get(doubt.about) or _of_choices(doubt, list(export.moments.values()))
    return Answers(**given)  # type: ignore[arg-type]


def _of_choices(doubt: Doubt, written: Sequence[str]) -> str:
    """The choice that has day, month and year in the order in which they are written."""
    true = {_order(text) for text in written}
    return next((choice for choice in doubt.choices if _order(choice) in true), doubt.likely)


def _order(written: str) -> tuple[str, ...]:
    return tuple(letter.lower() for letter in re.findall("%([dmyY])", written.replace("%b", "%m")))


def held(workspace: Workspace) -> Truth:
    """What a workspace's orders hold."""
    with query_engine.on_tables(workspace) as connection:
        days = dict(connection.execute(_DAYS).fetchall())
        [(lines, orders, customers, units, products)] = connection.execute(_HELD).fetchall()
    return Truth(days, lines, orders, customers, units, products)


def judged(truth: Truth, found: Truth, report: IngestReport) -> tuple[BenchFate, str]:
    """Whether what is held is what is true and, where it is not, whether it was said."""
    wrong = [*_wrong_days(truth, found), *_wrong_counts(truth, found)]
    if not wrong:
        return BenchFate.RIGHT, ""
    text = "; ".join(wrong)
    [orders] = [table for table in report.tables if table.table == "orders"]
    if said := _said(truth, found, orders):
        return BenchFate.NAMED, f"{text}: {said}"
    return BenchFate.WRONG, text


def _wrong_days(truth: Truth, found: Truth) -> list[str]:
    days = sorted({*truth.revenue, *found.revenue})
    off = [
        day
        for day in days
        if abs(found.revenue.get(day, 0) - truth.revenue.get(day, 0)) > max(1, SHARE * abs(truth.revenue.get(day, 0)))
    ]
    if not off:
        return []
    day = off[0]
    return [
        f"revenue of {len(off)} of {len(days)} days, such as {day}:"
        f" {found.revenue.get(day, 0) / 100:,.2f}, not {truth.revenue.get(day, 0) / 100:,.2f}"
    ]


def _wrong_counts(truth: Truth, found: Truth) -> list[str]:
    names = ("lines", "orders", "customers", "units", "products")
    pairs = [(name, getattr(found, name), getattr(truth, name)) for name in names]
    return [f"{name} {is_:,}, not {should:,}" for name, is_, should in pairs if is_ != should]


def _said(truth: Truth, found: Truth, orders: TableReport) -> str:
    """What the run said of the rows that are missing, of where the file ends, or of ids a spreadsheet destroyed."""
    if named := next((note for note in orders.notes if CURE in note or CUT_OFF in note), ""):
        return named
    aside = orders.quarantined_rows
    missing = max(0, truth.orders - found.orders) <= aside and found.lines <= truth.lines
    if aside and missing and (truth.lines - found.lines <= aside or truth.orders - found.orders == aside):
        return ", ".join(f"{reason} {rows:,}" for reason, rows in orders.quarantined.items())
    return ""
