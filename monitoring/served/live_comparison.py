"""Two versions by what came of their answers while both answered, looked at as often as one likes.

The bounds are those of a confidence sequence (`models.confidence_sequence`); alpha is shared among the arms of an
experiment (Bonferroni).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from core import clock, utc
from core.errors import UsageError
from core.prediction_log import SHADOW_SUFFIX, PredictionLog
from core.workspace import Workspace, of_one_generation
from models.confidence_sequence import ArmSample, difference, more_needed
from models.experiment import Experiment
from models.experiment_release import TESTED
from models.intervals import Interval, finite
from models.registry import Registry
from monitoring.served.arm_outcomes import ASKED, ArmFigure, guardrails, outcome
from monitoring.served.feedback_table import read_feedback
from monitoring.served.window import ServedWindow


@dataclass(frozen=True)
class LiveFigure:
    """A figure of both versions, and `difference`, a - b; its bounds are unknown while there are too few.

    `limit`: one that is certainly so far above the other breaks a guardrail; None where none does.
    """

    name: str
    higher_is_better: bool | None
    n_a: int
    n_b: int
    a: float
    b: float
    difference: Interval
    more_needed: int
    limit: float | None = None

    @property
    def harmed(self) -> Literal["a", "b"] | None:
        """Which one is above the limit, certainly."""
        if self.limit is None:
            return None
        return "a" if self.difference.low > self.limit else "b" if self.difference.high < -self.limit else None

    @property
    def certain(self) -> bool:
        """Whether one version is certainly ahead."""
        return self.difference.low > 0 or self.difference.high < 0


@dataclass(frozen=True)
class LiveComparison:
    """What came of the answers of versions `a` and `b` between two moments (UTC, ISO text)."""

    kind: str
    a: str
    b: str
    since: str
    until: str
    outcome: LiveFigure
    guardrails: tuple[LiveFigure, ...]

    @property
    def worse(self) -> str | None:
        """The version that is certainly worse on the outcome, or None."""
        higher = bool(self.outcome.higher_is_better)
        if self.outcome.difference.wholly_worse(higher):
            return self.a
        return self.b if self.outcome.difference.wholly_better(higher) else None

    @property
    def harmed(self) -> str | None:
        """The version that certainly breaks a guardrail, or None."""
        broken = self.broken
        return None if broken is None else self.a if broken.harmed == "a" else self.b

    @property
    def broken(self) -> LiveFigure | None:
        """The first guardrail that is certainly broken, or None."""
        return next((each for each in self.guardrails if each.harmed), None)

    @property
    def verdict(self) -> str:
        """In words."""
        told = self.outcome
        if self.broken:
            figures = f"{self.broken.name}, a - b: {self.broken.difference}"
            return f"version {self.harmed} breaks a guardrail: {figures}"
        if self.worse:
            better = self.b if self.worse == self.a else self.a
            return f"version {better} is better: {told.name}, a - b: {told.difference}"
        more = f"about {told.more_needed:,} more outcomes are needed"
        if told.difference.low != told.difference.low:
            return f"too few: {told.n_a:,} outcomes of version {self.a} and {told.n_b:,} of {self.b}; at least {more}"
        return f"no certain difference: {told.name}, a - b: {told.difference}; {more} for one worth finding"

    def as_dict(self) -> dict[str, Any]:
        """For machines; what is not known is null."""
        return {
            "model": self.kind,
            "a": self.a,
            "b": self.b,
            "since": self.since,
            "until": self.until,
            "outcome": _plain(self.outcome),
            "guardrails": [_plain(each) for each in self.guardrails],
            "worse": self.worse,
            "harmed": self.harmed,
            "verdict": self.verdict,
        }


@of_one_generation
def compare(workspace: Workspace, kind_name: str, a: str, b: str) -> LiveComparison:
    """Two versions, by number or alias, while both answered: of a running experiment, since it began.

    Raises:
        UsageError: no such version, twice the same, or a kind whose answers are not logged.
    """
    if kind_name not in TESTED:
        raise UsageError(f"{kind_name} can't be compared live", why=f"answers of {', '.join(TESTED)} alone are logged")
    registry = Registry(workspace)
    first, second = (registry.version(kind_name, each).version for each in (a, b))
    if first == second:
        raise UsageError(f"{a} and {b} are the same version, {first}", todo="name two versions")
    running = registry.experiment(kind_name)
    window = _window(workspace, kind_name, {first, second}, running)
    alpha = workspace.settings.variants.alpha / max(1, len(running.arms) if running else 1)
    least = workspace.settings.variants.least_difference
    return LiveComparison(
        kind_name,
        first,
        second,
        utc.text(window.since),
        utc.text(window.until),
        judged(outcome(window, kind_name), first, second, alpha, least),
        tuple(judged(each, first, second, alpha, least) for each in guardrails(window, kind_name)),
    )


def _window(workspace: Workspace, kind_name: str, versions: set[str], running: Experiment | None) -> ServedWindow:
    """From when both answered to when one stopped: who was answered at other times is no fair comparison.

    What the orders do not reach yet is not known: the horizon is held against the day after the last order.
    """
    log, now = PredictionLog(workspace), utc.now()
    as_of = min(clock.present(workspace), workspace.tables.last_day() + timedelta(days=1))
    if running and versions <= {running.champion, *(arm.version for arm in running.arms)}:
        since, until = datetime.fromisoformat(running.started_at), now
    else:
        since, until = _both_answered(log, kind_name, versions, now)
    rows = read_feedback(workspace, log, since).rows
    inside = (rows["made_at"] >= since) & (rows["made_at"] < until)
    return ServedWindow(workspace, log, as_of, since, until, rows[inside])


def _both_answered(log: PredictionLog, kind_name: str, versions: set[str], now: datetime) -> tuple[datetime, datetime]:
    spans: dict[str, tuple[datetime, datetime]] = {}
    for kind in (ASKED[kind_name], ASKED[kind_name] + SHADOW_SUFFIX):
        for line in log.predictions(kind, datetime(2000, 1, 1, tzinfo=now.tzinfo), now):
            if line["version"] in versions:
                first, last = spans.get(line["version"], (line["made_at"], line["made_at"]))
                spans[line["version"]] = min(first, line["made_at"]), max(last, line["made_at"])
    if set(spans) != versions:
        return now, now
    since = max(first for first, _ in spans.values())
    return since, max(since, min(last for _, last in spans.values()) + timedelta(microseconds=1))


def judged(figure: ArmFigure, a: str, b: str, alpha: float, least: float) -> LiveFigure:
    """A figure of both versions with the bounds of alpha; `least`: the difference worth finding, a share of a's."""
    frame = figure.frame
    of_a, of_b = (
        ArmSample.of(frame["value"][frame["version"] == version].to_numpy(float), shares=figure.shares)
        for version in (a, b)
    )
    worth = least * abs(of_a.mean) if of_a.n else least
    return LiveFigure(
        figure.name,
        figure.higher_is_better,
        of_a.n,
        of_b.n,
        of_a.mean,
        of_b.mean,
        difference(of_a, of_b, alpha),
        more_needed(of_a, of_b, alpha, worth),
        _limit(figure, of_a, of_b),
    )


def _limit(figure: ArmFigure, a: ArmSample, b: ArmSample) -> float | None:
    if figure.harm is None or not (a.n and b.n):
        return None
    return figure.harm * min(a.mean, b.mean) if figure.relative else figure.harm


def _plain(figure: LiveFigure) -> dict[str, Any]:
    return asdict(figure) | {
        "a": finite(figure.a),
        "b": finite(figure.b),
        "difference": {name: finite(value) for name, value in figure.difference.as_dict().items()},
        "certain": figure.certain,
    }
