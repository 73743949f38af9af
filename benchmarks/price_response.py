"""Is the response to prices right? On a public panel of stores, brands and weeks, and in shops where it is planted.

    python benchmarks/price_response.py [--panel FILE] [--seeds 10]

Without --panel, Debian's package r-cran-bayesm is fetched by apt-get and unpacked (its `orangeJuice` holds eleven
brands in 83 stores over up to 121 weeks, with the prices of all brands); reading it takes the package `rdata`.
Beside Regulars stand a line through each unit's weeks (logarithm of sales on that of the price) and plain boosting
that is told the price, over all units at once and unit by unit: what they forecast at 5% more than the price, less
that at 5% less.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import xgboost as xgb

from models.arrays import BoolArray, Float64Array
from tests.support.price_panel import planted
from training.demand.pricing.cross_fitting import cross_fit
from training.demand.pricing.pooling import Pooled, pool
from training.demand.pricing.weekly_panel import WeeklyPanel, controls, seasons

PACKAGE, DATA = "r-cran-bayesm", "usr/lib/R/site-library/bayesm/data/orangeJuice.rda"
OUNCES = 64
LAST = 13
SETTINGS = {"max_depth": 5, "eta": 0.05, "subsample": 0.8, "colsample_bytree": 0.7, "min_child_weight": 5, "nthread": 1,
            "objective": "count:poisson", "max_delta_step": 0.7}  # fmt: skip
ROUNDS = 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--panel", type=Path, help="orangeJuice.rda, else it is fetched")
    parser.add_argument("--seeds", type=int, default=10, help="planted shops of each shape")
    chosen = parser.parse_args()
    panel = orange_juice(chosen.panel or fetched())
    for weeks in (panel.shape[1], 52, 26):
        tell_signs(panel, weeks)
    tell_loss(panel)
    for shape in SHAPES:
        tell_planted(shape, chosen.seeds)


# ---- the panel


def fetched() -> Path:
    """The data of Debian's package, unpacked into a folder of its own."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    subprocess.run(["apt-get", "download", PACKAGE], cwd=folder, check=True, capture_output=True)
    (package,) = folder.glob("*.deb")
    subprocess.run(["dpkg-deb", "-x", package.name, "."], cwd=folder, check=True)
    return folder / DATA


def orange_juice(path: Path) -> WeeklyPanel:
    """Brands in stores are pooled by brand, and compete in their store."""
    import rdata

    rows = pd.DataFrame(rdata.read_rda(path)["orangeJuice"]["yx"]).astype(float)
    store, brand = (rows[name].to_numpy(dtype=int) for name in ("store", "brand"))
    names, unit = np.unique(np.stack([store, brand], axis=1), axis=0, return_inverse=True)
    week = (rows["week"] - rows["week"].min()).to_numpy(dtype=int)
    shape = len(names), int(week.max()) + 1
    prices = rows[[f"price{number}" for number in range(1, 12)]].to_numpy()[np.arange(len(rows)), brand - 1]

    def grid(values: Float64Array, empty: float = 0.0) -> Float64Array:
        found = np.full(shape, empty)
        found[unit.reshape(-1), week] = values
        return found

    price = grid(np.log(prices), np.nan)
    seen = np.isfinite(price)
    price = np.where(seen, price - np.nanmedian(price, axis=1, keepdims=True), 0.0)
    numbers = week.min() + np.arange(shape[1], dtype=float)
    _, place = np.unique(names[:, 0], return_inverse=True)
    return WeeklyPanel(
        units=grid(np.exp(rows["logmove"].to_numpy()) / OUNCES),
        price=price,
        promoted=np.stack([grid(rows["deal"].to_numpy()), grid(rows["feat"].to_numpy())]),
        seen=seen,
        group=names[:, 1] - 1,
        category=np.zeros(len(names), dtype=int),
        market=place,
        calendar=seasons(numbers),
    )


def last_weeks(panel: WeeklyPanel, weeks: int) -> WeeklyPanel:
    """The last weeks alone."""
    return cut(panel, slice(panel.shape[1] - weeks, None))


def cut(panel: WeeklyPanel, weeks: slice) -> WeeklyPanel:
    return replace(
        panel,
        units=panel.units[:, weeks],
        price=panel.price[:, weeks],
        promoted=panel.promoted[:, :, weeks],
        seen=panel.seen[:, weeks],
        calendar=panel.calendar[weeks],
    )


# ---- the answers


def ours(panel: WeeklyPanel) -> Pooled:
    return pool(panel, cross_fit(panel, seed=1))


def lines(panel: WeeklyPanel) -> Float64Array:
    """The slope of a line through each unit's weeks."""
    log, found = np.log(panel.units + 0.5), np.zeros(panel.shape[0])
    for unit, seen in enumerate(panel.seen):
        if np.ptp(panel.price[unit, seen]) > 0:
            found[unit] = np.polyfit(panel.price[unit, seen], log[unit, seen], 1)[0]
    return found


@dataclass(frozen=True)
class Boosted:
    """Rows of plain boosting: the unit's own weeks before, the calendar, the others' prices, and its own."""

    panel: WeeklyPanel
    level: Float64Array
    columns: Float64Array

    @classmethod
    def of(cls, panel: WeeklyPanel, until: int | None = None) -> Boosted:
        known = panel.seen & (np.arange(panel.shape[1]) < (until or panel.shape[1]))
        level = (panel.units * known).sum(1) / np.maximum(known.sum(1), 1)
        sold = np.where(panel.seen, np.log((panel.units + 0.5) / (level[:, None] + 0.5)), 0.0)
        return cls(panel, level, controls(panel, sold, panel.treatments(), level))

    def rows(self, where: BoolArray, change: float = 0.0, told: bool = True) -> Float64Array:
        """With the price (changed) and promotions, or not told of them."""
        if not told:
            return self.columns[where]
        own = [each[where] for each in self.panel.treatments()]
        return np.column_stack([self.columns[where], own[0] + change, *own[1:]])

    @property
    def ratio(self) -> Float64Array:
        return self.panel.units / self.level[:, None]

    @property
    def weight(self) -> Float64Array:
        return np.broadcast_to((self.level / (1 + 0.1 * self.level))[:, None], self.panel.shape)

    def fit(self, where: BoolArray, told: bool = True, margin: Float64Array | None = None) -> xgb.Booster:
        data = xgb.DMatrix(self.rows(where, told=told), label=self.ratio[where], weight=self.weight[where],
                           base_margin=None if margin is None else margin[where])  # fmt: skip
        return xgb.train(SETTINGS, data, ROUNDS)

    def says(
        self,
        booster: xgb.Booster,
        where: BoolArray,
        change: float = 0.0,
        *,
        told: bool = True,
        margin: Float64Array | None = None,
    ) -> Float64Array:
        rows = self.rows(where, change, told)
        return booster.predict(xgb.DMatrix(rows, base_margin=None if margin is None else margin[where]))

    def slopes(self) -> Float64Array:
        """How the forecast of one booster over all units answers to the price."""
        booster = self.fit(self.panel.seen)
        found = np.full(self.panel.shape, np.nan)
        step = 0.05
        found[self.panel.seen] = (
            np.log(self.says(booster, self.panel.seen, step)) - np.log(self.says(booster, self.panel.seen, -step))
        ) / (2 * step)
        return np.nanmean(found, axis=1)

    def slopes_unit_by_unit(self) -> Float64Array:
        found = np.zeros(self.panel.shape[0])
        for unit in range(len(found)):
            where = self.panel.seen & (np.arange(len(found)) == unit)[:, None]
            rows, step = self.rows(where), 0.05
            data = xgb.DMatrix(rows, label=self.ratio[where])
            booster = xgb.train(SETTINGS | {"max_depth": 3}, data, 60)
            up, down = (self.says(booster, where, each) for each in (step, -step))
            found[unit] = float(np.mean(np.log(up) - np.log(down))) / (2 * step)
        return found


# ---- what is told


def tell_signs(panel: WeeklyPanel, weeks: int) -> None:
    part = last_weeks(panel, weeks)
    part = pick(part, part.seen.sum(1) >= min(16, weeks // 2))
    pooled, plain = ours(part), Boosted.of(part)
    told = {
        "Regulars, sign left open": pooled.mean[:, 0],
        "Regulars, as answered": np.minimum(pooled.mean[:, 0], 0),
        "a line per unit": lines(part),
        "boosting over all units": plain.slopes(),
        "boosting per unit": plain.slopes_unit_by_unit(),
    }
    told["Regulars, as answered"] = np.where(pooled.mean[:, 0] > 0, -1e-9, pooled.mean[:, 0])
    print(f"\norangeJuice, last {weeks} weeks, {part.shape[0]} brands in stores: dearer sells less")
    for name, slopes in told.items():
        right = int((slopes < 0).sum())
        print(
            f"  {name:28} {right:4} of {len(slopes)} ({right / len(slopes):6.1%}), "
            f"in the middle {np.median(slopes):.2f}"
        )
    sys.stdout.flush()


def pick(panel: WeeklyPanel, units: BoolArray) -> WeeklyPanel:
    place = np.unique(panel.market[units], return_inverse=True)[1]
    return replace(panel, units=panel.units[units], price=panel.price[units], promoted=panel.promoted[:, units],
                   seen=panel.seen[units], group=panel.group[units], category=panel.category[units],
                   market=place)  # fmt: skip


def tell_loss(panel: WeeklyPanel) -> None:
    """One week ahead with its price known: the same booster, free, or with the price in it by the response alone."""
    print(f"\norangeJuice, forecasts of weeks whose price is known, {LAST} weeks from each of three origins")
    scores: dict[str, list[Float64Array]] = {}
    for back in (3, 2, 1):
        until = panel.shape[1] - back * LAST
        asked = panel.seen & (np.arange(panel.shape[1]) >= until) & (np.arange(panel.shape[1]) < until + LAST)
        known = panel.seen & (np.arange(panel.shape[1]) < until)
        both = pick(panel, (known.sum(1) >= 16) & (asked.sum(1) > 0))
        asked = both.seen & (np.arange(panel.shape[1]) >= until) & (np.arange(panel.shape[1]) < until + LAST)
        known = both.seen & (np.arange(panel.shape[1]) < until)
        pooled, plain = ours(cut(both, slice(0, until))), Boosted.of(both, until)
        price = np.minimum(pooled.mean[:, :1], -1e-9) * both.price
        margin = price + np.einsum("uc,cuw->uw", pooled.mean[:, 1:], both.promoted)
        free, causal = plain.fit(known), plain.fit(known, False, margin)
        without = plain.fit(known, False)
        said = {
            "boosting, told the price": plain.says(free, asked),
            "price by the response alone": plain.says(causal, asked, told=False, margin=margin),
            "boosting, not told the price": plain.says(without, asked, told=False),
        }
        truth = plain.ratio[asked]
        unit = np.nonzero(asked)[0]
        for name, forecast in said.items():
            squares = np.bincount(unit, (forecast - truth) ** 2, both.shape[0]) / np.bincount(
                unit, minlength=both.shape[0]
            )
            away = np.bincount(unit, np.abs(forecast - truth), both.shape[0]) / np.bincount(
                unit, minlength=both.shape[0]
            )
            scores.setdefault(name, []).append(np.stack([np.sqrt(squares), away]))
    base = np.concatenate(scores["boosting, told the price"], axis=1)
    for name, each in scores.items():
        found = np.concatenate(each, axis=1)
        rng = np.random.default_rng(0)
        drawn = rng.integers(0, found.shape[1], (500, found.shape[1]))
        for place, measure in enumerate(("RMSE over level", "absolute error over level")):
            ratio = found[place][drawn].mean(1) / base[place][drawn].mean(1) - 1
            low, high = np.quantile(ratio, [0.025, 0.975])
            mean = found[place].mean()
            print(
                f"  {name:30} {measure:26} {mean:.4f}, {mean / base[place].mean() - 1:+.1%} [{low:+.1%}, {high:+.1%}]"
            )
    sys.stdout.flush()


SHAPES: tuple[dict[str, float], ...] = (
    {"units": 60, "weeks": 104, "groups": 6},
    {"units": 60, "weeks": 104, "groups": 6, "level": 3.0},
    {"units": 60, "weeks": 52, "groups": 6},
    {"units": 300, "weeks": 104, "groups": 12},
    {"units": 12, "weeks": 104, "groups": 2},
)


def tell_planted(shape: dict[str, float], seeds: int) -> None:
    found: dict[str, list[tuple[float, float, float]]] = {}
    covered: list[float] = []
    for seed in range(seeds):
        shop = planted(seed, **shape)  # type: ignore[arg-type]
        pooled = ours(shop.panel)
        told = {"Regulars": pooled.mean[:, 0], "a line per unit": lines(shop.panel)}
        told["boosting over all units"] = Boosted.of(shop.panel).slopes()
        for name, slopes in told.items():
            miss = slopes - shop.elasticity
            found.setdefault(name, []).append((miss.mean(), np.sqrt((miss**2).mean()), (slopes < 0).mean()))
        deviation = np.sqrt(pooled.covariance[:, 0, 0])
        covered.append(float((np.abs(pooled.mean[:, 0] - shop.elasticity) < 1.645 * deviation).mean()))
    print(f"\nplanted, {shape}, {seeds} shops")
    for name, each in found.items():
        bias, error, sign = np.mean(each, axis=0)
        spread = 1.96 * np.std([one for one, _, _ in each], ddof=1) / np.sqrt(seeds)
        print(f"  {name:28} bias {bias:+.2f} [{bias - spread:+.2f}, {bias + spread:+.2f}], RMSE {error:.2f}, "
              f"negative {sign:.1%}")  # fmt: skip
    print(f"  true elasticities in Regulars' 90% interval: {np.mean(covered):.1%}")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
