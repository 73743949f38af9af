"""Figures of the shop over windows of equal length: sums and shares, never a row of a customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

Group = Literal["economic", "operational", "emotional"]
Kind = Literal["money", "count", "share", "days", "score"]


@dataclass(frozen=True)
class FigureCourse:
    """One figure in the last windows, the oldest first; None where a window had nothing to measure.

    `days` are the first days after each window. `target` is what the shop asks for, by the settings; `rising` says
    whether more is better, and `kind` what the values count.
    """

    name: str
    group: Group
    kind: Kind
    rising: bool
    days: tuple[date, ...]
    values: tuple[float | None, ...]
    target: float | None = None

    @property
    def now(self) -> float | None:
        """The value of the last window."""
        return self.values[-1] if self.values else None

    @property
    def met(self) -> bool | None:
        """Whether the last value keeps the target; None without one of the two."""
        if self.target is None or self.now is None:
            return None
        return self.now >= self.target if self.rising else self.now <= self.target


@dataclass(frozen=True)
class FunnelStep:
    """How many customers of a region came how far in the last window: looked, put into the cart, bought."""

    region: str
    viewed: int
    carted: int
    bought: int


@dataclass(frozen=True)
class CampaignEffect:
    """What came of a campaign: buyers among the contacted and among those held out, within `days` of the contact.

    `effect` is the difference of the shares with its 95% interval (Newcombe 1998, method 10).
    """

    campaign: str
    last_contact: date
    days: int
    contacted: int
    bought: int
    held_out: int
    held_out_bought: int
    effect: float
    low: float
    high: float


@dataclass(frozen=True)
class ShopFigures:
    """All of it as of a day."""

    courses: tuple[FigureCourse, ...]
    funnel: tuple[FunnelStep, ...] = ()
    campaigns: tuple[CampaignEffect, ...] = ()
