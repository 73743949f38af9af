"""Which of the products not yet sold to take in, and which of those just launched to stop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd

from core.settings import Launches
from models.demand.launches.assortment import Assortment
from models.demand.launches.launch_evaluation import LaunchEvaluation, launch_evaluation
from models.demand.launches.launch_model import Launched, LaunchModel, LaunchTerms, learn
from models.demand.launches.market import Market
from models.demand.launches.selection_score import PARTS, parts, score

FIGURES = ("score", "success_probability", "heat", "interest", "growth", "competition", "close_products",
    "cannibalisation", "room", "margin", "goal_units", "expected_units", "expected_margin")  # fmt: skip
DESCRIBED = ("name", "category", "department", "brand")


@dataclass(frozen=True)
class LaunchStudy:
    """What a shop's launches tell as of a day: the model that answers, and how right it was on the latest that are
    over; None where there are too few."""

    assortment: Assortment
    launched: Launched
    model: LaunchModel
    evaluation: LaunchEvaluation | None
    terms: LaunchTerms


def study(assortment: Assortment, settings: Launches, seed: int) -> LaunchStudy:
    """Learn from the launches before the assortment's day, and judge."""
    terms = LaunchTerms(settings.days, settings.settle_days, settings.goal_units, settings.stop_days)
    launched = Launched.of(assortment, terms)
    judged = launch_evaluation(launched, assortment.days, terms, settings.stop_below, seed)
    return LaunchStudy(assortment, launched, learn(launched, assortment.days, terms), judged, terms)


def candidates_of(assortment: Assortment) -> pd.DataFrame:
    """The products that have not sold so far and can be bought, or are still to be launched."""
    products = assortment.products
    coming = pd.to_datetime(products["launched_on"]) >= pd.Timestamp(assortment.stop)
    available = products["available"].astype("boolean").fillna(True).to_numpy(dtype=bool)
    return products[(assortment.first_sold >= assortment.days) & (available | coming.to_numpy())]


def product_selection(found: LaunchStudy, candidates: pd.DataFrame, settings: Launches) -> pd.DataFrame:
    """Candidates (indexed by product_id: `DESCRIBED`, list_price, unit_cost) with their score, the best first.

    docs/launches.md names the columns.
    """
    assortment, model = found.assortment, found.model
    place = pd.Series(np.arange(len(assortment.products)), index=assortment.products.index)
    items = candidates.assign(
        price=candidates["list_price"].where(candidates["list_price"] > 0),
        product=place.reindex(candidates.index).fillna(-1).astype(np.int64),
    )
    market = Market(assortment, assortment.days)
    known = market.of(items)
    expected, alike = model.goals.expected(items)
    goal = model.goals.goal(expected)
    told = parts(items, assortment, market, known)
    told = told.assign(success=model.at_launch(known, goal))
    told = told.assign(
        score=score(told, settings.weights), success_probability=told["success"], goal_units=goal,
        expected_units=expected, expected_margin=expected * told["unit_margin"],
    )  # fmt: skip
    missing = [", ".join(part for part, gone in zip(PARTS, row, strict=True) if gone)
               for row in told[list(PARTS)].isna().to_numpy()]  # fmt: skip
    rows = candidates[[*DESCRIBED, "list_price", "unit_cost"]].join(told[list(FIGURES)].round(4))
    rows = rows.assign(
        alike=[len(each.rows) for each in alike],
        alike_by=np.array([each.level if len(each.rows) else None for each in alike], dtype=object),
        missing=missing,
    )
    ranked = rows.sort_values(["score", "success_probability"], ascending=False, kind="stable", na_position="last")
    ranked.insert(0, "rank", np.arange(1, len(ranked) + 1))
    return ranked.assign(as_of=assortment.stop).rename_axis("product_id").reset_index()


def stop_loss(found: LaunchStudy, settings: Launches) -> pd.DataFrame:
    """The launches that are not over, `stop_days` and more on sale: which of them to stop, the surest first."""
    assortment, terms, model = found.assortment, found.terms, found.model
    age = assortment.days - found.launched.launches.days
    running = found.launched.select((age >= terms.stop_days) & (age < terms.days))
    items, course = running.launches.items, running.launches.course
    expected, _ = model.goals.expected(items)
    goal = model.goals.goal(expected)
    chance = model.at_launch(running.known, goal) if len(items) else np.empty(0)
    ages = assortment.days - running.launches.days
    reach = np.full(len(items), np.nan)
    for each in np.unique(ages):
        rows = ages == each
        reach[rows] = model.after(course[rows], int(each), goal[rows], chance[rows])
    rows = assortment.products.loc[items.index, list(DESCRIBED)].assign(
        launched_on=[assortment.first_day + timedelta(days=int(day)) for day in items["day"]],
        days_on_sale=ages,
        sold_units=np.nansum(course, axis=1),
        goal_units=goal,
        success_probability=chance,
        reach_probability=reach,
        stop=reach < settings.stop_below,
    )
    ordered = rows.sort_values("reach_probability", kind="stable", na_position="last").round(4)
    return ordered.assign(as_of=assortment.stop).rename_axis("product_id").reset_index()
