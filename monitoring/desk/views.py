"""What each page shows, as plain values for its template."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from markupsafe import Markup

from core.alerts import Alert, Alerts
from core.audit import AuditLog
from core.errors import RegularsError
from core.workspace import Workspace
from models import comparison, gates, kinds
from models.gates import evidence
from models.intervals import Interval
from models.registry import Registry
from models.version import CHALLENGER, CHAMPION, Version
from monitoring.desk import charts, forecasts, lights
from monitoring.desk.charts import Point
from monitoring.outcome import ReportLink
from monitoring.summary import Document, Summaries, model_entry

Page = dict[str, Any]
PRECISION, RECALL = "precision@", "recall@"


def overview(workspace: Workspace) -> Page:
    """Every model's light, the business figures, the rules and the open alerts."""
    history = Summaries(workspace).history()
    latest = history[-1] if history else None
    rules, alerts = forecasts.rules_now(workspace, latest), Alerts(workspace).open()
    registry = Registry(workspace)
    cards = [_card(registry, kind, latest, rules, alerts) for kind in kinds.names()]
    return {
        "latest": latest,
        "cards": cards,
        "headline": _headline(cards, rules, alerts),
        "tiles": [_tile(figure, history) for figure in latest["business"]] if latest else [],
        "rules": [{"signal": lights.of_rule(rule), **rule} for rule in rules],
        "alerts": alerts,
        "checks": latest["quality"] if latest else [],
        "report": latest["report"] if latest else None,
    }


def model(workspace: Workspace, kind: str) -> Page:
    """One model: its trends, its fairness by group, its drift, its versions."""
    history = Summaries(workspace).history()
    latest = history[-1] if history else None
    versions = Registry(workspace).versions(kind)
    entry, unwatched = _watched(kind, latest, versions)
    rules = lights.about(kind, forecasts.rules_now(workspace, latest)) if not unwatched else []
    return {
        "kind": kind,
        "unwatched": unwatched,
        "flagged": forecasts.flagged(workspace, latest) if kind == "demand" and not unwatched else None,
        "most_shown": forecasts.MOST_SHOWN,
        "entry": entry,
        "latest": latest,
        "signal": lights.of_model(kind, versions, rules, Alerts(workspace).open(), unwatched),
        "champion": lights.carrier(versions, CHAMPION),
        "challenger": lights.carrier(versions, CHALLENGER),
        "versions": versions,
        "rules": [{"signal": lights.of_rule(rule), **rule} for rule in rules],
        "tiers": _tier_rows(lights.carrier(versions, CHAMPION) or lights.carrier(versions, CHALLENGER)),
        "trends": _trends(kind, history, workspace.settings.rules.drift_share),
        "served": entry.get("served") if entry else None,  # a run of an earlier release has none
        "fairness": fairness_sections(workspace, entry["fairness"]) if entry and entry["fairness"] else [],
        "drift": _drift_rows(entry["drift"]) if entry and entry["drift"] else [],
    }


def fairness_sections(workspace: Workspace, result: Mapping[str, Any]) -> list[Page]:
    """One section per attribute, those with a flagged group first; in each, one plot and table per metric."""
    rules = workspace.settings.rules
    sections: dict[str, dict[str, list[Mapping[str, Any]]]] = {}
    for figure in result["figures"]:
        sections.setdefault(figure["attribute"], {}).setdefault(figure["metric"], []).append(figure)
    found = [
        {
            "attribute": attribute,
            "flagged": sum(f["verdict"] == "flagged" for group in metrics.values() for f in group),
            "metrics": [
                {
                    "name": name,
                    "figures": figures,
                    "plot": charts.forest(figures, rules.fairness_low, rules.fairness_high),
                }
                for name, figures in metrics.items()
            ],
        }
        for attribute, metrics in sections.items()
    ]
    return sorted(found, key=lambda section: (-int(str(section["flagged"])), str(section["attribute"])))


def version(workspace: Workspace, kind: str, name: str) -> Page:
    """One version: what its gates last said, metrics, fairness, card and history, and what a decision rests on."""
    registry = Registry(workspace)
    found = registry.version(kind, name)
    result = registry.fairness(found)
    return {
        "kind": kind,
        "version": found,
        "gates": found.gates or gates.judge_and_keep(workspace, found, registry),
        "metrics": _metric_rows(found),
        "fairness": fairness_sections(workspace, json.loads(result.to_json())) if result else [],
        "evidence": evidence(result),
        "card": _card_text(registry, found),
        "entries": AuditLog(workspace).entries(found.subject),
    }


def compare(workspace: Workspace, kind: str, a: str, b: str) -> Page:
    """Two versions on every statistic, the primary one first."""
    found = comparison.compare(workspace, kinds.kind(kind), a, b)
    rows = [
        {
            "name": row.statistic,
            "primary": row.statistic == found.primary,
            "a": row.a,
            "b": row.b,
            "difference": row.difference,
            "plot": _difference(row.difference, row.certain),
        }
        for row in sorted(found.rows, key=lambda row: row.statistic != found.primary)
    ]
    return {"kind": kind, "found": found, "rows": rows}


def audit(workspace: Workspace, last: int = 200) -> Page:
    """The latest entries, the newest first, and whether the chain holds."""
    log = AuditLog(workspace)
    chain = log.verify()
    signal = lights.Signal("green", "Intact", "") if chain.intact else lights.Signal("red", "Broken", chain.reason)
    return {"entries": log.entries(last=last)[::-1], "chain": chain, "signal": signal, "shown": last}


def report(workspace: Workspace, project: str, run: str) -> str:
    """A full report as Evidently draws it.

    Raises:
        NotReady: there is no such report.
    """
    from monitoring import reports

    return reports.html(workspace, ReportLink(project, run))


def _watched(kind: str, latest: Document | None, versions: Sequence[Version]) -> tuple[Document | None, str]:
    """What the latest run found of the version that stands here now; else None, and that it was another one."""
    entry = model_entry(latest, kind) if latest else None
    now = lights.carrier(versions, CHAMPION) or lights.carrier(versions, CHALLENGER)
    if entry is None or now is None or entry["version"] in {None, now.version}:
        return entry, ""
    return None, f"version {now.version} has not been monitored yet (the last run: version {entry['version']})"


def _card(
    registry: Registry,
    kind: str,
    latest: Document | None,
    rules: Sequence[Mapping[str, Any]],
    alerts: Sequence[Alert],
) -> Page:
    try:
        versions, trouble = registry.versions(kind), ""
    except RegularsError as error:
        versions, trouble = [], str(error)
    entry, unwatched = _watched(kind, latest, versions)
    signal = lights.of_model(kind, versions, lights.about(kind, rules), alerts, unwatched)
    champion, challenger = (lights.carrier(versions, alias) for alias in (CHAMPION, CHALLENGER))
    return {
        "kind": kind,
        "signal": lights.Signal("red", "Registry down", trouble) if trouble else signal,
        "champion": champion,
        "challenger": challenger,
        "gates": subject.gates if (subject := challenger or champion) else (),
        "entry": entry,
        "unwatched": unwatched,
    }


def _headline(cards: Sequence[Page], rules: Sequence[Mapping[str, Any]], open_alerts: Sequence[Alert]) -> str:
    serving = sum(card["champion"] is not None for card in cards)
    alerts = sum(rule["status"] == "alert" for rule in rules) + len(lights.of_others(open_alerts))
    flags = sum(map(lights.flags, rules))
    have = "has" if serving == 1 else "have"
    said = [_counted(alerts, "alert"), *([_counted(flags, "flag")] if flags else [])]
    return f"{serving} of {len(cards)} models {have} a champion; {', '.join(said)}"


def _counted(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"


def _tile(figure: Mapping[str, Any], history: Sequence[Document]) -> Page:
    past = [next((f["value"] for f in run["business"] if f["name"] == figure["name"]), None) for run in history]
    value = f"{figure['value']:.1%}" if figure["name"] == "repeat rate" else f"{figure['value']:,.0f}"
    return {**figure, "shown": value, "spark": charts.spark(past, f"{figure['name']} over the runs")}


def _trends(kind: str, history: Sequence[Document], drift_share: float) -> list[Page]:
    entries = [(run["as_of"], entry) for run in history if (entry := model_entry(run, kind)) is not None]
    quality = [(day, entry["performance"]) for day, entry in entries if entry["performance"]]
    drift = [Point(day, entry["drift"]["share"]) for day, entry in entries if entry["drift"]]
    trends = []
    if quality:
        latest = quality[-1][1]
        points = [Point(day, each["value"], each["low"], each["high"]) for day, each in quality]
        plot = charts.trend(points, f"{latest['metric']} over the runs", latest["floor"], "floor")
        trends.append({"title": latest["metric"], "plot": plot, "note": _floor_note(latest)})
    if drift:
        plot = charts.trend(drift, "share of columns that moved", drift_share, "alert")
        trends.append({"title": "share of drifted columns", "plot": plot, "note": f"alert above {drift_share:.0%}"})
    return trends


def _floor_note(performance: Mapping[str, Any]) -> str:
    if performance["floor"] is None:
        return "no floor was kept at training"
    return f"floor {performance['floor']:.4f}: {performance['floor_name']}, the best baseline at training"


def _drift_rows(drift: Mapping[str, Any]) -> list[Page]:
    rows = sorted(drift["columns"], key=lambda c: -c["score"] / max(c["threshold"], 1e-9))
    return [
        {**row, "meter": charts.meter(row["score"], row["threshold"], f"{row['column']}: score and threshold")}
        for row in rows
    ]


def _metric_rows(version: Version) -> list[Page]:
    """Each metric of a version beside its best baseline, the primary metric first."""
    baseline = version.baselines.get(version.best_baseline, {})
    names = sorted(version.metrics, key=lambda name: (name != version.primary, name))
    return [
        {
            "name": name,
            "value": version.metrics[name],
            "baseline": baseline.get(name),
            "primary": name == version.primary,
        }
        for name in names
    ]


def _tier_rows(version: Version | None) -> list[Page]:
    """What the tiers of a model that has tiers are worth: `precision@...` beside `recall@...` of each."""
    metrics = version.metrics if version else {}
    tiers = [name.removeprefix(PRECISION) for name in metrics if name.startswith(PRECISION)]
    return [{"name": tier, "precision": metrics[PRECISION + tier], "recall": metrics[RECALL + tier]} for tier in tiers]


def _card_text(registry: Registry, version: Version) -> str:
    try:
        return registry.read_text(version, "card.md")
    except RegularsError:
        return ""


def _difference(interval: Interval, certain: bool) -> Markup:
    values = (interval.value, interval.low, interval.high)
    return (
        charts.difference(*values, "certain" if certain else "unjudged") if all(map(isfinite, values)) else Markup("")
    )
