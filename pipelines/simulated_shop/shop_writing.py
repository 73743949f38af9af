"""Writes everything of a simulated shop into a folder, customers block by block."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow as pa

from core import progress, settings_template
from core.workspace import SETTINGS_FILE
from models.arrays import Int64Array
from pipelines.simulated_shop import attribute_tables, customer_tables, known_truth
from pipelines.simulated_shop.block_totals import BlockTotals, block_size, share_out
from pipelines.simulated_shop.chance import generator
from pipelines.simulated_shop.currency_rates import CurrencyRates, currency_rates
from pipelines.simulated_shop.line_drawing import DrawnLines, LineDrawing
from pipelines.simulated_shop.month_files import GrowingFile, MonthFiles, write_table
from pipelines.simulated_shop.order_columns import PLAIN, OrderColumns
from pipelines.simulated_shop.order_times import draw_orders
from pipelines.simulated_shop.population import Peopling, Population
from pipelines.simulated_shop.product_choice import ProductChoice
from pipelines.simulated_shop.product_range import ProductRange, product_range
from pipelines.simulated_shop.promotion_weeks import PromotionWeeks, promotion_weeks
from pipelines.simulated_shop.shop_mapping import mapping_text
from pipelines.simulated_shop.shop_places import CUSTOMERS_FILE, ORDERS, SHOP_FILE, TRUTH
from pipelines.simulated_shop.shop_scenario import ShopScenario, category_name
from pipelines.simulated_shop.shop_seasons import of_categories, timeline
from pipelines.simulated_shop.shop_size import ShopSize
from pipelines.simulated_shop.timeline import Timeline


class ShopWriting:
    """One shop being written into a folder."""

    def __init__(self, folder: Path, size: ShopSize, scenario: ShopScenario) -> None:
        self.folder, self.size, self.scenario = folder, size, scenario
        self.days: Timeline = timeline(scenario, size)
        self.peopling = Peopling(scenario, size, self.days, block_size(size))
        self.products: ProductRange = product_range(self.days, scenario, size)
        self.promotions: PromotionWeeks = promotion_weeks(self.days, self.products, scenario, size.seed)
        self.rates: CurrencyRates = currency_rates(self.days, scenario, size.seed)
        self.categories = int(self.products.category[-1]) + 1
        self.seasons = of_categories(self.days, scenario, size.seed)[:, : self.categories]
        rng = generator(size.seed, "tastes")
        self.tastes = rng.gamma(0.6, 1.0, (scenario.purchases.tastes, self.categories)) + 0.02
        self.columns = OrderColumns(scenario, size, self.rates)

    def write(self) -> tuple[int, int]:
        """Everything; how many orders and returns there are."""
        progress.current().step(f"a shop of {self.size.customers:,} customers and {self.size.lines:,} order lines")
        truth = self.folder / TRUTH
        truth.mkdir()
        self._write_small_tables()
        totals = share_out(self.scenario, self.size, self.peopling)
        choice = ProductChoice(self.products, self.promotions, self.seasons, self.tastes)
        drawing = LineDrawing(self.scenario, self.days, self.products, self.promotions, choice, self.rates)
        self._write_blocks(totals, drawing)
        self._write_truth(totals)
        (self.folder / "mapping.yaml").write_text(mapping_text(self.scenario, self._brought()))
        (self.folder / SETTINGS_FILE).write_text(settings_template.render())
        return self.size.customers + int(totals.repeats.sum()), int(totals.returns.sum())

    def _brought(self) -> list[str]:
        there = {path.stem for path in self.folder.iterdir()}
        return [
            name
            for name in ("products", "customers", "promotions", "calendar", "fx_rates", "contacts", "protected")
            if name in there
        ]

    def _write_small_tables(self) -> None:
        ids = self.columns.products
        tables = {
            "products": attribute_tables.products_table(self.products, self.days, ids, self.categories),
            "promotions": attribute_tables.promotions_table(self.promotions, self.days, ids),
            "calendar": attribute_tables.calendar_table(self.days, self.scenario),
            "fx_rates": attribute_tables.rates_table(self.days, self.rates),
        }
        for name, table in tables.items():
            if len(table):
                write_table(self.folder / f"{name}.parquet", table)

    def _write_blocks(self, totals: BlockTotals, drawing: LineDrawing) -> None:
        place = {name: f"{name}.parquet" for name in ("protected", "contacts")}
        place |= {"customers": CUSTOMERS_FILE, TRUTH: f"{TRUTH}/{CUSTOMERS_FILE}"}
        before = 0
        with ExitStack() as stack:
            orders = stack.enter_context(MonthFiles(self.folder / ORDERS, PLAIN))
            files: dict[str, GrowingFile] = {}
            steps = range(self.peopling.blocks)
            for number in progress.current().track(steps, "blocks of customers", total=self.peopling.blocks):
                people, rng = self.peopling.people(number), generator(self.size.seed, "lines", number)
                favourites = drawing.favourites(rng, people)
                drawn = draw_orders(rng, people, int(totals.repeats[number]), int(totals.purchases[number]))
                for lines in drawing.lines(rng, people, favourites, drawn, int(totals.returns[number])):
                    orders.add(self.columns.table(people, lines, before), _months(lines))
                orders.flush()
                before += len(drawn.who)
                for name, table in self._tables(people, favourites, totals.scale).items():
                    if name not in files and len(table):
                        path = self.folder / place[name]
                        files[name] = stack.enter_context(GrowingFile(path, table.schema))
                    if len(table):
                        files[name].add(table)

    def _tables(self, people: Population, favourites: Int64Array, scale: float) -> dict[str, pa.Table]:
        ids = self.columns.customers(people)
        cost, rounds = self.scenario.contacts.cost, self.peopling.rounds
        return {
            "customers": customer_tables.customers_table(people, ids, self.columns.regions),
            "protected": customer_tables.protected_table(people, ids),
            "contacts": customer_tables.contacts_table(people, ids, rounds, cost),
            TRUTH: customer_tables.truth_table(people, ids, self.columns.products, favourites, scale),
        }

    def _write_truth(self, totals: BlockTotals) -> None:
        truth = self.folder / TRUTH
        ids = self.columns.products
        write_table(truth / "products.parquet", known_truth.products(self.products, ids))
        write_table(truth / "promotions.parquet", known_truth.promotions(self.promotions, self.days, ids))
        write_table(truth / "days.parquet", known_truth.days(self.days))
        names = [category_name(number) for number in range(self.categories)]
        write_table(truth / "tastes.parquet", known_truth.tastes(self.tastes, names))
        document = {
            "size": asdict(self.size),
            "rate_scale": totals.scale,
            "scenario": self.scenario.model_dump(mode="json"),
        }
        (truth / SHOP_FILE).write_text(json.dumps(document, indent=2) + "\n")


def _months(lines: DrawnLines) -> Int64Array:
    """Since January 1970, in UTC."""
    return np.asarray(lines.at.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64))
