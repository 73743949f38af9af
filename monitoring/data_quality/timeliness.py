"""Timeliness: days behind, and days without a row, against the table's own rhythm on that day of the week.

The test: on a day of the week with a mean of m rows and a variance of v over all of its days, a day without any row has
the probability (k / (k + m))^k with k = m^2 / (v - m), or e^-m where v <= m (negative binomial and Poisson). A run of
days has the product. It is a gap where that is below 0.01 divided by the number of days looked at: less than one false
alarm in a hundred tables. A shop that is closed on Sundays has no gap on Sundays, and days of the calendar's `closure`
are none.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import cast

from core import utc
from core.messages import Message
from feature_repo.contract import TABLES
from monitoring.data_quality.look import Look
from monitoring.data_quality.quality_report import Finding, cut

LEVEL = 0.01
POINTS_A_DAY = 10
"""What a day behind costs, once the rhythm does not explain it."""
MIN_DAYS = 28
"""From so many days on there is a rhythm."""


@dataclass(frozen=True)
class Gap:
    """A run of days without a row that the rhythm does not explain."""

    first: date
    days: int
    probability: float


@dataclass(frozen=True)
class Rhythm:
    """The chance of a day without a row, by day of the week (Monday is 0), and how many days tell it."""

    empty_chance: Mapping[int, float]
    days: int

    def gap(self, first: date, days: int, closed: set[date]) -> Gap | None:
        """Whether so many days without a row from `first` on are a gap; those that are closed say nothing."""
        run = [day for day in (first + timedelta(days=n) for n in range(days)) if day not in closed]
        probability = math.prod(self.empty_chance[day.weekday()] for day in run)
        return Gap(first, len(run), probability) if run and probability < LEVEL / max(self.days, 1) else None


def timeliness(look: Look, table: str) -> Iterator[Finding]:
    """How far a table of facts lags behind the shop's present day, and where it has gaps."""
    if TABLES[table].kind != "fact":
        return
    counts = _counts(look, table)
    if not counts:
        return
    closed, rhythm = _closed(look), rhythm_of(counts)
    last = _last(look, table)
    behind = max((look.today - last).days - 1, 0)
    silent = rhythm.gap(last + timedelta(days=1), behind, closed) if rhythm.days >= MIN_DAYS else None
    late = silent.days if silent else 0
    follows = look.workspace.settings.clock == "data" and table == "orders"
    values = {"table": table, "last": last.isoformat(), "behind": behind, "late": late, "follows": follows}
    yield Finding(
        "timeliness",
        table,
        "days behind",
        late,
        max(behind, 1),
        Message("quality.behind", values),
        Message("quality.behind.todo", {"table": table, "last": last.isoformat()}),
        known_score=cut(100.0 - POINTS_A_DAY * late),
    )
    if rhythm.days >= MIN_DAYS:
        yield _gaps(table, counts, rhythm, closed)


def rhythm_of(counts: Mapping[date, int]) -> Rhythm:
    """The rhythm of a table with so many rows on these days; all days between the first and the last count."""
    days = list(_between(min(counts), max(counts)))
    chances = {}
    for weekday in range(7):
        found = [counts.get(day, 0) for day in days if day.weekday() == weekday]
        chances[weekday] = empty_chance(found) if found else 1.0
    return Rhythm(chances, len(days))


def gaps(counts: Mapping[date, int], rhythm: Rhythm, closed: set[date]) -> list[Gap]:
    """The runs of days without a row that the rhythm does not explain."""
    found, run = [], list[date]()
    for day in _between(min(counts), max(counts)):
        if not counts.get(day):
            run.append(day)
        elif run:
            found.append(rhythm.gap(run[0], len(run), closed))
            run = []
    return [gap for gap in found if gap]


def empty_chance(counts: list[int]) -> float:
    """The chance of a period without any, by the counts of periods before (negative binomial, or Poisson)."""
    mean = sum(counts) / len(counts)
    variance = sum((count - mean) ** 2 for count in counts) / max(len(counts) - 1, 1)
    if mean == 0:
        return 1.0
    if variance <= mean:
        return math.exp(-mean)
    size = mean * mean / (variance - mean)
    return math.exp(size * (math.log(size) - math.log(size + mean)))


def _gaps(table: str, counts: Mapping[date, int], rhythm: Rhythm, closed: set[date]) -> Finding:
    found = gaps(counts, rhythm, closed)
    missing = sum(gap.days for gap in found)
    named = [
        gap.first.isoformat() if gap.days == 1 else f"{gap.first.isoformat()} ({gap.days} days)"
        for gap in sorted(found, key=lambda gap: -gap.days)
    ]
    return Finding(
        "timeliness",
        table,
        "days without a row",
        missing,
        rhythm.days,
        Message("quality.gaps", {"missing": missing, "days": rhythm.days, "gaps": named}),
        Message("quality.gaps.todo", {"table": table}),
    )


def _last(look: Look, table: str) -> date:
    """The day of the last row. One of the present day, or after it, has come too; a date yet to come is a slip."""
    latest = max(look.today, utc.now().date() + timedelta(days=1))  # a day begins earlier elsewhere
    [row] = look.connection.execute(f"SELECT max(day) FROM {table} WHERE day <= ?", [latest]).fetchall()
    return cast("date", row[0])


def _counts(look: Look, table: str) -> dict[date, int]:
    """Rows of the days that are over."""
    rows = look.connection.execute(f"SELECT day, count(*) FROM {table} WHERE day < ? GROUP BY 1", [look.today])
    return dict(rows.fetchall())


def _closed(look: Look) -> set[date]:
    if not look.has("calendar"):
        return set()
    rows = look.connection.execute("SELECT DISTINCT date FROM calendar WHERE lower(name) = 'closure' AND value > 0")
    return {day for (day,) in rows.fetchall()}


def _between(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))
