"""The page of the shop: its figures in three groups with their targets, how far visits come, what campaigns did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, get_args

from markupsafe import Markup

from core import messages
from core.workspace import Workspace
from monitoring.desk import charts
from monitoring.desk.languages import gettext, money, number, percent
from monitoring.desk.languages import marked as _m
from monitoring.desk.lights import Signal
from monitoring.shop_figures.shop_results import CampaignEffect, FigureCourse, FunnelStep, Group, Kind
from monitoring.summary import Summaries

TITLES: Final[dict[Group, str]] = {
    "economic": _m("Economic: what the shop earns"),
    "operational": _m("Operational: how it runs"),
    "emotional": _m("Emotional: whether customers like it"),
}


@dataclass(frozen=True)
class FigureTile:
    """One figure in words: its value now, its target, each window's value, and its course as a picture."""

    course: FigureCourse
    name: str
    now: str
    target: str
    values: list[str]
    spark: Markup
    plot: Markup


@dataclass(frozen=True)
class CampaignRow:
    """One campaign with the picture of its effect."""

    effect: CampaignEffect
    plot: Markup


@dataclass(frozen=True)
class ShopPage:
    """The latest run's; `as_of` is None before the first that looked at the shop."""

    as_of: date | None
    signal: Signal
    window_days: int
    sections: list[tuple[str, list[FigureTile]]]
    funnel: tuple[FunnelStep, ...]
    campaigns: list[CampaignRow]


def build(workspace: Workspace) -> ShopPage:
    """What the latest run of monitoring found."""
    run = Summaries(workspace).latest()
    if run is None or run.shop is None:
        return ShopPage(None, Signal("grey", gettext("Not looked at"), ""), 0, [], (), [])
    tiles = [_tile(course) for course in run.shop.courses]
    sections = [(gettext(TITLES[group]), [t for t in tiles if t.course.group == group]) for group in get_args(Group)]
    return ShopPage(
        run.as_of,
        _signal(tiles),
        run.window_days,
        [(title, own) for title, own in sections if own],
        run.shop.funnel,
        [CampaignRow(each, _effect(each)) for each in run.shop.campaigns],
    )


def _signal(tiles: list[FigureTile]) -> Signal:
    missed = [tile.name for tile in tiles if tile.course.met is False]
    if missed:
        return Signal("amber", gettext("Targets missed"), "; ".join(missed))
    kept = any(tile.course.met for tile in tiles)
    return Signal("green", gettext("Targets kept"), "") if kept else Signal("grey", gettext("No targets set"), "")


def _tile(course: FigureCourse) -> FigureTile:
    name = messages.title(f"shop_figure.{course.name}")
    points = [charts.Point(each.isoformat(), value) for each, value in zip(course.days, course.values, strict=True)]
    target = "" if course.target is None else said(course.target, course.kind)
    return FigureTile(
        course,
        name,
        said(course.now, course.kind),
        target,
        [said(value, course.kind) for value in course.values],
        charts.spark(course.values, name),
        charts.trend(points, name, course.target, gettext("target")),
    )


def said(value: float | None, kind: Kind) -> str:
    """A value as the reader writes it."""
    if kind == "share":
        return percent(value, 1)
    if kind == "money":
        return money(value)
    return number(value, 0 if kind == "count" else 1)


def _effect(effect: CampaignEffect) -> Markup:
    state = "ok" if effect.low > 0 else "flagged" if effect.high < 0 else "unjudged"
    return charts.difference(effect.effect, effect.low, effect.high, state)
