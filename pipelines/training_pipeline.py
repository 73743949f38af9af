"""A training as a whole: tune and fit, log, measure fairness, store it with the version."""

from __future__ import annotations

from datetime import date
from functools import partial
from pathlib import Path

from core.alerts import Alerts
from core.errors import UsageError
from core.messages import Message
from core.progress import current
from core.workspace import Workspace, of_one_generation
from models import gates, release
from models.artifact_cache import EVALUATION
from models.fairness_result import FairnessResult
from models.kinds import Budget, kind
from models.registry import Registry
from models.version import Version
from monitoring.fairness.measurement import measure
from pipelines import training_once, ways_to_train
from training import run
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
    mitigate: str | None = None,
    unless_trained: bool = False,
) -> Trained:
    """Train a kind of model as of a date. The new version is the challenger; it is measured for fairness and judged.

    `trials` and `timeout` (seconds) default to the settings of the kind. `warm_start` is a saved model of another
    shop, or its workspace; `from_log` learns from the feature values that answers were made of; `mitigate` names the
    protected attribute whose groups the rows are weighed by (`pipelines.ways_to_train`). With `unless_trained` a
    version of the same date, data, seed and release is not made again (`pipelines.training_once`).

    Raises:
        UsageError: no such kind or attribute, an impossible budget, or a kind that can't be trained so.
        DataError: not enough history before `as_of`; it says which date is the earliest.
    """
    of_kind = kind(name)
    if unless_trained and (warm_start or from_log or mitigate):
        raise UsageError(
            "--unless-trained is for the usual training", todo="leave out --warm-start, --from-log and --mitigate"
        )
    budget = _budget(of_kind.budget(workspace.settings), trials, timeout)
    by = ways_to_train.chosen(workspace, of_kind, warm_start=warm_start, from_log=from_log, mitigate=mitigate)

    def make() -> Trained:
        trained = run.train(workspace, of_kind, as_of, budget, by=by)
        registry = Registry(workspace)
        judge_fairness(workspace, trained.version)
        current().step(f"judging {trained.version} at the gates")
        gates.judge_and_keep(workspace, trained.version, registry)
        return Trained(registry.version(name, trained.version.version), trained.seconds)

    if not unless_trained:
        return make()
    return training_once.train(workspace, name, as_of, make, partial(judge_fairness, workspace))


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
    Alerts(workspace).append("moderate", release.DISPARITY, version.subject, message, version.kind)
    current().note(str(message))
