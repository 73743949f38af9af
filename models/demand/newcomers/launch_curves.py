"""What a shop's products sold after their launch, period by period: what a new product is forecast from.

The curves are kept with a version, so that every replica answers the same without the shop's orders.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from core.settings import Settings
from core.workspace import Workspace
from models.arrays import Float64Array, Int64Array
from models.demand.launches.assortment import Assortment, assortment
from models.demand.launches.past_launches import past_launches
from models.demand.levels.series_groups import OF_PRODUCTS
from models.demand.series import PERIOD, Freq

NEW_DAYS = 91
"""A product is new for so long after its launch, as far as its sales are too few for a forecast of its own."""
MOST = 3000
"""So many launches are looked at, spread over the time; and as many of the latest, which may be new still."""
LEAST_PROFILE = 0.2
"""No weekday counts for less than this part of the mean one when it is taken out of a curve."""
_CURVES, _SOLD = "launch_curves.parquet", "sold_products.parquet"
_ITEMS = ("product_id", "category", "department", "brand", "price", "launch", "weekdays")


@dataclass(frozen=True)
class LaunchCurves:
    """Launches before a day, and which products had sold by then.

    items: a row per launch, indexed by product_id: category, department, brand, price, launch (the day)
    course: (L, N), units of each period from the launch on, without the week's rhythm; nan where it is not over
    weekdays: (7,), what sells on each weekday over the mean; ones for weeks
    sold: the products that ever sold
    """

    items: pd.DataFrame
    course: Float64Array
    weekdays: Float64Array
    sold: frozenset[str]

    def save(self, directory: Path) -> None:
        """Write two Parquet files into a folder."""
        frame = self.items.reset_index().assign(
            launch=self.items["launch"].astype(str).to_numpy(), weekdays=[self.weekdays.tolist()] * len(self.items)
        )
        frame.assign(course=list(self.course.astype(np.float32))).to_parquet(directory / _CURVES, index=False)
        pd.DataFrame({"product_id": sorted(self.sold)}, dtype="string").to_parquet(directory / _SOLD, index=False)

    @classmethod
    def load(cls, directory: Path) -> LaunchCurves | None:
        """Those of a folder; None where it holds none."""
        if not (directory / _CURVES).exists():
            return None
        frame = pd.read_parquet(directory / _CURVES)
        sold = pd.read_parquet(directory / _SOLD)["product_id"]
        items = frame[list(_ITEMS[:-1])].assign(launch=[date.fromisoformat(day) for day in frame["launch"]])
        course = np.stack([np.asarray(each, dtype=np.float64) for each in frame["course"]])
        weekdays = np.asarray(frame["weekdays"].iloc[0], dtype=np.float64)
        return cls(items.set_index("product_id"), course, weekdays, frozenset(sold.astype(str)))

    def known(self, until: date, periods: int, period: int) -> LaunchCurves:
        """The launches of which so many periods were over on a day."""
        rows = np.flatnonzero([day + timedelta(days=periods * period) <= until for day in self.items["launch"]])
        return self.select(rows)

    def select(self, rows: Int64Array) -> LaunchCurves:
        """Some of the launches."""
        return LaunchCurves(self.items.iloc[rows], self.course[rows], self.weekdays, self.sold)


def tells_products(keys: Sequence[str]) -> bool:
    """Whether each series is one product, whichever attributes name it beside."""
    return "product_id" in keys and set(keys) <= set(OF_PRODUCTS)


def launch_curves(workspace: Workspace, as_of: date) -> LaunchCurves | None:
    """Those a shop has before a date; None where series are no products, or nothing was launched."""
    settings = workspace.settings
    if not tells_products(settings.demand.series):
        return None
    return curves_of(assortment(workspace, as_of), settings)


def curves_of(found: Assortment, settings: Settings) -> LaunchCurves | None:
    """Those of an assortment; None where nothing was launched."""
    period = PERIOD[settings.demand.freq]
    span = -(-(NEW_DAYS + settings.demand.horizon_days) // period)
    launches = past_launches(found, settings.launches.settle_days, span * period)
    if not len(launches.items):
        return None
    launches = launches.select(_kept(len(launches.items)))
    weekdays = _weekdays(found, settings.demand.freq)
    days = [found.first_day + timedelta(days=int(day)) for day in launches.days]
    items = launches.items[["category", "department", "brand", "price"]].assign(launch=days)
    course = launches.course
    if period == 1:
        first = np.array([day.weekday() for day in days])
        course = course / np.maximum(weekdays, LEAST_PROFILE)[(first[:, None] + np.arange(span)) % 7]
    sold = found.products.index[found.first_sold < found.days].astype(str)
    course = course.reshape(len(items), span, period).sum(2)
    return LaunchCurves(items.rename_axis("product_id"), course, weekdays, frozenset(sold))


def _kept(count: int) -> Int64Array:
    """The places of those that are kept, of launches in the order of time."""
    spread = np.linspace(0, count - 1, min(count, MOST)).round().astype(np.int64)
    latest = np.arange(max(count - MOST, 0), count, dtype=np.int64)
    return np.union1d(spread, latest)


def _weekdays(found: Assortment, freq: Freq) -> Float64Array:
    """What the shop sells on each weekday over the mean, of the last quarter."""
    if freq == "W":
        return np.ones(7)
    lately = found.slice(max(found.days - NEW_DAYS, 0), found.days)
    weekday = (found.first_day.weekday() + lately["day"].to_numpy()) % 7
    units = np.bincount(weekday, lately["units"].to_numpy(dtype=float), minlength=7)
    days = np.bincount(
        (found.first_day.weekday() + np.arange(max(found.days - NEW_DAYS, 0), found.days)) % 7, minlength=7
    )
    rate = units / np.maximum(days, 1)
    profile: Float64Array = rate / rate.mean() if rate.sum() > 0 else np.ones(7)
    return profile
