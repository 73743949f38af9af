"""The page of one model: its trends, its fairness by group, its drift, its versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import starmap

from markupsafe import Markup

from core import clock
from core.alerts import Alerts
from core.audit import AuditEntry, entries_of
from core.errors import RulesError
from core.workspace import Workspace
from models.intervals import Interval
from models.recommendation.merchandising import applied_rules
from models.recommendation.merchandising.applied_rules import AppliedRules
from models.recommendation.merchandising.too_rarely_bought import never_kept
from models.registry import Registry
from models.version import CHALLENGER, CHAMPION, Version
from monitoring.desk import charts, fairness_sections, forecasts, lights
from monitoring.desk.charts import Point
from monitoring.desk.fairness_sections import Section
from monitoring.desk.forecasts import Flagged
from monitoring.desk.languages import day as written
from monitoring.desk.languages import gettext, number, percent
from monitoring.desk.lights import Signal
from monitoring.desk.wording import term
from monitoring.results import ColumnDrift, DriftResult, ModelReport, MonitorReport, Performance, RuleState
from monitoring.rules import DATA
from monitoring.run_trends import RunTrend, trends
from monitoring.summary import Summaries

SHOWN_RULES = 20
MOST_DECISIONS = 50
SHOWN_MARKS = 6
Happened = Sequence[tuple[str, str]]
"""Moments of UTC, ascending, each with what it was."""
PRECISION, RECALL = "precision@", "recall@"


@dataclass(frozen=True)
class RuleRow:
    """A rule beside its light."""

    rule: RuleState
    signal: Signal

    @classmethod
    def of(cls, rules: Sequence[RuleState]) -> list[RuleRow]:
        """One per rule that has something to tell."""
        return [cls(rule, lights.of_rule(rule)) for rule in rules if not rule.quiet]


@dataclass(frozen=True)
class TierRow:
    """What one tier is worth."""

    name: str
    precision: Interval
    recall: Interval


@dataclass(frozen=True)
class Trend:
    """A figure over the runs."""

    title: str
    plot: Markup
    note: str
    events: str
    """What happened between the looks, in words."""


@dataclass(frozen=True)
class DriftRow:
    """One column, its score beside its threshold."""

    column: ColumnDrift
    meter: Markup


@dataclass(frozen=True)
class ModelPage:
    """What the template shows; `unwatched` says why the latest run speaks of another version, if it does."""

    kind: str
    latest: MonitorReport | None
    entry: ModelReport | None
    unwatched: str
    signal: Signal
    champion: Version | None
    challenger: Version | None
    versions: Sequence[Version]
    rules: list[RuleRow]
    flagged: Flagged | None
    most_shown: int
    tiers: list[TierRow]
    trends: list[Trend]
    fairness: list[Section]
    drift: list[DriftRow]
    merchandising: Sequence[AppliedRules]
    """Of recommendation: the versions of merchandisers' rules, the newest first."""
    unkept: Sequence[str]
    """What of the rules that count can't be kept, in words."""
    decisions: Sequence[AuditEntry]
    """What was done with its versions, the newest first."""


def build(workspace: Workspace, kind: str) -> ModelPage:
    """Look at one model."""
    latest, history = Summaries(workspace).latest(), trends(workspace)
    versions = Registry(workspace).versions(kind)
    champion, challenger = (lights.carrier(versions, alias) for alias in (CHAMPION, CHALLENGER))
    entry, unwatched = watched(kind, latest, versions)
    flagged = forecasts.flagged(workspace, latest)
    merchandising = applied_rules.versions(workspace, SHOWN_RULES)[::-1] if kind == "recommendation" else ()
    decided = _decisions(workspace, kind, versions)
    rules = [] if unwatched else about(kind, forecasts.rules_now(workspace, latest))
    return ModelPage(
        kind=kind,
        latest=latest,
        entry=entry,
        unwatched=unwatched,
        signal=lights.of_model(kind, versions, rules, Alerts(workspace).open(), unwatched),
        champion=champion,
        challenger=challenger,
        versions=versions,
        rules=RuleRow.of(rules),
        flagged=flagged if entry and flagged and flagged.kind == kind else None,
        most_shown=forecasts.MOST_SHOWN,
        tiers=_tier_rows(champion or challenger),
        trends=_trends(kind, history, workspace.settings.rules.drift_share, _happened(workspace, decided)),
        fairness=fairness_sections.sections(entry.fairness if entry else None, workspace.settings.rules),
        drift=_drift_rows(entry.drift if entry else None),
        merchandising=merchandising,
        unkept=_unkept(workspace, merchandising[0]) if merchandising else (),
        decisions=decided,
    )


def _decisions(workspace: Workspace, kind: str, versions: Sequence[Version]) -> list[AuditEntry]:
    subjects = [kind, *(version.subject for version in versions[:MOST_DECISIONS])]
    found = [entry for subject in subjects for entry in entries_of(workspace, subject, MOST_DECISIONS)]
    return sorted(found, key=lambda entry: -entry.seq)[:MOST_DECISIONS]


def _unkept(workspace: Workspace, applied: AppliedRules) -> list[str]:
    try:
        return never_kept(workspace, applied.file.rules, clock.present(workspace))
    except RulesError:  # of a newer release: what it says is shown, but not judged
        return []


def about(kind: str, rules: Sequence[RuleState]) -> list[RuleState]:
    """The rules that speak of one model, and alerts of the data that all models read."""
    return [rule for rule in rules if rule.kind == kind or (rule.rule == DATA and rule.status == "alert")]


def watched(kind: str, latest: MonitorReport | None, versions: Sequence[Version]) -> tuple[ModelReport | None, str]:
    """What the latest run found of the version that stands here now; else None, and that it was another one."""
    entry = latest.model(kind) if latest else None
    now = lights.carrier(versions, CHAMPION) or lights.carrier(versions, CHALLENGER)
    if entry is None or now is None or entry.version in {None, now.version}:
        return entry, ""
    said = gettext("version %(now)s has not been monitored yet (the last run: version %(then)s)")
    return None, said % {"now": now.version, "then": entry.version}


def _trends(kind: str, history: Sequence[RunTrend], drift_share: float, happened: Happened) -> list[Trend]:
    """Of the version that was watched last: others have other floors, and other columns."""
    entries = [(run, entry) for run in history if (entry := run.model(kind)) is not None]
    last = next((entry.version for _, entry in reversed(entries) if entry.version), None)
    own = [(run, entry) for run, entry in entries if entry.version == last]
    found = [(written(run.as_of), entry) for run, entry in own]
    measured = [(day, entry.performance) for day, entry in found if entry.performance]
    drift = [Point(day, entry.drift_share) for day, entry in found if entry.drift_share is not None]
    made = []
    if measured:
        latest = measured[-1][1]
        marks = _marks([run.at for run, entry in own if entry.performance], happened)
        points = [Point(day, each.value, each.low, each.high) for day, each in measured]
        plot = charts.trend(
            points, gettext("%s over the runs") % latest.metric, latest.floor, gettext("floor now"), marks
        )
        made.append(Trend(latest.metric, plot, _floor_note(latest), _told(marks)))
        made += _calibration_trends(measured, _told(marks), marks)
    if drift:
        marks = _marks([run.at for run, entry in own if entry.drift_share is not None], happened)
        plot = charts.trend(drift, gettext("share of columns that moved"), drift_share, gettext("severe"), marks)
        note = gettext("any is an alert, above %s a severe one") % percent(drift_share)
        made.append(Trend("share of drifted columns", plot, note, _told(marks)))
    return made


def _calibration_trends(
    measured: Sequence[tuple[str, Performance]], told: str, marks: Sequence[tuple[int, str]]
) -> list[Trend]:
    """Whether probabilities and intervals held, look by look, beside what they did at training.

    Looks of an earlier release have none of it, and stay out of the line.
    """
    made = []
    for latest in measured[-1][1].calibration:
        found = [
            (day, next((each for each in one.calibration if each.name == latest.name), None)) for day, one in measured
        ]
        points = [Point(day, each.value, each.low, each.high) for day, each in found if each]
        whole = len(points) == len(measured)  # else the marks would stand at other looks
        title = gettext("%s over the runs") % latest.name
        plot = charts.trend(points, title, latest.expected, gettext("training"), marks if whole else ())
        note = gettext("%s at training") % number(latest.expected, 4) if latest.expected is not None else ""
        made.append(Trend(latest.name, plot, note, told if whole else ""))
    return made


def _happened(workspace: Workspace, decided: Sequence[AuditEntry]) -> Happened:
    """Decisions on its versions, and when the shop's tables were read; by the wall clock."""
    told = [(entry.at, f"{term(entry.action)} {entry.subject} ({entry.who})") for entry in decided]
    read = {commit.at for commit in workspace.tables.manifest.commits}
    return sorted([*told, *((at, term("ingest")) for at in read)])


def _marks(looks: Sequence[str], happened: Happened) -> list[tuple[int, str]]:
    """What happened after the first look, by the first look that could see it; the same things are counted."""
    between = dict[int, dict[str, list[str]]]()
    for at, says in happened:
        place = next((place for place, look in enumerate(looks) if look >= at), len(looks))
        if place > 0:
            between.setdefault(place, {}).setdefault(says, []).append(at)
    return [(place, "; ".join(starmap(_mark, found.items()))) for place, found in sorted(between.items())]


def _mark(says: str, moments: Sequence[str]) -> str:
    return f"{written(moments[-1])}: {says}" + (f" x {len(moments)}" if len(moments) > 1 else "")


def _told(marks: Sequence[tuple[int, str]]) -> str:
    return gettext("Marked: %s") % "; ".join(says for _, says in marks[-SHOWN_MARKS:]) if marks else ""


def _floor_note(performance: Performance) -> str:
    if performance.floor is None:
        return gettext("no floor was kept at training")
    said = gettext("floor %(value)s: %(name)s, the best baseline, on the same days")
    return said % {"value": number(performance.floor, 4), "name": performance.floor_name}


def _drift_rows(drift: DriftResult | None) -> list[DriftRow]:
    columns = sorted(drift.columns if drift else (), key=lambda c: -c.score / max(c.threshold, 1e-9))
    return [
        DriftRow(c, charts.meter(c.score, c.threshold, gettext("%s: score and threshold") % c.column)) for c in columns
    ]


def _tier_rows(version: Version | None) -> list[TierRow]:
    """What the tiers of a model that has tiers are worth: `precision@...` beside `recall@...` of each."""
    metrics = version.metrics if version else {}
    tiers = [name.removeprefix(PRECISION) for name in metrics if name.startswith(PRECISION)]
    return [TierRow(tier, metrics[PRECISION + tier], metrics[RECALL + tier]) for tier in tiers]
