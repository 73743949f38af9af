"""What a monitoring run found: figures of features, models, groups and the shop; never a row of a customer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, TypeAdapter

from core import messages
from core.messages import Message
from models.fairness_result import FairnessResult
from models.segments.group_month import By, GroupMonth
from models.slice_figure import SliceFigure
from monitoring.leaving.left_over_expected import LeftOverExpected
from monitoring.shop_figures.shop_results import ShopFigures

Number = Annotated[float, BeforeValidator(lambda value: math.nan if value is None else value)]
"""A float that JSON keeps as null where it is none."""
Status = Literal["ok", "alert", "unknown"]
Unit = Literal["money", "count", "share"]
SOURCE = "monitoring"
"""What alerts raised here name as their source."""
LEVELS = ("", "mild", "moderate", "severe")
_QUIET = ("data", "watched")
SEGMENT_CHURN = "segment_churn"
"""The rule that names groups which lose more customers than usual."""


@dataclass(frozen=True)
class ColumnDrift:
    """One column of features, predictions or labels beside what its own past made likely.

    `test` names the statistic that tells most (`monitoring.drift.tracks`), `value` the code or the pair that it is of.
    `score` is how far it is off, in the statistic's unit, `threshold` what is needed to count as moved: `allowed` of
    it is chance, the rest the margin. `change` is the score with its sign, `p` its probability by chance, `touched`
    how many rows stand elsewhere than a week ago, `importance` the share of what the model leans on. `since` is the
    day of the look that first saw it move.
    """

    column: str
    source: Literal["feature", "prediction", "label", "joint"]
    test: str
    score: Number
    threshold: Number
    allowed: Number
    drifted: bool
    value: str = ""
    change: Number = math.nan
    p: Number = math.nan
    touched: int = 0
    importance: Number = 0.0
    since: date | None = None


@dataclass(frozen=True)
class JointDrift:
    """How well a classifier tells the rows of now from those of `against` by how columns go together, margins aside.

    `auc` is 0.5 where nothing has changed, with its 95% interval; `top` are the columns that tell most.
    """

    auc: Number
    low: Number
    high: Number
    top: tuple[str, ...]
    against: date


@dataclass(frozen=True)
class DriftResult:
    """All columns of one model; `reference` are the snapshot dates of its training data.

    `level` is what the look spends of the error budget, `predicted` the sketch of the predictions, which the next
    looks compare theirs with.
    """

    columns: tuple[ColumnDrift, ...]
    reference: tuple[date, ...]
    rows: int
    reference_rows: int
    skipped: tuple[str, ...] = ()
    level: Number = math.nan
    joint: JointDrift | None = None
    predicted: Mapping[str, Any] | None = None

    @property
    def drifted(self) -> tuple[ColumnDrift, ...]:
        """The columns that moved, those that the model leans on most first, then by rows touched."""
        moved = [column for column in self.columns if column.drifted]
        return tuple(sorted(moved, key=lambda c: (-c.importance, -c.touched, -c.score / max(c.threshold, 1e-9))))

    @property
    def share(self) -> float:
        """The share of columns that moved."""
        return len(self.drifted) / len(self.columns) if self.columns else 0.0


@dataclass(frozen=True)
class Rival:
    """A baseline on the same days: its value, and the version minus it, paired by unit, with the 95% interval.

    `p` is the one-sided p-value of the version being no worse.
    """

    name: str
    value: Number
    difference: Number
    low: Number
    high: Number
    p: Number


@dataclass(frozen=True)
class CalibrationFigure:
    """How far a model can be taken at its word: a metric with its 95% interval, and what training measured."""

    name: str
    value: Number
    low: Number
    high: Number
    expected: float | None = None


@dataclass(frozen=True)
class Performance:
    """The primary metric on the window `[as_of, until)`, beside its floor: the best baseline on the same days.

    `expected` is where training promised the metric, or had it. `more_needed` outcomes of the rarer kind are missing
    for a judgement. `left` is how many customers left beside how many were expected to, of a kind that expects it.
    `of_evaluation`: it is the window on which training evaluated the version; nothing newer has
    passed. `calibration` says how far probabilities and intervals held on it. Runs of earlier releases have none, no
    `rivals`, and a floor fixed at training: they say nothing of `below`.
    """

    metric: str
    higher_is_better: bool
    value: Number
    low: Number
    high: Number
    floor: float | None
    floor_name: str
    as_of: date
    until: date
    units: int
    trained_as_of: date
    of_evaluation: bool = False
    rivals: tuple[Rival, ...] = ()
    expected: float | None = None
    expected_low: float | None = None
    expected_high: float | None = None
    more_needed: int = 0
    slices: tuple[SliceFigure, ...] = ()
    calibration: tuple[CalibrationFigure, ...] = ()
    left: LeftOverExpected | None = None

    @property
    def rival(self) -> Rival | None:
        """The baseline that is the floor."""
        return next((each for each in self.rivals if each.name == self.floor_name), None)

    @property
    def below(self) -> bool:
        """Whether the whole paired interval lies on the wrong side of the floor.

        A run of an earlier release compared no rivals: what it said, by the floor of training, stays said.
        """
        rival = self.rival
        if rival is None:
            if self.rivals or self.floor is None:
                return False
            return self.value < self.floor if self.higher_is_better else self.value > self.floor
        return rival.high < 0 if self.higher_is_better else rival.low > 0


@dataclass(frozen=True)
class Estimate:
    """A metric of the window `[as_of, until)` before its outcomes are known, with its 95% interval."""

    metric: str
    value: Number
    low: Number
    high: Number
    as_of: date
    until: date


@dataclass(frozen=True)
class ScoredEstimate:
    """An estimate, and what came of it."""

    estimate: Estimate
    truth: Number

    @property
    def error(self) -> float:
        """Estimate less truth."""
        return self.estimate.value - self.truth

    @property
    def inside(self) -> bool:
        """Whether the interval held it."""
        return self.estimate.low <= self.truth <= self.estimate.high


@dataclass(frozen=True)
class ServedFigure:
    """One figure of what was served, with its 95% interval."""

    name: str
    value: Number
    low: Number
    high: Number


@dataclass(frozen=True)
class Served:
    """What the service said in `[since, until)` (UTC), of `n` customers, lists or series of which the truth is known:
    `by_feedback`, and `by_orders` after the horizon. `not_understood` outcomes say nothing of a line of the answer.
    """

    since: str
    until: str
    n: int
    by_feedback: int
    by_orders: int
    not_understood: int
    versions: tuple[str, ...]
    figures: tuple[ServedFigure, ...]
    unit: str = "answers"


@dataclass(frozen=True)
class Touched:
    """How much of the shop something touches: customers, and the share of the last week's revenue."""

    customers: int | None = None
    revenue_share: float | None = None


@dataclass(frozen=True)
class QualityCheck:
    """One check of data quality: a value, what it was before, and the limit it broke or kept.

    `since` is the first day on which it was broken, up to now. One that could not be judged has passed nothing, and
    says what it would take.
    """

    check: str
    value: Number
    before: float | None
    limit: Number
    passed: bool
    says: Message
    since: date | None = None
    touched: Touched | None = None
    judged: bool = True

    @property
    def name(self) -> str:
        """What it looks at, in words."""
        return messages.title(f"check.{self.check}", self.says.values)


@dataclass(frozen=True)
class RuleState:
    """One rule of the house about one subject; `days` in a row of the `needed` that make it an alert.

    `kind` is the kind of model it speaks of, None where it is about the shop. `items` are what the rule flags without
    asking for anybody (series in a surge). An alert says since when (a day of the data), whom it touches, and how
    large it is, by a measure of its own rule: one much larger than when it was raised is raised anew.
    """

    rule: str
    subject: str
    kind: str | None
    status: Status
    says: Message
    effect: Message | None = None
    level: int = 0
    days: int = 0
    needed: int = 1
    items: tuple[str, ...] = ()
    since: date | None = None
    touched: Touched | None = None
    size: float | None = None

    @property
    def flagged(self) -> bool:
        """Whether it names something without being an alert."""
        return self.status == "ok" and bool(self.items)

    @property
    def quiet(self) -> bool:
        """Whether it has nothing to tell beside the checks that it sums up: in order, of data or of being looked at."""
        return self.status == "ok" and not self.items and self.rule in _QUIET

    @property
    def name(self) -> str:
        """The rule in words."""
        return messages.title(f"rule.{self.rule}")

    @property
    def about(self) -> str:
        """The subject in words, where it has some of its own; checks of data say themselves what they are about."""
        if "check" in self.says.values:
            return "the shop"
        code = f"rule.{self.rule}.{self.subject}"
        return messages.title(code) if f"{code}.title" in messages.texts() else self.subject


@dataclass(frozen=True)
class BusinessFigure:
    """A figure of the shop beside its baseline; `level` says how far off: 0, or 1 mild to 3 severe."""

    name: str
    unit: Unit
    value: Number
    baseline: float | None
    change: float | None
    level: int


@dataclass(frozen=True)
class WaitingForecast:
    """A forecast that a reviewer has to look at: the units of its horizon, and of as many days before it."""

    series_id: str
    name: str
    units: Number
    units_before: Number
    high_risk: bool


@dataclass(frozen=True)
class ReportLink:
    """Where Evidently keeps a full report."""

    project: str
    run: str


@dataclass(frozen=True)
class ModelReport:
    """One model; without a version the note says why, or which command makes one.

    `waiting` is None for a kind that nobody has to accept anything of.
    """

    kind: str
    version: str | None
    note: Message | None = None
    trained_as_of: date | None = None
    drift: DriftResult | None = None
    performance: Performance | None = None
    served: Served | None = None
    fairness: FairnessResult | None = None
    quality: tuple[QualityCheck, ...] = ()
    exposure: Mapping[str, Number] = field(default_factory=dict)
    waiting: tuple[WaitingForecast, ...] | None = None
    report: ReportLink | None = None
    estimate: Estimate | None = None
    scored_estimates: tuple[ScoredEstimate, ...] = ()


@dataclass(frozen=True)
class Movement:
    """How many customers moved from one group (or stage) to another, and their share of those of the origin.

    `revenue` is what they spent in between; it is not told of a handful, so that no customer's can be read.
    """

    by: By
    origin: str
    target: str
    customers: int
    share: float
    revenue: float | None


@dataclass(frozen=True)
class SegmentsReport:
    """Groups and stages on the same day of the last months, and how customers moved between the last two."""

    months: tuple[GroupMonth, ...]
    moved_from: date | None
    moved_to: date
    movements: tuple[Movement, ...]


@dataclass(frozen=True)
class MonitorReport:
    """One run of `regulars monitor`."""

    as_of: date
    at: str
    window_days: int
    models: tuple[ModelReport, ...]
    quality: tuple[QualityCheck, ...]
    business: tuple[BusinessFigure, ...]
    rules: tuple[RuleState, ...]
    report: ReportLink | None = None
    segments: SegmentsReport | None = None
    shop: ShopFigures | None = None

    @property
    def alerts(self) -> tuple[RuleState, ...]:
        """The rules that ask for somebody, the most severe first."""
        return tuple(sorted((r for r in self.rules if r.status == "alert"), key=lambda r: -r.level))

    def model(self, kind: str) -> ModelReport | None:
        """What the run found about one model; None where it did not look at it."""
        return next((model for model in self.models if model.kind == kind), None)

    def to_json(self) -> str:
        """What the database keeps; `from_json` reads it back."""
        return _adapter().dump_json(self).decode()

    @classmethod
    def from_json(cls, text: str) -> MonitorReport:
        """The inverse of `to_json`; a figure that is no number stays none."""
        return _adapter().validate_json(text)

    def as_document(self) -> dict[str, Any]:
        """The report for machines, with what follows from it and every message in words beside its code."""
        document: dict[str, Any] = _adapter().dump_python(self, mode="json")
        document["quality"] = [_spoken_check(check) for check in self.quality]
        document["rules"] = [_spoken_rule(rule) for rule in self.rules]
        document["models"] = [
            entry | _derived(model) for model, entry in zip(self.models, document["models"], strict=True)
        ]
        document["alerts"] = [_spoken_rule(rule) for rule in self.alerts]
        return {name: plain(value) for name, value in document.items()}


@cache
def _adapter() -> TypeAdapter[MonitorReport]:
    return TypeAdapter(MonitorReport)


def plain(value: Any) -> Any:
    """Dates as text, mappings and sequences as dict and list, NaN as None: what JSON can hold."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):  # noqa: PLR0124
        return None
    return value


def _spoken_check(check: QualityCheck) -> dict[str, Any]:
    return asdict(check) | {"name": check.name, "text": str(check.says)}


def _spoken_rule(rule: RuleState) -> dict[str, Any]:
    effect = {"effect": str(rule.effect) if rule.effect else ""}
    return asdict(rule) | {"name": rule.name, "about": rule.about, "text": str(rule.says)} | effect


def _derived(model: ModelReport) -> dict[str, Any]:
    """What a reader of a model's entry would have to work out."""
    found: dict[str, Any] = {
        "note": str(model.note) if model.note else "",
        "quality": [_spoken_check(check) for check in model.quality],
    }
    if model.drift:
        moved = [column.column for column in model.drift.drifted]
        found["drift"] = asdict(model.drift) | {"share": model.drift.share, "drifted": moved}
    if model.performance:
        found["performance"] = asdict(model.performance) | {"below": model.performance.below}
    if model.fairness:
        flagged = [asdict(figure) for figure in model.fairness.flagged]
        note = {"note": str(model.fairness.note) if model.fairness.note else ""}
        found["fairness"] = asdict(model.fairness) | note | {"state": model.fairness.state, "flagged": flagged}
    return found
