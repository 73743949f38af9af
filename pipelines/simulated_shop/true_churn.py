"""The true chance that a customer of a simulated shop buys nothing for a while, and what is the most anyone can know.

A customer who is there buys in a day at the rate `a` of that day and leaves at the rate `m`. Two such waits race, so
the chance that nothing is bought over days 1 to h is

    S(h) + sum over k of S(k - 1) x m / (m + a) x (1 - exp(-(m + a))),   S(k) = exp(-(sum to k of m + a)),

the first term of those who stay, the others of those who leave on day k before they buy. Who has left buys nothing.
The shop can't see who has left: by Bayes' rule, with the same formula from the last purchase on, it can know at most

    P(there) = S(T) / (chance that nothing was bought since).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from core.errors import UsageError
from core.expressions import literal
from core.query_engine import without_workspace
from models.arrays import Float64Array, Int64Array
from pipelines.simulated_shop.block_totals import block_size
from pipelines.simulated_shop.population import Peopling, Population
from pipelines.simulated_shop.shop_places import ORDERS, SHOP_FILE, TRUTH
from pipelines.simulated_shop.shop_scenario import ShopScenario
from pipelines.simulated_shop.shop_seasons import timeline
from pipelines.simulated_shop.shop_size import ShopSize


@dataclass(frozen=True)
class TrueChurn:
    """Makes the customers of a shop anew, by its `truth/shop.json`; `scale` makes rates purchases a day."""

    folder: Path
    peopling: Peopling
    scale: float

    @classmethod
    def of(cls, folder: Path) -> TrueChurn:
        """The truth of a simulated shop's folder.

        Raises:
            UsageError: it is none.
        """
        file = folder / TRUTH / SHOP_FILE
        if not file.is_file():
            raise UsageError(f"{folder} is no simulated shop", why=f"there is no {TRUTH}/{SHOP_FILE} in it")
        told = json.loads(file.read_text())
        scenario, size = ShopScenario.model_validate(told["scenario"]), ShopSize(**told["size"])
        days = timeline(scenario, size)
        return cls(folder, Peopling(scenario, size, days, block_size(size)), float(told["rate_scale"]))

    def table(self, as_of: date, horizon: int) -> pd.DataFrame:
        """Customers who bought before a day: the chance to buy nothing on it and the horizon's other days.

        Columns: customer_id; last_purchase_on; bought_nothing (0 or 1, what happened); true_probability (of who knows
        whether the customer has left); knowable_probability (of who knows the rates and the purchases, not that).

        Raises:
            UsageError: the days do not lie within the shop's.
        """
        days = self.peopling.days
        start = days.number_of(as_of)
        if not 0 < start <= days.days - horizon:
            latest, first = days.date_of(days.days - horizon), days.date_of(1)
            raise UsageError(f"{as_of} with {horizon} days is not within the shop's", todo=f"give {first} to {latest}")
        table = self._customers(as_of, horizon)
        number = table.index.to_numpy()
        last = _days_since(days.first, table["last_purchase_on"])
        true, knowable = np.empty(len(table)), np.empty(len(table))
        for block in range(self.peopling.blocks):
            here = np.flatnonzero(number // self.peopling.block == block)
            who = number[here] - block * self.peopling.block
            people = self.peopling.people(block)
            nothing, _ = self._nothing(people, who, np.full(len(who), start), start + horizon)
            quiet, stayed = self._nothing(people, who, last[here] + 1, start)
            gone = people.ends[who] < start
            true[here] = np.where(gone, 1.0, nothing)
            there = stayed / quiet
            knowable[here] = 1 - there + there * nothing
        return table.assign(true_probability=true, knowable_probability=knowable).reset_index(drop=True)

    def _nothing(
        self, people: Population, who: Int64Array, since: Int64Array, until: int
    ) -> tuple[Float64Array, Float64Array]:
        """The chance that nothing is bought on the days from `since` to before `until`, and to stay besides."""
        first = int(since.min()) if len(since) else until
        stays, nothing = np.ones(len(who)), np.zeros(len(who))
        for day in range(first, until):
            now = since <= day
            cell = int(np.searchsorted(people.borders, day, side="right")) - 1
            buying = people.rate[who] * self.scale * people.busier[who, cell] * people.days.weight[day]
            leaving = people.leaving[who] * people.restless[who, cell]
            both = buying + leaving
            ends = -np.expm1(-both)
            nothing += np.where(now, stays * ends * leaving / np.maximum(both, 1e-300), 0.0)
            stays = np.where(now, stays * (1 - ends), stays)
        return nothing + stays, stays

    def _customers(self, as_of: date, horizon: int) -> pd.DataFrame:
        """Who has bought before a day, when last, and whether nothing was bought from it on; by number from 0."""
        zone, end = literal(self.peopling.scenario.timezone), as_of + timedelta(days=horizon)
        local = f"CAST(timezone({zone}, ordered_at) AS DATE)"
        lines = literal(str(self.folder / ORDERS / "*.parquet"))
        query = f"""SELECT customer_id, max(day) FILTER (day < DATE '{as_of}') AS last_purchase_on,
                1 - CAST(bool_or(day >= DATE '{as_of}' AND day < DATE '{end}') AS INTEGER) AS bought_nothing
            FROM (SELECT customer_id, {local} AS day FROM read_parquet({lines}) WHERE quantity > 0)
            GROUP BY customer_id HAVING last_purchase_on IS NOT NULL ORDER BY customer_id"""
        with without_workspace() as connection:
            found: pd.DataFrame = connection.execute(query).df()
        return found.set_index(found["customer_id"].str.slice(1).astype(int) - 1)


def _days_since(first: date, days: pd.Series) -> Int64Array:
    return np.asarray((pd.to_datetime(days) - pd.Timestamp(first)).dt.days, dtype=np.int64)
