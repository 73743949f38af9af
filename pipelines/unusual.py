"""A learned check of order lines: an isolation forest on how far each lies from its product's and customer's past.

Of every line three facts are worked out against lines of strictly earlier days only: its price and its quantity beside
those of the product, and its amount beside the customer's, each as a logarithm in standard deviations. The forest is
fitted with the settings' seed on a bounded sample; scored are the lines that stand apart in one of the facts, which are
few. A line whose score is below `THRESHOLD` is unusual. Nothing is dropped: what is flagged is to be looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np

AT_INGEST, WHEN_ASKED = 500_000, 2_000_000
"""So many of the latest lines are judged at most: an ingest is not to wait for it."""
LEAST_LINES = 1_000
"""With fewer lines there is no past to learn from."""
SAMPLE = 30_000
APART = 4.0
"""Lines within so many standard deviations in every fact are not scored."""
MOST_SCORED = 50_000
THRESHOLD = -0.72
"""Of an isolation score, -1 (apart at once) to about -0.4 (in the crowd); `benchmarks/unusual_lines.py` shows why."""
FACTS = ("price", "quantity", "amount")
REASON = "unusual by its own history"
_TREES, _OF_EACH_TREE = 100, 1_024
_WIDTHS = {"p": 0.04, "q": 0.09, "r": 0.25}
"""The variance that a price, a quantity and an amount have at least: no line is unusual for a cent."""


@dataclass(frozen=True)
class UnusualLine:
    """A line's number in the relation it was judged in, its score, and the fact in which it lies farthest apart."""

    number: int
    score: float
    fact: str


def find(connection: duckdb.DuckDBPyConnection, lines: str, seed: int, most: int = WHEN_ASKED) -> list[UnusualLine]:
    """The unusual lines among the latest `most` of a query.

    It has number, day, customer_id, product_id, quantity and revenue.
    """
    count = _facts(connection, lines, most)
    if count < LEAST_LINES:
        return []
    apart = " OR ".join(f"abs({fact}) > {APART}" for fact in FACTS)
    far = f"greatest({', '.join(f'abs({fact})' for fact in FACTS)})"
    numbers, rows = _read(connection, f"WHERE {apart} ORDER BY {far} DESC, number LIMIT {MOST_SCORED}")
    if not len(numbers):
        return []
    _, sample = _read(connection, f"WHERE hash(number + {seed}) % {max(count // SAMPLE, 1)} = 0 ORDER BY number")
    scores = _scores(sample, rows, seed)
    farthest = np.abs(rows).argmax(axis=1)
    found = np.flatnonzero(scores < THRESHOLD)
    return [UnusualLine(int(numbers[i]), float(scores[i]), FACTS[farthest[i]]) for i in found]


def _scores(sample: np.ndarray, rows: np.ndarray, seed: int) -> np.ndarray:
    from sklearn.ensemble import IsolationForest

    each = min(_OF_EACH_TREE, len(sample))
    forest = IsolationForest(n_estimators=_TREES, max_samples=each, random_state=seed).fit(sample)
    scores: np.ndarray = forest.score_samples(rows)
    return scores


def _read(connection: duckdb.DuckDBPyConnection, which: str) -> tuple[np.ndarray, np.ndarray]:
    found = connection.execute(f"SELECT number, {', '.join(FACTS)} FROM line_facts {which}").fetchnumpy()
    return found["number"], np.column_stack([found[fact] for fact in FACTS])


def _facts(connection: duckdb.DuckDBPyConnection, lines: str, most: int) -> int:
    """Make `line_facts`; returns how many lines it has. What has no past is 0: nothing can be said of it."""
    [(count,)] = connection.execute(f"SELECT count(*) FROM ({lines})").fetchall()
    if count < LEAST_LINES:
        return int(count)
    latest = f"day >= ({_LATEST.format(lines, most)})" if count > most else "true"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE line_logs AS SELECT number, day, customer_id, product_id,"
        " CASE WHEN quantity > 0 AND revenue > 0 THEN ln(revenue / quantity) END AS p,"
        " CASE WHEN quantity <> 0 THEN ln(abs(quantity)) END AS q,"
        f" CASE WHEN revenue <> 0 THEN ln(abs(revenue)) END AS r FROM ({lines}) WHERE {latest}"
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE line_facts AS SELECT number, {_beside('p', 'a')} AS price,"
        f" {_beside('q', 'a')} AS quantity, {_beside('r', 'b')} AS amount FROM line_logs"
        f" LEFT JOIN {_past('product_id', ('p', 'q'))} AS a USING (product_id, day)"
        f" LEFT JOIN {_past('customer_id', ('r',))} AS b USING (customer_id, day)"
    )
    return min(int(count), most)


def _past(key: str, logs: Sequence[str]) -> str:
    """Counts, sums and sums of squares over the days of a product or customer before each of its days."""
    sums = {f"{kind}_{log}": sql.format(log) for log in logs for kind, sql in _SUMS.items()}
    daily = ", ".join(f"{sql} AS {name}" for name, sql in sums.items())
    before = ", ".join(f"sum({name}) OVER before AS {name}" for name in sums)
    return (
        f"(SELECT {key}, day, {before} FROM (SELECT {key}, day, {daily} FROM line_logs WHERE {key} IS NOT NULL"
        f" GROUP BY ALL) WINDOW before AS (PARTITION BY {key} ORDER BY day"
        " ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING))"
    )


_LATEST = (
    "SELECT coalesce(min(day), max(last_)) FROM (SELECT day, max(day) OVER () AS last_, sum(count(*)) OVER"
    " (ORDER BY day DESC) AS lines_ FROM ({}) GROUP BY day) WHERE lines_ <= {}"
)
"""From which day on the lines are judged."""
_SUMS = {"n": "count({0})", "s": "sum({0})", "t": "sum({0} * {0})"}


def _beside(log: str, past: str) -> str:
    """A line's logarithm beside the past's, in standard deviations; less is said where the past is short."""
    n, s, t = (f"{past}.{kind}_{log}" for kind in _SUMS)
    variance = f"greatest({t} / {n} - pow({s} / {n}, 2), 0) + {_WIDTHS[log]} + 1.0 / {n}"
    return f"coalesce(CASE WHEN {n} > 0 THEN ({log} - {s} / {n}) / sqrt({variance}) END, 0)"
