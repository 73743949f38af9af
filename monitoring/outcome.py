"""What a monitoring run found: figures of features, models, groups and the shop; never a row of a customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Literal

from models.fairness_result import FairnessResult

Light = Literal["green", "amber", "red", "grey"]
Status = Literal["ok", "alert", "unknown"]
SOURCE = "monitoring"
"""What alerts raised here name as their source."""
LEVELS = ("", "mild", "moderate", "severe")


@dataclass(frozen=True)
class ColumnDrift:
    """One column of features or predictions, compared with its reference by a named test.

    `threshold` is the base plus `allowed`: what chance (the sample sizes) and the reference's own trend account
    for. Scores are in the test's unit: standard deviations of the reference for `wasserstein`.
    """

    column: str
    source: Literal["feature", "prediction"]
    test: str
    score: float
    threshold: float
    allowed: float
    drifted: bool


@dataclass(frozen=True)
class DriftResult:
    """All columns of one model; `reference` are the snapshot dates of its training data."""

    columns: tuple[ColumnDrift, ...]
    reference: tuple[date, ...]
    rows: int
    reference_rows: int
    skipped: tuple[str, ...] = ()

    @property
    def drifted(self) -> tuple[ColumnDrift, ...]:
        """The columns that moved, the farthest first."""
        moved = [column for column in self.columns if column.drifted]
        return tuple(sorted(moved, key=lambda c: c.score / max(c.threshold, 1e-9), reverse=True))

    @property
    def share(self) -> float:
        """The share of columns that moved."""
        return len(self.drifted) / len(self.columns) if self.columns else 0.0


@dataclass(frozen=True)
class Performance:
    """The primary metric on the window `[as_of, until)`, beside its floor: the best baseline at training.

    `of_evaluation`: it is the window on which training evaluated the version; nothing newer has passed.
    """

    metric: str
    higher_is_better: bool
    value: float
    low: float
    high: float
    floor: float | None
    floor_name: str
    as_of: date
    until: date
    units: int
    trained_as_of: date
    of_evaluation: bool = False

    @property
    def below(self) -> bool:
        """Whether the metric is on the wrong side of its floor."""
        if self.floor is None:
            return False
        return self.value < self.floor if self.higher_is_better else self.value > self.floor


@dataclass(frozen=True)
class ServedFigure:
    """One figure of what was served, with its 95% interval."""

    name: str
    value: float
    low: float
    high: float


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


@dataclass(frozen=True)
class Check:
    """One check of data quality: a value, what it was before, and the limit it broke or kept."""

    name: str
    value: float
    before: float | None
    limit: float
    passed: bool
    text: str


@dataclass(frozen=True)
class RuleState:
    """One rule of the house about one subject; `days` in a row of the `needed` that make it an alert.

    `items` are what the rule flags without asking for anybody (series in a surge).
    """

    rule: str
    subject: str
    status: Status
    text: str
    effect: str = ""
    level: int = 0
    days: int = 0
    needed: int = 1
    items: tuple[str, ...] = ()

    @property
    def flagged(self) -> bool:
        """Whether it names something without being an alert."""
        return self.status == "ok" and bool(self.items)


@dataclass(frozen=True)
class WaitingForecast:
    """A forecast that a reviewer has to look at: the units of its horizon, and of as many days before it."""

    series_id: str
    name: str
    units: float
    units_before: float
    high_risk: bool


@dataclass(frozen=True)
class ReportLink:
    """Where Evidently keeps a full report."""

    project: str
    run: str


@dataclass(frozen=True)
class ModelReport:
    """One model; without a version it says which command makes one."""

    kind: str
    version: str | None
    note: str = ""
    trained_as_of: date | None = None
    drift: DriftResult | None = None
    performance: Performance | None = None
    served: Served | None = None
    fairness: FairnessResult | None = None
    quality: tuple[Check, ...] = ()
    exposure: Mapping[str, float] = field(default_factory=dict)
    waiting: tuple[WaitingForecast, ...] = ()
    report: ReportLink | None = None


@dataclass(frozen=True)
class MonitorReport:
    """One run of `regulars monitor`."""

    as_of: date
    at: str
    window_days: int
    models: tuple[ModelReport, ...]
    quality: tuple[Check, ...]
    business: tuple[Mapping[str, Any], ...]
    rules: tuple[RuleState, ...]
    report: ReportLink | None = None

    @property
    def alerts(self) -> tuple[RuleState, ...]:
        """The rules that ask for somebody, the most severe first."""
        return tuple(sorted((r for r in self.rules if r.status == "alert"), key=lambda r: -r.level))

    def as_document(self) -> dict[str, Any]:
        """The report as plain JSON: what is printed with `--json` and kept in the database."""
        document: dict[str, Any] = plain(asdict(self))
        for model, entry in zip(self.models, document["models"], strict=True):
            _add_derived(model, entry)
        return document | {"alerts": [plain(asdict(rule)) for rule in self.alerts]}


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


def _add_derived(model: ModelReport, entry: dict[str, Any]) -> None:
    if model.drift:
        entry["drift"]["share"] = model.drift.share
        entry["drift"]["drifted"] = [column.column for column in model.drift.drifted]
    if model.performance:
        entry["performance"]["below"] = model.performance.below
    if model.fairness:
        entry["fairness"]["state"] = model.fairness.state
        entry["fairness"]["flagged"] = [plain(asdict(figure)) for figure in model.fairness.flagged]
