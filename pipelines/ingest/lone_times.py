"""Order lines whose time lies far from all others: a wrong year would move the shop's present by years."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise

import duckdb

from core.expressions import literal
from pipelines.ingest import quarantine
from pipelines.ingest.checks import lone_time
from pipelines.ingest.merge import Stored
from pipelines.ingest.typed import Typed

MIN_LINES = 50
"""Fewer lines say too little about what is usual."""
MIN_GAP_DAYS = 60
GAP_FACTOR = 10
"""A gap is unusual above 60 days and above 10 times what 99 of 100 gaps between days with orders stay below."""
MAX_SHARE, MAX_LINES = 0.005, 20
"""At most this many lines beyond such a gap are taken for wrong."""

Days = Sequence[tuple[date, int]]


def set_aside(
    connection: duckdb.DuckDBPyConnection, typed: Typed, old: Stored, released: Collection[str] = frozenset()
) -> None:
    """Mark order lines in `mask` that lie beyond an unusual gap before or after all other lines, in force or new.

    Those that a person has `released` are not marked.
    """
    reason = lone_time(typed.spec)
    if reason is None:
        return
    counted = f"SELECT day, count(*) AS n FROM {typed.relation} WHERE {typed.good} GROUP BY day"
    if old.files:
        files = ", ".join(literal(str(path)) for path in old.files)
        counted += f" UNION ALL SELECT day, count(*) FROM read_parquet([{files}]) GROUP BY day"
    days = connection.execute(f"SELECT day, CAST(sum(n) AS BIGINT) FROM ({counted}) GROUP BY day ORDER BY day")
    first, last = usual_span(days.fetchall())
    if first is not None and last is not None:
        outside = f"(day < DATE '{first}' OR day > DATE '{last}')"
        kept = f"row_key NOT IN ({', '.join(map(literal, sorted(released)))})" if released else "true"
        connection.execute(
            f"UPDATE {typed.relation} SET mask = {typed.bit(reason)} WHERE {typed.good} AND {outside} AND {kept}"
        )


def notes(connection: duckdb.DuckDBPyConnection, typed: Typed, reasons: Mapping[str, int]) -> tuple[str, ...]:
    """Which lines they are, in a sentence; none where there are none among the `reasons` of bad rows."""
    reason = lone_time(typed.spec)
    if reason is None or reason not in reasons:
        return ()
    shown = quarantine.examples(connection, typed, typed.bit(reason).bit_length() - 1)
    more = reasons[reason] - len(shown)
    named = "; ".join(shown) + (f"; and {more:,} more" if more else "")
    return (f"set aside, for a wrong year would move the shop's present: {typed.spec.name}, {reason}: {named}",)


def usual_span(days: Days) -> tuple[date | None, date | None]:
    """The first and last day of the body of the lines, both None where all belong to it or too few are there.

    `days` are the days with lines and how many, in order.
    """
    total = sum(lines for _, lines in days)
    if total < MIN_LINES or len(days) < 3:
        return None, None
    allowed = max(1, min(MAX_LINES, int(MAX_SHARE * total)))
    runs = _runs(days, _unusual_gap(days))
    first, last = _beyond(runs, allowed), len(runs) - 1 - _beyond(runs[::-1], allowed)
    if first > last or (first == 0 and last == len(runs) - 1):
        return None, None
    return runs[first][0][0], runs[last][-1][0]


def _unusual_gap(days: Days) -> timedelta:
    gaps = sorted((after[0] - before[0]).days for before, after in pairwise(days))
    usual = gaps[int(0.99 * (len(gaps) - 1))]
    return timedelta(days=max(MIN_GAP_DAYS, GAP_FACTOR * usual))


def _runs(days: Days, gap: timedelta) -> list[Days]:
    """The days in runs that such gaps part."""
    starts = [0, *(n for n in range(1, len(days)) if days[n][0] - days[n - 1][0] > gap), len(days)]
    return [days[start:stop] for start, stop in pairwise(starts)]


def _beyond(runs: list[Days], allowed: int) -> int:
    """How many runs from the first on hold no more than the allowed lines together."""
    lines, beyond = 0, 0
    for run in runs:
        lines += sum(count for _, count in run)
        if lines > allowed:
            break
        beyond += 1
    return beyond
