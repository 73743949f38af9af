"""Customers who stay away against their own rhythm: churn shows so within weeks, and not when its labels come.

Somebody who came in each of the last eight weeks and does not come in this one tells a lot; somebody who comes twice a
year tells nothing yet. So customers are put together who came alike in the `BLOCKS` blocks before a window: in how many
of them, whether in the last, and how often. How likely they are to stay away (q) is what customers like them did in the
windows before. Where a share of all customers stops, those stay away for certain, and the score of that share weighs
each by 1/q. A holiday or a slow week is another thing: everybody's odds of staying away rise together. The weights are
made orthogonal to such a common shift, which then moves the estimate little:

    share = sum w (away - q) / sum w (1 - q),    w = 1/q - c,    c such that sum w q (1 - q) = 0

Without that, a week in which a tenth fewer came (Easter, a shop's first Christmas) looked like a tenth who had stopped.

Weeks differ by more than chance, so that the share is judged by its own past, as dispersed as that was: by Student's
t; and it must clearly exceed the largest of the past, as drift's errors must (`drift.expectation`). Long windows are
few, so that those of one week, which are the same weeks, lend them dispersion and degrees of freedom. From the second
year on, what was usual at the same time of the year before is taken off. Windows of two and four weeks are judged, each
for a part of the level: shops differ in how often customers come. One week alone found 4 of 20 planted changes a week
sooner, and was left out: of 40 years drawn from a shop's own weeks without anybody who stopped it raised three, each in
a week of holidays that the shop had not yet seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from scipy.stats import t as student

from models.arrays import Float64Array, Int64Array
from monitoring.drift.expectation import CLEARLY, FEWEST_ERRORS

BLOCKS = 8
PARTS: Mapping[int, float] = MappingProxyType({2: 0.8, 4: 0.2})
"""The windows that are judged, in weeks, and the part of the level that each may spend."""
SHORTEST = 1
"""Windows of so many weeks lend the others what they know of dispersion."""
LEAST_LIKELY = 0.02
"""What nobody is said to fall below: a weight is to hang on no single customer."""
OFTEN = (1.5, 2.5)
"""Days with a purchase per block with one, where another group begins."""
REGULAR = 0.3
"""Who stays away no likelier than that comes regularly."""
FEWEST_REGULARS = 50
RECENT = max(PARTS)
"""So many weeks are no past yet: what began in them is not to hide itself."""
LENT = 10.0
"""Degrees of freedom that they lend."""
YEAR, NEAR = 52, 1
"""In weeks."""


@dataclass(frozen=True)
class StayingAway:
    """Of the customers who come regularly, how many stayed away in the last weeks, and how many that was likely of.

    `share` is the estimated share of customers who stopped beyond what is usual, with its 95% interval; `p` its
    probability by chance, of all windows together.
    """

    weeks: int
    regulars: int
    away: int
    expected: float
    share: float
    low: float
    high: float
    p: float

    @property
    def beyond(self) -> int:
        """So many more than were expected."""
        return max(round(self.away - self.expected), 0)


@dataclass(frozen=True)
class _WeeksOfAll:
    """Who came regularly before a window, who of them stayed away, and the share that stopped, with its chance."""

    regulars: int
    away: int
    expected: float
    share: float
    chance: float


@dataclass(frozen=True)
class _Course:
    """The windows of one length: the last, how far all strayed in their standard errors, and how many are its past."""

    weeks: int
    last: _WeeksOfAll
    strayed: Float64Array
    past: int

    @property
    def freedom(self) -> float:
        """Windows that lie side by side in the past, less one."""
        return self.past / self.weeks - 1

    @property
    def dispersion(self) -> float:
        """The mean square of the past: 1 where there is nothing but chance."""
        return max(float(np.mean(self.strayed[: self.past] ** 2)), 1.0)


def judge(visits: Int64Array) -> StayingAway | None:
    """The last weeks of `visits` [customer, week] beside those before; None where too few customers or weeks tell."""
    lender = _course(visits, SHORTEST)
    courses = [each for weeks in PARTS if (each := _course(visits, weeks)) is not None]
    found = [_judged(each, lender) for each in courses]
    return min(found, key=lambda each: (each.p, each.weeks), default=None)


def _course(visits: Int64Array, weeks: int) -> _Course | None:
    windows = list(_windows(visits, weeks))
    if not windows or windows[-1].regulars < FEWEST_REGULARS:
        return None
    shares = _beyond_the_season(np.array([each.share for each in windows]))
    past = len(shares) - RECENT
    if past < FEWEST_ERRORS * weeks:
        return None
    return _Course(weeks, windows[-1], shares / np.array([each.chance for each in windows]), past)


def _judged(course: _Course, lender: _Course | None) -> StayingAway:
    last, now, past = course.last, float(course.strayed[-1]), course.strayed[: course.past]
    freedom, dispersion = course.freedom, course.dispersion
    if lender is not None:
        dispersion = (freedom * dispersion + LENT * lender.dispersion) / (freedom + LENT)
        freedom += LENT
    p = float(student.sf(now / np.sqrt(dispersion * (1 + 1 / course.past)), freedom))
    if now <= CLEARLY * float(np.abs(past).max()):
        p = max(p, 1 / (course.past + 1))
    share, reach = now * last.chance, float(student.ppf(0.975, freedom) * np.sqrt(dispersion)) * last.chance
    p = min(p / PARTS[course.weeks], 1.0)
    return StayingAway(course.weeks, last.regulars, last.away, last.expected, share, share - reach, share + reach, p)


def _windows(visits: Int64Array, weeks: int) -> Iterator[_WeeksOfAll]:
    """Every window that has blocks before it, and windows before it to tell what is usual."""
    ends = range(weeks * (BLOCKS + 1), visits.shape[1] + 1)
    groups = [_alike(visits[:, end - weeks * (BLOCKS + 1) : end - weeks], weeks) for end in ends]
    away = [visits[:, end - weeks : end].sum(axis=1) == 0 for end in ends]
    size = 2 * (BLOCKS + 1) * (len(OFTEN) + 1)
    there = np.cumsum([np.bincount(each, minlength=size) for each in groups], axis=0)
    stayed = np.cumsum([np.bincount(each, gone, size) for each, gone in zip(groups, away, strict=True)], axis=0)
    for place in range(weeks, len(groups)):
        q = ((stayed[place - weeks] + 0.5) / (there[place - weeks] + 1.0))[groups[place]]
        yield _window(q, away[place])


def _alike(before: Int64Array, weeks: int) -> Int64Array:
    """The group of each customer by what they did in the blocks before a window."""
    blocks = before.reshape(len(before), BLOCKS, weeks)
    came = blocks.sum(axis=2) > 0
    often = np.digitize(blocks.sum(axis=(1, 2)) / np.maximum(came.sum(axis=1), 1), OFTEN)
    return np.asarray((came.sum(axis=1) * 2 + came[:, -1]) * (len(OFTEN) + 1) + often, dtype="int64")


def _window(q: Float64Array, away: np.typing.NDArray[np.bool_]) -> _WeeksOfAll:
    likely, doubt, regular = np.maximum(q, LEAST_LIKELY), q * (1 - q), q <= REGULAR
    weight = 1 / likely - float((doubt / likely).sum() / max(doubt.sum(), 1e-9))
    information = max(float(weight @ (1 - q)), 1e-9)
    share, chance = float(weight @ (away - q)), float(np.sqrt(weight**2 @ doubt))
    return _WeeksOfAll(
        int(regular.sum()), int(away[regular].sum()), float(q[regular].sum()), share / information, chance / information
    )


def _beyond_the_season(shares: Float64Array) -> Float64Array:
    """Without what was usual at the same time of the year before, where that is known."""
    found = shares.copy()
    for place in range(YEAR + NEAR, len(shares)):
        found[place] -= max(float(shares[place - YEAR - NEAR : place - YEAR + NEAR + 1].max()), 0.0)
    return found
