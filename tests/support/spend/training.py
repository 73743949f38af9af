"""How a spend model is trained: the share is tuned on the window before the evaluation."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from core.workspace import Workspace
from models.kinds import Budget
from tests.support.spend.models import FEATURE, HORIZON_DAYS, KIND, SpendModel
from training import splits, study
from training.holdout_evaluation import evaluate
from training.kinds import Trainer
from training.outcome import FeatureNote, Outcome


def fit(workspace: Workspace, as_of: date, directory: Path, budget: Budget) -> Outcome:
    """Three windows: one to tune on, one to evaluate on, and the days that the served model is for."""
    horizon = timedelta(days=HORIZON_DAYS)
    splits.require_history(workspace.tables.first_day(), as_of, 84 + 2 * HORIZON_DAYS, "train spend")
    evaluated_from, tuned_on = as_of - horizon, as_of - 2 * horizon

    def objective(trial) -> float:
        model = SpendModel(tuned_on, trial.suggest_float("share", 0.0, 1.0), 0.0)
        return KIND.statistics["mae"](KIND.evaluate(workspace, model, tuned_on))

    tuned = study.run(
        workspace, f"spend-{as_of}", objective, budget, depends_on={"data": workspace.tables.digest(evaluated_from)}
    )
    share = tuned.best.params["share"]
    models = {"evaluation": SpendModel(evaluated_from, share, 0.0), "model": SpendModel(as_of, share, 0.0)}
    simple = KIND.baselines(workspace, evaluated_from)
    own = KIND.evaluate(workspace, models["evaluation"], evaluated_from)
    others = {name: KIND.evaluate(workspace, each, evaluated_from) for name, each in simple.items()}
    judged = evaluate(KIND, own, others, workspace.settings.seed)
    models["baseline"] = KIND.baselines(workspace, as_of)[judged.best_baseline]
    for name, model in models.items():
        model.save(directory / name)
    return Outcome(
        evaluated_from=evaluated_from,
        parameters={"share": share},
        study=tuned.note(),
        evaluation=judged,
        features=(FeatureNote(FEATURE, "revenue of the last 84 days", "money"),),
        rows=len(own),
        units=len(own),
    )


TRAINER: Trainer = fit
