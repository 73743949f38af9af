"""How often the reasons of a churn prediction turn round from one day to the next, for customers who did nothing.

    .venv/bin/python -m benchmarks.reason_stability WORKSPACE DATE [--model DIRECTORY]

WORKSPACE has tables (`regulars ingest`), a copy: snapshots are built in it. The model is the one saved in DIRECTORY,
else boosted trees fitted with settings that are usual here on what was known at DATE. Customers of DATE are explained
as of DATE and as of the day after: those who bought nothing on that day and those who did, apart. Prints

- main cause: the share whose cause that raises the odds most is another one;
- opposite: of the reasons told on both days, the share with the other sign;
- turned: the share of customers with any opposite reason among those told;
- kept: the share of the reasons of the first day whose kind is told on the second as well.
"""

from __future__ import annotations

import argparse
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from core.workspace import Workspace
from feature_repo import catalog
from models.churn import dataset
from models.churn.explanation import Explanation
from models.churn.inputs import Inputs
from models.churn.kind import KIND
from models.churn.scorer import Scorer
from training.churn.fitting import fit_boosters

REASONS = 5
ORIGINS = 6
LEAST = 0.02
"""Smaller effects on the log-odds are no reason that anybody would act upon."""
USUAL = {
    "eta": 0.03, "max_depth": 4, "min_child_weight": 30, "subsample": 0.6, "colsample_bytree": 0.25, "reg_lambda": 10,
}  # fmt: skip


def fitted(workspace: Workspace, as_of: date) -> Scorer:
    """Boosted trees on the latest labelled populations, without a search."""
    from models.churn.calibration import Calibration
    from models.churn.model import BoostedModel
    from models.churn.scorer import About, describe_population

    rows = dataset.labelled(workspace, dataset.known_origins(workspace, as_of)[-ORIGINS:], as_of)
    inputs = Inputs.of(dataset.features(), rows)
    boosters = fit_boosters(
        inputs.matrix(rows), rows["churned"].to_numpy(), USUAL, 300, seed=1, count=3, threads=workspace.settings.threads
    )
    ranks, rate = describe_population(inputs, lambda matrix: np.zeros(len(matrix)), rows)
    about = About(as_of, workspace.settings.churn.horizon_days, inputs, ranks, rate)
    return BoostedModel(about, boosters, Calibration())


def explained(scorer: Scorer, frame: pd.DataFrame) -> dict[str, Explanation]:
    return dict(zip(frame["customer_id"], scorer.explain(frame, REASONS), strict=True))


def main_cause(told: Explanation) -> str | None:
    raising = [cause for cause in told.causes if cause.effect > 0]
    return max(raising, key=lambda cause: cause.effect).cause if raising else None


def strong(told: Explanation) -> dict[tuple[str, str | None], float]:
    """The effects of the reasons told, by the family and the cause that each stands for."""
    families = catalog.family_of_feature()
    reasons = (reason for reason in told.reasons if abs(reason.effect) >= LEAST)
    return {(families[reason.feature], reason.cause): reason.effect for reason in reasons}


def compare(one: dict[str, Explanation], other: dict[str, Explanation], who: list[str]) -> str:
    causes = [main_cause(one[name]) != main_cause(other[name]) for name in who]
    opposite, turned, kept, both, told = 0, 0, 0, 0, 0
    for name in who:
        before, after = strong(one[name]), strong(other[name])
        shared = [kind for kind in before if kind in after]
        signs = sum(before[kind] * after[kind] < 0 for kind in shared)
        opposite, turned = opposite + signs, turned + (signs > 0)
        kept, both, told = kept + len(shared), both + len(shared), told + len(before)
    return (
        f"{len(who)} customers: main cause another {np.mean(causes):.1%}, opposite {opposite / max(both, 1):.1%}, "
        f"turned {turned / max(len(who), 1):.1%}, kept {kept / max(told, 1):.1%}"
    )


def shares(told: dict[str, Explanation]) -> str:
    causes = pd.Series([main_cause(each) or "none" for each in told.values()]).value_counts(normalize=True)
    first = pd.Series([each.reasons[0].feature for each in told.values()]).value_counts(normalize=True)
    any_reason = pd.Series([reason.feature for each in told.values() for reason in each.reasons]).nunique()
    main = ", ".join(f"{name} {share:.0%}" for name, share in causes.items())
    return f"main causes: {main}; {len(first)} features come first, {any_reason} are told at all"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("date", type=date.fromisoformat)
    parser.add_argument("--model", type=Path)
    asked = parser.parse_args()
    workspace = Workspace.open(asked.workspace)
    scorer = KIND.load(asked.model) if asked.model else fitted(workspace, asked.date)
    today = dataset.unlabelled(workspace, asked.date)
    rows = today[["customer_id"]].assign(as_of=asked.date + timedelta(days=1))
    tomorrow = dataset.with_features(workspace, rows)
    one, other = explained(scorer, today), explained(scorer, tomorrow)
    bought = set(tomorrow.loc[tomorrow["days_since_last_visit"] == 1, "customer_id"])
    print(shares(one))
    print("nothing bought:", compare(one, other, [name for name in one if name not in bought]))
    print("bought:", compare(one, other, [name for name in one if name in bought]))


if __name__ == "__main__":
    main()
