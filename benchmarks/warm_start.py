"""Weeks of local history that a warm start saves: a part of a shop as a mature one, the rest as one that is just open.

    python -m benchmarks.warm_start WORKSPACE "hash(store_id) % 5 = 0" 2017-06-16 2017-08-11 --series category

WORKSPACE has tables (`regulars ingest`); nothing in it is changed. The SQL condition over orders says which lines are
the new shop's. At each date the mature shop trains on all before it, and the new shop, open for so many weeks, trains
with and without it; both forecast the window from the date on. Without it and too young to train, the new shop has the
mean of 28 days, the best of the baselines. Both are judged on the series that a shop of eight weeks knows, by the scale
of its whole history.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd

from core import query_engine, settings_template
from core.manifest import TableChange
from core.workspace import Workspace
from models.arrays import Float64Array
from models.demand.baselines import fitted
from models.demand.dataset import histories
from models.demand.evaluation import score_series
from models.demand.forecast import tidy
from models.demand.kind import KIND, Model
from models.demand.labels import sold
from models.demand.metrics import STATISTICS
from models.demand.plans import calendar, quiet_holidays
from models.demand.series import Histories
from models.intervals import Resampled
from models.kinds import Budget
from training.demand.folds import SKIP_DAYS, STEP_DAYS
from training.kinds import trainer

WEEKS = (8, 12, 16, 20, 24, 30)
METRICS = ("WRMSSE", "WSPL")
RESAMPLES = 1000
Frames = dict[tuple[str, int], list[pd.DataFrame]]


def main() -> None:
    """Print errors by weeks of history, and the weeks saved."""
    parser = argparse.ArgumentParser()
    parser.add_argument("workspace", type=Path)
    parser.add_argument("new")
    parser.add_argument("dates", type=date.fromisoformat, nargs="+")
    parser.add_argument("--series", default="category")
    parser.add_argument("--min-days", type=int, default=14)
    asked = parser.parse_args()
    source, frames = Workspace.open(asked.workspace), Frames()
    for day in asked.dates:
        with tempfile.TemporaryDirectory() as folder:
            demand = {"series": [asked.series], "min_days": asked.min_days}
            for key, found in _at(source, asked.new, day, Path(folder), demand).items():
                frames.setdefault(key, []).extend(found)
    _print(frames)


def _at(source: Workspace, new: str, day: date, folder: Path, demand: Mapping[str, object]) -> Frames:
    first, horizon = source.tables.first_day(), source.settings.demand.horizon_days
    old = part(source, folder / "old", f"({new}) IS NOT TRUE", (first, day), demand)
    trainer(KIND)(old, day, folder / "mature", Budget(1, 900))
    whole = part(source, folder / "whole", new, (first, day + timedelta(days=horizon)), demand)
    weeks = [each for each in WEEKS if day - timedelta(weeks=each) >= first]
    shops = {n: part(source, folder / f"young{n}", new, (day - timedelta(weeks=n), day), demand) for n in weeks}
    known = histories(whole, day)
    young = set(histories(shops[weeks[0]], day).ids)
    known = known.select(np.array([row for row, each in enumerate(known.ids) if each in young]))
    truth, frames = sold(whole, known.ids, day), Frames()
    for n, shop in shops.items():
        models = _models(shop, day, n * 7, folder)
        for name, model in models.items():
            frames[name, n] = [_score(shop, model, day, known, truth)]
        print(day, n, "weeks", *(f"{name} {_both(frames[name, n][-1])}" for name in models), flush=True)
    return frames


def part(
    source: Workspace, root: Path, condition: str, days: tuple[date, date], demand: Mapping[str, object]
) -> Workspace:
    """A workspace of some of a shop's order lines, those of the days from the first up to the second."""
    root.mkdir()
    settings = {"products": {"exclude": source.settings.products.exclude}, "demand": demand, "threads": 1}
    (root / "regulars.toml").write_text(settings_template.render(settings))
    made, changes = Workspace.open(root), {}
    between = f"day >= DATE '{days[0]}' AND day < DATE '{days[1]}'"
    with query_engine.on_tables(source) as connection:
        for name, rows in {"orders": f"({condition}) AND {between}", "products": "true", "calendar": "true"}.items():
            if source.tables.has(name):
                path = made.tables_dir / name / f"{name}-000001.parquet"
                path.parent.mkdir(parents=True)
                connection.execute(f"COPY (SELECT * FROM {name} WHERE {rows}) TO '{path}' (FORMAT parquet)")
                count = len(pd.read_parquet(path, columns=["product_id"] if name != "calendar" else ["date"]))
                told = (days[0], days[1] - timedelta(days=1)) if name == "orders" else (None, None)
                changes[name] = TableChange([path], count, told[0], *told)
    currency = source.tables.manifest.base_currency
    made.table_store.commit(changes, timezone=source.tables.timezone, base_currency=currency)
    return Workspace.open(root)


def _models(shop: Workspace, day: date, days: int, folder: Path) -> dict[str, Model]:
    settings, budget = shop.settings.demand, Budget(1, 900)
    trainer(KIND, folder / "mature" / "model")(shop, day, shop.root / "warm", budget)
    models: dict[str, Model] = {"warm": KIND.load(shop.root / "warm" / "model")}
    baseline = fitted(day, settings.series, settings.freq, settings.horizon_days, calendar(shop))["mean_28d"]
    models["mean_28d"] = models["without"] = baseline
    if days >= SKIP_DAYS + STEP_DAYS + 2 * settings.horizon_days:
        trainer(KIND)(shop, day, shop.root / "own", budget)
        models["without"] = KIND.load(shop.root / "own" / "model")
    return models


def _score(shop: Workspace, model: Model, day: date, known: Histories, truth: Float64Array) -> pd.DataFrame:
    own, days = histories(shop, day), calendar(shop)
    found = model.forecast(own, days.known(day, shop.settings.demand.horizon_days, quiet_holidays(own, days)))
    rows = [found.ids.index(each) for each in known.ids]
    return score_series(tidy(known, found.mean[rows], found.quantiles[rows]), truth, known)


def _both(frame: pd.DataFrame) -> str:
    return " / ".join(f"{STATISTICS[name](frame):.4f}" for name in METRICS)


def _print(frames: Frames) -> None:
    methods = ("mean_28d", "without", "warm")
    weeks = sorted({n for _, n in frames if len(frames["warm", n]) == max(len(each) for each in frames.values())})
    rng = np.random.default_rng(0)
    units = sorted(set().union(*(frame.index for frame in frames["warm", weeks[0]])))
    weights = rng.multinomial(len(units), np.full(len(units), 1 / len(units)), RESAMPLES).astype(float)
    for metric in METRICS:
        curves = {name: _curve([frames[name, n] for n in weeks], metric, units, weights) for name in methods}
        print(f"\n{metric}: mean of {len(frames['warm', weeks[0]])} windows, {len(units)} series")
        for place, n in enumerate(weeks):
            less = curves["warm"][:, place] - curves["without"][:, place]
            print(f"  {n:2} weeks", *(f"{name} {curves[name][0, place]:.4f}" for name in methods),
                  f"warm less without {_told(less)}")  # fmt: skip
        pairs = list(zip(curves["warm"], curves["without"], strict=True))
        for place, n in enumerate(weeks):
            saved = np.array([_saved(weeks, warm[place], without, n) for warm, without in pairs])
            print(f"  a warm start after {n} weeks: as good without one {_told(saved)} weeks later")


def _curve(
    frames: Sequence[Sequence[pd.DataFrame]], metric: str, units: Sequence[str], weights: Float64Array
) -> Float64Array:
    """The mean over the windows by weeks of history, (1 + RESAMPLES, weeks): as it is, and resampled over series."""
    statistic, place = cast(Resampled, STATISTICS[metric]), {each: n for n, each in enumerate(units)}
    drawn = np.vstack([np.ones(len(units)), weights])
    columns = [
        np.mean([statistic.resampled(f, drawn[:, [place[each] for each in f.index]]) for f in windows], axis=0)
        for windows in frames
    ]
    return np.stack(columns, axis=1)


def _saved(weeks: Sequence[int], error: float, without: Float64Array, now: int) -> float:
    """Weeks until the errors without a warm start come down to `error`, at most to the end of what was looked at."""
    reached = [week for week, each in zip(weeks, without, strict=True) if each <= error and week >= now]
    return float(min(reached, default=weeks[-1] + 1) - now)


def _told(values: Float64Array) -> str:
    low, high = np.nanquantile(values[1:], [0.025, 0.975])
    return f"{values[0]:.4g} [{low:.4g}, {high:.4g}]"


if __name__ == "__main__":
    main()
