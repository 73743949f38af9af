"""What more rows bring to the booster of spend: its loss on the last window before the evaluation."""

from __future__ import annotations

from models.churn.inputs import Inputs
from models.value.baselines import values_of
from models.value.evaluation import deviance
from models.value.kind import KIND
from models.value.labels import SHORTEST
from models.value.recipe import Recipe
from training import learning_curve
from training.learning_curve import FEWEST, SHARES, LearningCurve
from training.value.backtests import Past
from training.value.fitting import MOST_ROWS, boost
from training.value.tuning import TARGET


def measure(past: Past, inputs: Inputs, recipe: Recipe) -> LearningCurve:
    """Four points, each with four times the rows of the one before; the formula has all rows each time."""
    origins = past.origins(SHORTEST)
    rows = len(past.known_by(origins[-1]).with_known(SHORTEST)) if origins else 0

    def loss_of(count: int) -> float:
        before, later = past.known_by(origins[-1]), past.examples.at(origins[-1])
        formula, _ = before.formula.expected(values_of(later), SHORTEST)
        correction = boost(before, inputs, TARGET, SHORTEST, recipe, most=count)
        said = formula if correction is None else correction.boosted(inputs.matrix(later), formula)
        return float(deviance(said, later[f"{TARGET}_{SHORTEST}d"].to_numpy(dtype=float)).mean())

    most = min(rows, MOST_ROWS)
    shares = [share for share in SHARES if most * share >= FEWEST]
    points = [(round(most * share), loss_of(round(most * share))) for share in ([*shares, 1] if shares else [])]
    return learning_curve.told(points, loss=KIND.primary, on="the last window before the evaluation")
