"""What each page shows, typed, for its template; the page of a model is a module of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from urllib.parse import urlencode

from markupsafe import Markup

from core import seals
from core.alerts import Alert, Alerts
from core.audit import AuditEntry, AuditLog, Verification
from core.errors import RegularsError
from core.workspace import Workspace
from models import gates, kinds, version_seal
from models.comparison import Comparison
from models.intervals import Interval
from models.registry import Registry
from models.slice_figure import SliceFigure
from models.version import CHALLENGER, CHAMPION, GateResult, Version
from models.version_seal import SealStanding
from monitoring.desk import card_html, charts, fairness_sections, forecasts, lights, tier_moves
from monitoring.desk.fairness_sections import Section
from monitoring.desk.languages import gettext, money, ngettext, number, percent
from monitoring.desk.lights import Signal
from monitoring.desk.model_page import RuleRow, about, watched
from monitoring.desk.wording import term
from monitoring.error_budget import FAMILIES, ErrorBudget, Spending
from monitoring.results import BusinessFigure, ModelReport, MonitorReport, QualityCheck, ReportLink, RuleState
from monitoring.run_trends import RunTrend, trends
from monitoring.side_by_side import kept_comparisons
from monitoring.side_by_side.answer_changes import TierMove
from monitoring.side_by_side.beside import SideBySide
from monitoring.summary import Summaries

SHOWN_SLICES = 30


@dataclass(frozen=True)
class ModelCard:
    """One model at a glance."""

    kind: str
    signal: Signal
    champion: Version | None
    challenger: Version | None
    gates: Sequence[GateResult]
    entry: ModelReport | None
    unwatched: str


@dataclass(frozen=True)
class Tile:
    """One business figure, with its course over the runs."""

    figure: BusinessFigure
    shown: str
    spark: Markup


@dataclass(frozen=True)
class OverviewPage:
    """Every model's light, the business figures, the rules, the open alerts, and what each family of tests has spent
    of the error budget.
    """

    latest: MonitorReport | None
    headline: str
    cards: list[ModelCard]
    tiles: list[Tile]
    rules: list[RuleRow]
    alerts: list[Alert]
    checks: Sequence[QualityCheck]
    report: ReportLink | None
    budget: Sequence[Spending]


@dataclass(frozen=True)
class MetricRow:
    """A metric of a version beside its best baseline's."""

    name: str
    value: Interval
    baseline: Interval | None
    primary: bool


@dataclass(frozen=True)
class VersionPage:
    """One version: what its gates last said, metrics, fairness, card and history, and what a decision rests on."""

    kind: str
    version: Version
    gates: Sequence[GateResult]
    metrics: list[MetricRow]
    fairness: list[Section]
    seal: SealStanding
    card: Markup
    plots: Sequence[str]
    entries: list[AuditEntry]


@dataclass(frozen=True)
class ComparedRow:
    """A statistic of two versions, and their difference."""

    name: str
    primary: bool
    a: Interval
    b: Interval
    difference: Interval
    plot: Markup


@dataclass(frozen=True)
class ComparePage:
    """Two versions on every statistic, the primary one first, and what else is known of both."""

    kind: str
    found: Comparison
    verdict: str
    rows: list[ComparedRow]
    slices: Sequence[SliceFigure]
    beside: SideBySide
    tiers: Sequence[Sequence[TierMove]]
    """Who is in which tier: a row for each of version b, in it a cell for each of version a."""
    moves: Markup


@dataclass(frozen=True)
class ComparingPage:
    """Two versions that are still to be compared; `address` answers when they are."""

    kind: str
    a: str
    b: str
    address: str


@dataclass(frozen=True)
class AuditPage:
    """The latest entries, the newest first, and whether the chain holds."""

    entries: list[AuditEntry]
    chain: Verification
    signal: Signal
    shown: int


@dataclass(frozen=True)
class EvidencePage:
    """What auditors ask; predictions are kept for `keep_days`."""

    keep_days: int


def overview(workspace: Workspace) -> OverviewPage:
    """Look at everything."""
    latest, history = Summaries(workspace).latest(), trends(workspace)
    rules, alerts = forecasts.rules_now(workspace, latest), Alerts(workspace).open()
    registry = Registry(workspace)
    cards = [_card(registry, kind, latest, rules, alerts) for kind in kinds.names()]
    return OverviewPage(
        latest=latest,
        headline=_headline(cards, rules, alerts),
        cards=cards,
        tiles=[_tile(figure, history) for figure in latest.business] if latest else [],
        rules=RuleRow.of(rules),
        alerts=alerts,
        checks=latest.quality if latest else (),
        report=latest.report if latest else None,
        budget=_budget(workspace, latest),
    )


def _budget(workspace: Workspace, latest: MonitorReport | None) -> list[Spending]:
    if latest is None:
        return []
    budget, looks = ErrorBudget.configured(workspace.settings.rules), Summaries(workspace).looks()
    return [budget.spending(family, looks, latest.as_of) for family in FAMILIES]


def version(workspace: Workspace, kind: str, name: str) -> VersionPage:
    """Look at one version."""
    registry = Registry(workspace)
    found = registry.version(kind, name)
    judged = found.gates
    if not judged:
        judged = tuple(gates.judge_and_keep(workspace, found, registry))
        found = registry.version(kind, name)
    result = registry.fairness(found)
    return VersionPage(
        kind=kind,
        version=found,
        gates=judged,
        metrics=_metric_rows(found),
        fairness=fairness_sections.sections(result, workspace.settings.rules),
        seal=version_seal.look(registry, found),
        card=_card_text(registry, found),
        plots=registry.plots(found),
        entries=AuditLog(workspace).entries(found.subject),
    )


def plot(workspace: Workspace, kind: str, version: str, name: str) -> bytes:
    """A picture of a version's training, as PNG."""
    registry = Registry(workspace)
    return registry.plot(registry.version(kind, version), name)


def compare(workspace: Workspace, kind: str, a: str, b: str, wait: bool) -> ComparePage | ComparingPage:
    """Two versions on the same units: at once where that is kept, else when it is made, if the reader waits for it."""
    first, second = (Registry(workspace).version(kind, name).version for name in (a, b))
    at_once = wait or first == second  # which is refused at once
    found = kept_comparisons.made(workspace, kind, a, b) if at_once else kept_comparisons.kept(workspace, kind, a, b)
    if found is None:
        query = urlencode({"a": a, "b": b, "wait": 1})
        return ComparingPage(kind, first, second, f"/models/{kind}/compare?{query}")
    compared = found.comparison
    rows = [
        ComparedRow(
            name=row.statistic,
            primary=row.statistic == compared.primary,
            a=row.a,
            b=row.b,
            difference=row.difference,
            plot=_difference(row.difference, row.certain),
        )
        for row in sorted(compared.rows, key=lambda row: row.statistic != compared.primary)
    ]
    return ComparePage(
        kind=kind,
        found=compared,
        verdict=_verdict(compared),
        rows=rows,
        slices=_worst_slices(compared),
        beside=found,
        tiers=tier_moves.rows(found.changes),
        moves=tier_moves.picture(found.changes),
    )


def audit(workspace: Workspace, last: int = 200) -> AuditPage:
    """Read the audit log and verify it."""
    log = AuditLog(workspace)
    chain = log.verify()
    signal = Signal("green", gettext("Intact"), "") if chain.intact else Signal("red", gettext("Broken"), chain.reason)
    entries = [entry for entry in log.entries() if entry.action != seals.ACTION][-last:]
    return AuditPage(entries[::-1], chain, signal, last)


def report(workspace: Workspace, project: str, run: str) -> str:
    """A full report as Evidently draws it.

    Raises:
        NotReady: there is no such report.
    """
    from monitoring import reports

    return reports.html(workspace, ReportLink(project, run))


def _card(
    registry: Registry,
    kind: str,
    latest: MonitorReport | None,
    rules: Sequence[RuleState],
    alerts: Sequence[Alert],
) -> ModelCard:
    try:
        versions, trouble = registry.versions(kind), ""
    except RegularsError as error:
        versions, trouble = [], str(error)
    entry, unwatched = watched(kind, latest, versions)
    signal = lights.of_model(kind, versions, about(kind, rules), alerts, unwatched)
    champion, challenger = (lights.carrier(versions, alias) for alias in (CHAMPION, CHALLENGER))
    judged = challenger or champion
    return ModelCard(
        kind=kind,
        signal=Signal("red", gettext("Registry down"), trouble) if trouble else signal,
        champion=champion,
        challenger=challenger,
        gates=judged.gates if judged else (),
        entry=entry,
        unwatched=unwatched,
    )


def _headline(cards: Sequence[ModelCard], rules: Sequence[RuleState], open_alerts: Sequence[Alert]) -> str:
    serving = sum(card.champion is not None for card in cards)
    alerts = sum(rule.status == "alert" for rule in rules) + len(lights.of_others(open_alerts))
    flags = sum(rule.flagged for rule in rules)
    have = ngettext("%(n)s of %(all)s models has a champion", "%(n)s of %(all)s models have a champion", serving)
    said = [ngettext("%s alert", "%s alerts", alerts) % alerts if alerts else gettext("no alerts")]
    said += [ngettext("%s flag", "%s flags", flags) % flags] if flags else []
    return f"{have % {'n': serving, 'all': len(cards)}}; {', '.join(said)}"


def _tile(figure: BusinessFigure, history: Sequence[RunTrend]) -> Tile:
    past = [next((f.value for f in run.business if f.name == figure.name), None) for run in history]
    written = {"share": lambda value: percent(value, 1), "money": money}.get(
        figure.unit, lambda value: number(value, 0)
    )
    return Tile(figure, written(figure.value), charts.spark(past, gettext("%s over the runs") % term(figure.name)))


def _metric_rows(version: Version) -> list[MetricRow]:
    """Each metric of a version beside its best baseline, the primary metric first."""
    baseline = version.baselines.get(version.best_baseline, {})
    names = sorted(version.metrics, key=lambda name: (name != version.primary, name))
    return [MetricRow(name, version.metrics[name], baseline.get(name), name == version.primary) for name in names]


def _card_text(registry: Registry, version: Version) -> Markup:
    try:
        return card_html.html(registry.read_text(version, "card.md"))
    except RegularsError:
        return Markup("")


def _verdict(found: Comparison) -> str:
    """What the primary statistic says of the two, in the reader's words."""
    row = next(row for row in found.rows if row.statistic == found.primary)
    said = gettext("no certain difference on %(metric)s: %(difference)s")
    if row.difference.wholly_better(found.higher_is_better):
        said = gettext("Version %(version)s is better on %(metric)s: %(difference)s")
    elif row.difference.wholly_worse(found.higher_is_better):
        said = gettext("Version %(version)s is worse on %(metric)s: %(difference)s")
    return said % {"version": found.a, "metric": found.primary, "difference": row.difference}


def _worst_slices(found: Comparison) -> list[SliceFigure]:
    """The groups that could be judged, those first where version a falls shortest."""
    told = [each for each in found.slices if not each.more_needed]
    worst_last = sorted(told, key=lambda each: each.pooled, reverse=not found.higher_is_better)
    return worst_last[:SHOWN_SLICES]


def _difference(interval: Interval, certain: bool) -> Markup:
    values = (interval.value, interval.low, interval.high)
    return (
        charts.difference(*values, "certain" if certain else "unjudged") if all(map(isfinite, values)) else Markup("")
    )
