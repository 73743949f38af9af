"""A training as a whole: tune and fit, log, measure fairness, store it with the version."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from core.alerts import Alerts
from core.errors import UsageError
from core.messages import Message
from core.progress import current
from core.workspace import SETTINGS_FILE, Workspace, of_one_generation
from models import artifact, gates
from models.artifact_cache import EVALUATION, MODEL
from models.fairness_result import FairnessResult
from models.kinds import Budget, kind
from models.registry import Registry
from models.version import Version
from monitoring.fairness.measurement import measure
from training import run
from training.kinds import require_startable
from training.outcome import Trained


@of_one_generation
def train(
    workspace: Workspace,
    name: str,
    as_of: date,
    trials: int | None = None,
    timeout: float | None = None,
    *,
    warm_start: Path | None = None,
    from_log: bool = False,
) -> Trained:
    """Train a kind of model as of a date. The new version is the challenger; it is measured for fairness and judged.

    `trials` and `timeout` (seconds) default to the settings of the kind. `warm_start` is a saved model of another
    shop, or its workspace; `from_log` learns from the feature values that answers were made of.

    Raises:
        UsageError: no such kind, an impossible budget, or a kind that can't be trained so.
        DataError: not enough history before `as_of`; it says which date is the earliest.
    """
    of_kind = kind(name)
    budget = _budget(of_kind.budget(workspace.settings), trials, timeout)
    if from_log and warm_start is not None:
        raise UsageError("--from-log and --warm-start exclude each other", todo="give one of them")
    mature = None if warm_start is None else mature_model(workspace, of_kind.name, warm_start)
    trained = run.train(workspace, of_kind, as_of, budget, mature=mature, from_log=from_log)
    registry = Registry(workspace)
    judge_fairness(workspace, trained.version)
    current().step(f"judging {trained.version} at the gates")
    gates.judge_and_keep(workspace, trained.version, registry)
    return Trained(registry.version(name, trained.version.version), trained.seconds)


def mature_model(workspace: Workspace, name: str, named: Path) -> Path:
    """The folder of the saved model that a training is to start from: named itself, or by the workspace it serves in.

    Raises:
        UsageError: neither is there, it is of this workspace, or models of the kind can't be started so.
        NotReady: nothing is champion there.
    """
    require_startable(name)
    here = workspace.root.resolve()
    if here == named.resolve() or here in named.resolve().parents:
        raise UsageError("a shop can't start from itself", todo="name another shop's workspace")
    if (named / artifact.MANIFEST).exists():
        return named
    if not (named / SETTINGS_FILE).exists():
        raise UsageError(f"{named} is neither a saved model nor a workspace", todo="name another shop's workspace")
    registry = Registry(Workspace.open(named))
    return registry.fetch(registry.version(name, "champion")) / MODEL


def judge_fairness(workspace: Workspace, version: Version) -> FairnessResult:
    """Measure the fairness of a version on the window its evaluation model has not seen, and store it with it."""
    current().step(f"measuring the fairness of {version}")
    of_kind, registry = kind(version.kind), Registry(workspace)
    model = of_kind.load(registry.fetch(version) / EVALUATION)
    result = measure(workspace, of_kind, model, version.evaluated_from)
    registry.store_fairness(version, result)
    if result.state == "blocked":
        _ask_for_review(workspace, version, result)
    return result


def _budget(usual: Budget, trials: int | None, timeout: float | None) -> Budget:
    """The kind's own, where nothing else is given."""
    for option, value in (("--trials", trials), ("--timeout", timeout)):
        if value is not None and value < 1:
            raise UsageError(f"{option} {value:g} is not possible", todo="give at least 1")
    return Budget(usual.trials if trials is None else trials, usual.timeout_s if timeout is None else timeout)


def _ask_for_review(workspace: Workspace, version: Version, result: FairnessResult) -> None:
    disparity = [figure.sentence() for figure in result.flagged]
    values = {"model": version.kind, "version": version.version, "disparity": disparity}
    message = Message("alert.fairness_blocked", values)
    Alerts(workspace).append("moderate", "fairness", version.subject, message, version.kind)
    current().note(str(message))
