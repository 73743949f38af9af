"""What a training looks at, when: nothing is fitted, chosen or judged on a window that another step has learnt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from core.workspace import Workspace
from models.kinds import Budget
from models.recommendation import evaluation
from tests.support.trained import AS_OF as D
from training.recommendation import run, tuning

H = timedelta(days=28)


@dataclass
class Looked:
    """The origins each step of a training took its labels from."""

    tuned_on: list[date] = field(default_factory=list)
    chosen_on: list[date] = field(default_factory=list)
    judged_on: list[date] = field(default_factory=list)
    fitted_on: dict[date, list[date]] = field(default_factory=dict)


@pytest.fixture
def looked(small_shop: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Looked:
    found = Looked()
    tune, account, fit, training = tuning.tune, evaluation.account, run._fit_recommender, run.TrainingOrigins.training
    now: list[date] = []

    def tuned(*args: Any, depends_on: Any, **others: Any) -> Any:
        found.tuned_on = [date.fromisoformat(day) for day in depends_on["train"]]
        found.chosen_on = [date.fromisoformat(depends_on["validate"])]
        return tune(*args, depends_on=depends_on, **others)

    def accounted(workspace: Any, model: Any, dataset: Any, relevant: Any) -> Any:
        assert model.trained_as_of <= dataset.as_of
        found.judged_on.append(dataset.as_of)
        return account(workspace, model, dataset, relevant)

    def fitted(origins: Any, labels_until: date, recipes: Any, **others: Any) -> Any:
        now[:] = [labels_until]
        return fit(origins, labels_until, recipes, **others)

    def of_days(self: Any, days: Sequence[date]) -> Any:
        for labels_until in now:
            found.fitted_on[labels_until] = list(days)
        return training(self, list(days))

    monkeypatch.setattr(tuning, "tune", tuned)
    monkeypatch.setattr(evaluation, "account", accounted)
    monkeypatch.setattr(run, "_fit_recommender", fitted)
    monkeypatch.setattr(run.TrainingOrigins, "training", of_days)
    run.fit(small_shop, D, tmp_path, Budget(1, 900))
    return found


def test_no_window_is_learnt_and_judged(looked: Looked) -> None:
    assert set(looked.judged_on) == {D - H}
    assert looked.chosen_on == [D - 2 * H]
    assert set(looked.fitted_on) == {D - H, D}
    for origins, until in ((looked.tuned_on, D - 2 * H), *((days, until) for until, days in looked.fitted_on.items())):
        windows = [(day, day + H) for day in origins]
        assert windows
        assert windows[-1][1] == until
        assert all(earlier[1] <= later[0] for earlier, later in pairwise(windows))
