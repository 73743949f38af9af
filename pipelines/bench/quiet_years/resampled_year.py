"""Years without a change, drawn from a shop's own weeks: its customers, its season, its weeks that differ.

From what customers did, the weekly tables are computed anew. Whole customers are drawn with replacement once a year, so
that each stays who they are and columns go together as they do. Whole weeks are taken for all of them together, each
about when it was in the year (up to `NEAR` weeks earlier or later): so the season stays, and what befell the shop in a
week falls on all at another time. No week comes twice in a year, for the same customers would do the very same again,
and their sums over a month would spread as no shop's do. A year begins anywhere in the season; where the shop's weeks
end and begin again, nobody goes back to what they were a year before: each goes on as another customer, chosen so that
people change there as they do between any two quarters. For each customer whose weeks end one is sought who was like
them in the quarter before some week of the middle of the year, and for what that one did in the quarter after it, one
who begins so. Were who begins most like who ended taken instead, the turn of the year would change people too little
(by revenue and visits alone: 3 of 32 years raised an alert, each at the turn), or, as to what they buy, too much.

The tables have the columns of `invented_year`, in the shapes that features of a shop have: sums over 4 and 12 weeks,
means per visit (null without one), ratios of a month to a quarter, recency, departments, a code.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from scipy.stats import rankdata

from core import query_engine
from core.errors import DataError
from core.workspace import Workspace
from models.arrays import Float64Array, Int64Array
from models.fairness_result import UNKNOWN
from monitoring import protected
from pipelines.bench.quiet_years.invented_year import COLUMNS, CUSTOMERS, names

YEAR, MONTH, QUARTER = 52, 4, 12
"""In weeks."""
NEAR = 2
MOST_CUSTOMERS = 20_000
DEPARTMENTS = 12
LEAST_REVENUE = 0.01
FACTS: Final = ("revenue", "visits", "units", "discount", "lines", "products", "baskets", "weekend")
_FACTS = """
    SELECT customer_id, date_diff('day', (SELECT min(day) FROM orders), day) // 7 AS week,
        sum(revenue) AS revenue, count(DISTINCT day) AS visits, sum(quantity) AS units,
        coalesce(sum(discount), 0) AS discount, count(*) AS lines, count(DISTINCT product_id) AS products,
        count(DISTINCT order_id) AS baskets, count(*) FILTER (dayofweek(day) IN (0, 6)) AS weekend
    FROM orders WHERE customer_id IS NOT NULL GROUP BY ALL
"""
_DEPARTMENTS = """
    SELECT customer_id, date_diff('day', (SELECT min(day) FROM orders), day) // 7 AS week, {department} AS department,
        sum(revenue) AS revenue
    FROM orders {products} WHERE customer_id IS NOT NULL GROUP BY ALL
"""


@dataclass(frozen=True)
class WeeksToDraw:
    """What each customer did in each whole week, [customer, week, fact]: `FACTS`, then revenue by department; and the
    group of each customer by each protected attribute, [customer, attribute].
    """

    done: np.typing.NDArray[np.float32]
    groups: pd.DataFrame

    @classmethod
    def of(cls, workspace: Workspace, seed: int = 0) -> WeeksToDraw:
        """Of the shop's order lines; of very many customers a seeded draw.

        Raises:
            DataError: less than a year of weeks.
        """
        with query_engine.on_tables(workspace) as connection:
            facts = connection.execute(_FACTS).df()
            told = workspace.tables.has("products")
            query = _DEPARTMENTS.format(
                department="department" if told else "product_id",
                products="LEFT JOIN products USING (product_id)" if told else "",
            )
            by_department = connection.execute(query).df()
        weeks = int(facts["week"].max())  # the last may not be whole
        if weeks < YEAR:
            raise DataError(f"the shop has {weeks} whole weeks: a season needs {YEAR}", todo="leave --resampled out")
        customers = pd.Index(sorted(facts["customer_id"].unique()))
        largest = by_department.groupby("department")["revenue"].sum().nlargest(DEPARTMENTS).index
        done = np.zeros((len(customers), weeks, len(FACTS) + DEPARTMENTS), dtype=np.float32)
        _put(done, facts, customers, {name: place for place, name in enumerate(FACTS)})
        for place, department in enumerate(largest, len(FACTS)):
            own = by_department[by_department["department"] == department]
            _put(done, own, customers, {"revenue": place})
        rng = np.random.default_rng(seed)
        kept = np.sort(rng.permutation(len(customers))[:MOST_CUSTOMERS])
        groups = protected.groups(workspace, customers[kept].tolist()).reset_index(drop=True)
        return cls(done[kept], groups)

    def weeks(self, seed: int, many: int, customers: int = CUSTOMERS) -> Iterator[pd.DataFrame]:
        """So many weekly tables of the same customers."""
        for week in self.year(seed, many, customers):
            yield week.table

    def weeks_with_stops(self, seed: int, many: int, stop: int, share: float) -> Iterator[pd.DataFrame]:
        """The same tables, where from a week on (0 is the first) so many of the customers who came in the quarter
        before it come no more: each table knows only what had happened by then.
        """
        done = self._stopped(seed, many, stop, share)
        for week in range(QUARTER, QUARTER + many):
            yield _table(done[:, week - QUARTER : week])

    def visits(self, seed: int, many: int, stop: int = 0, share: float = 0.0) -> Int64Array:
        """Days with a purchase in each week that those tables know, [customer, week]: the first knows `QUARTER`."""
        done = self._stopped(seed, many, stop, share)
        return done[:, : QUARTER + many - 1, FACTS.index("visits")].astype("int64")

    def _stopped(self, seed: int, many: int, stop: int, share: float) -> Float64Array:
        rng = np.random.default_rng(seed)
        done = self._path(rng, QUARTER + many + MONTH, CUSTOMERS)
        first = QUARTER + stop - 1  # the last week that the table of `stop` knows
        came = done[:, max(first - QUARTER, 0) : first, FACTS.index("visits")].any(axis=1)
        done[came & (rng.random(CUSTOMERS) < share), first:] = 0.0
        return done

    def year(self, seed: int, many: int, customers: int = CUSTOMERS) -> Iterator[ResampledWeek]:
        """The same weeks with what is known of them only later."""
        rng = np.random.default_rng(seed)
        done = self._path(rng, QUARTER + many + MONTH, customers)
        # Groups are given to customers by lot: the sizes are the shop's, and no disparity is true.
        groups = self.groups.iloc[rng.permutation(len(self.groups))[rng.integers(0, len(self.groups), customers)]]
        for week in range(QUARTER, QUARTER + many):
            past, ahead = done[:, week - QUARTER : week], done[:, week : week + MONTH]
            yield ResampledWeek(_table(past), ahead[:, :, 1].sum(axis=1) == 0, groups.reset_index(drop=True))

    def _path(self, rng: np.random.Generator, many: int, customers: int) -> Float64Array:
        """What so many customers do in so many weeks, [customer, week, fact]."""
        skipped = int(rng.integers(YEAR))
        parts: list[np.typing.NDArray[np.float32]] = []
        before: np.typing.NDArray[np.float32] | None = None
        for _ in range(-(-(skipped + many) // YEAR)):
            own = self.done[rng.integers(0, len(self.done), customers)][:, self._weeks_of_a_year(rng)]
            before = own if before is None else own[_as_they_ended(rng, before, own)]
            parts.append(before)
        return np.concatenate(parts, axis=1)[:, skipped : skipped + many].astype(np.float64)

    def _weeks_of_a_year(self, rng: np.random.Generator) -> Int64Array:
        """Which of the shop's weeks they are: those of one of its years, in about their order."""
        year = int(rng.integers(self.done.shape[1] // YEAR))
        order = np.argsort(np.arange(YEAR) + rng.uniform(0, NEAR + 1, YEAR))
        return (YEAR * year + order).astype("int64")


def _as_they_ended(
    rng: np.random.Generator, before: np.typing.NDArray[np.float32], own: np.typing.NDArray[np.float32]
) -> Int64Array:
    """Of each customer before, who goes on as they would have: as somebody did who was like them within the year."""
    week = int(rng.integers(QUARTER, YEAR - QUARTER + 1))
    then, after = before[:, week - QUARTER : week], before[:, week : week + QUARTER]
    alike = _matched(_state(before[:, -QUARTER:]), _state(then))
    return _matched(_state(after[:, ::-1])[alike], _state(own[:, :QUARTER][:, ::-1]))


def _state(quarter: np.typing.NDArray[np.float32]) -> Float64Array:
    """What somebody did in a quarter whose last weeks are the nearest ones, as ranks, [customer, part]: the facts of
    the quarter and of its last month, the weeks since the last visit, the departments.
    """
    whole, near = quarter.sum(axis=1), quarter[:, -MONTH:].sum(axis=1)
    visits = quarter[:, ::-1, FACTS.index("visits")] > 0
    away = np.where(visits.any(axis=1), np.argmax(visits, axis=1), QUARTER)
    of = {name: whole[:, place] for place, name in enumerate(FACTS)}
    ratios = [
        of[one] / np.maximum(of[other], 1)
        for one, other in (("revenue", "visits"), ("revenue", "lines"), ("units", "lines"), ("lines", "visits"))
    ]
    steady = near[:, FACTS.index("visits")] / np.maximum(of["visits"], 1)
    parts = np.column_stack([whole, near[:, : len(FACTS)], *ratios, steady, away])
    return np.asarray(rankdata(parts, axis=0) / len(parts), dtype=float)


def _matched(wanted: Float64Array, offered: Float64Array) -> Int64Array:
    """For each row of one the row of the other, each taken once, so that they differ least in all."""
    return np.asarray(linear_sum_assignment(cdist(wanted, offered, "sqeuclidean"))[1], dtype="int64")


@dataclass(frozen=True)
class ResampledWeek:
    """A week: its table of features, who bought nothing in the month after it, and the groups of its customers."""

    table: pd.DataFrame
    left: np.typing.NDArray[np.bool_]
    groups: pd.DataFrame

    @property
    def at_risk(self) -> np.typing.NDArray[np.bool_]:
        """The fifth that has stayed away longest beside its habit: what a model that never changes would choose."""
        risk = self.table["f29"] - 0.1 * self.table["f11"] - 1e-6 * self.table["f10"]
        return (risk.rank(pct=True, method="first") > 0.8).to_numpy()

    @property
    def price(self) -> Float64Array:
        """What each customer pays for a line, in the quarter: nan of those without one."""
        return self.table["f18"].to_numpy(dtype=float)


def groups_of(frame: pd.DataFrame, most: int) -> pd.DataFrame:
    """The first attributes that together have so many known groups."""
    kept, count = list[str](), 0
    for name in map(str, frame.columns):
        if count < most:
            kept.append(name)
            count += len(set(frame[name]) - {UNKNOWN})
    return frame[kept]


def _put(done: np.typing.NDArray[np.float32], rows: pd.DataFrame, customers: pd.Index[str], at: dict[str, int]) -> None:
    whole = rows[rows["week"] < done.shape[1]]
    who, when = customers.get_indexer(pd.Index(whole["customer_id"])), whole["week"].to_numpy()
    for name, place in at.items():
        done[who, when, place] = whole[name].to_numpy(dtype=np.float32)


def _table(past: Float64Array) -> pd.DataFrame:
    """The columns as of the end of a quarter of weeks, [customer, week, fact]."""
    quarter, month = past.sum(axis=1), past[:, -MONTH:].sum(axis=1)
    of, own = {name: place for place, name in enumerate(FACTS)}, len(FACTS)
    visits = np.where(quarter[:, of["visits"]] > 0, quarter[:, of["visits"]], np.nan)
    spent = np.where(quarter[:, 0] > LEAST_REVENUE, quarter[:, 0], np.nan)
    lines = np.where(quarter[:, of["lines"]] > 0, quarter[:, of["lines"]], np.nan)
    came = past[:, :, of["visits"]] > 0
    away = np.where(came.any(axis=1), np.argmax(came[:, ::-1], axis=1), QUARTER).astype(float)
    shares = np.maximum(quarter[:, own:], 0.0) / spent[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        trend = month[:, :5] / np.where(quarter[:, :5] > 0, quarter[:, :5], np.nan)
    parts = [
        month[:, :8],  # f0 to f7
        np.column_stack([came.sum(axis=1), past[:, :, 0].max(axis=1)]),  # f8, f9
        quarter[:, :4],  # f10 to f13
        quarter[:, [0, 2, 3, 4]] / visits[:, None],  # f14 to f17
        np.column_stack([quarter[:, 0] / lines, quarter[:, 4]]),  # f18, f19
        shares[:, :9],  # f20 to f28
        away[:, None],  # f29
        shares[:, 9:],  # f30 to f32
        trend,  # f33 to f37
        month[:, own:],  # f38 to f49
        quarter[:, 5:8],  # f50 to f52
        np.column_stack([past[:, :, 0].std(axis=1), past[:, -1, 0], past[:, -1, 4]]),  # f53 to f55
        past[:, -1, [1, 3, 7]],  # f56 to f58
    ]
    numbers = np.concatenate(parts, axis=1)
    frame = pd.DataFrame(numbers, columns=names()[: COLUMNS - 1])
    largest = np.where(np.isfinite(spent), np.argmax(quarter[:, own : own + 4], axis=1), 3)
    return frame.assign(**{names()[-1]: np.array(["a", "b", "c", "d"])[largest]})
