"""A look's figures on the run of the version looked at, so that MLflow's pages draw them by date."""

from __future__ import annotations

from core.workspace import Workspace
from models import run_notes
from models.registry import Registry
from monitoring.results import ModelReport, MonitorReport


def note(workspace: Workspace, report: MonitorReport) -> None:
    """Keep the figures of each model on its version's run; a registry that does not answer stops nothing."""
    registry = Registry(workspace)
    for model in report.models:
        version = registry.find(model.kind, model.version) if model.version else None
        if version is not None:
            run_notes.look(registry, version, report.as_of, figures(model))


def figures(model: ModelReport) -> dict[str, float]:
    """Performance beside its floor, drift, fairness, checks and what was served, by name."""
    found: dict[str, float] = {"checks_failed": float(sum(not check.passed for check in model.quality))}
    if model.performance:
        name = model.performance.metric
        found |= {name: model.performance.value, f"{name}.low": model.performance.low}
        found |= {f"{name}.high": model.performance.high}
        found |= {each.name: each.value for each in model.performance.calibration}
        if model.performance.rival:
            found |= {"versus_floor": model.performance.rival.difference}
    if model.drift:
        found |= {"drift_share": model.drift.share, "columns_moved": float(len(model.drift.drifted))}
    if model.fairness:
        found["groups_flagged"] = float(len(model.fairness.flagged))
    if model.served:
        found |= {f"served.{each.name}": each.value for each in model.served.figures}
    return found
