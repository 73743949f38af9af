"""The peers on a task whose truth is known: they find what there is to find, from the past alone."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from core.errors import NotReady
from models.churn.metrics import STATISTICS
from pipelines.bench.churn import contest, peers
from pipelines.bench.churn.churn_task import ChurnTask
from pipelines.bench.contests import naming

ORIGINS = ("2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01")
LONG = ("xgboost", "lightgbm", "catboost")


def task(rows: int = 300, seed: int = 1) -> tuple[ChurnTask, pd.Series]:
    """Two figures and a text that tell, one figure that doesn't, and a column that is missing for many."""
    rng = np.random.default_rng(seed)

    def customers(count: int) -> tuple[np.ndarray, np.ndarray]:
        figures = rng.normal(size=(count, 4))
        text = rng.integers(0, 3, count)
        logits = 1.5 * figures[:, 0] - figures[:, 1] + np.array([-0.5, 0.0, 1.0])[text]
        figures[rng.random(count) < 0.4, 3] = np.nan
        return np.column_stack([figures, text]), (rng.random(count) < 1 / (1 + np.exp(-logits))).astype(np.int64)

    known, churned = customers(rows * len(ORIGINS))
    population, truth = customers(400)
    ids = pd.Index([f"c{number}" for number in range(400)], name="customer_id")
    bought = pd.DataFrame({"x": rng.poisson(3, 400), "t_x": 40.0, "age": 60.0}, index=ids).astype(float)
    origins = np.repeat(np.array(ORIGINS, dtype="datetime64[D]"), rows)
    given = (known.astype(np.float32), churned, origins, ids, population.astype(np.float32), (4,), bought)
    return ChurnTask(date(2024, 5, 1), 28, 1, 1, *given), pd.Series(truth, index=ids)


def auc(name: str) -> float:
    given, truth = task()
    chances = peers.PEERS[name](given)
    assert chances.shape == (400,)
    assert (np.isfinite(chances) & (chances >= 0) & (chances <= 1)).all()
    return STATISTICS["roc_auc"](pd.DataFrame({"probability": chances, "churned": truth}))


def test_the_regression_finds_what_tells() -> None:
    assert auc("logistic") > 0.8


@pytest.mark.long
@pytest.mark.parametrize("name", LONG)
def test_the_trees_find_what_tells(name: str) -> None:
    assert auc(name) > 0.77


def test_what_knows_no_features_tells_nobody_apart_by_them() -> None:
    assert auc("base_rate") == 0.5
    assert 0.4 < auc("pareto_nbd") < 0.6


def test_a_fold_is_fitted_on_windows_that_are_over() -> None:
    given, _ = task(rows=60)
    folds = given.folds()
    assert [str(given.origins[fold.score][0]) for fold in folds] == list(ORIGINS[1:])
    for fold in folds:
        assert given.origins[fold.fit].max() <= given.origins[fold.score].min() - np.timedelta64(28, "D")


def test_without_a_fold_the_regression_takes_its_usual_penalty() -> None:
    given, _ = task(rows=20)
    assert given.folds() == []
    assert np.isfinite(peers.PEERS["logistic"](given)).all()


def test_a_peer_that_raises_is_left_out_and_so_is_the_mean_that_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(_: ChurnTask) -> np.ndarray:
        raise ValueError("one class only")

    given, truth = task(rows=60)
    monkeypatch.setattr(contest, "PEERS", {"logistic": breaks, "base_rate": peers.PEERS["base_rate"]})
    found = contest._of_peers("invented", given, ("logistic", "base_rate", "mean"), truth)
    assert list(found) == ["base_rate"]


def test_a_library_that_is_not_there_is_said_before_anything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(naming, "find_spec", lambda name: None)
    peers.require(["logistic", "xgboost"])
    with pytest.raises(NotReady, match="regulars\\[bench\\]"):
        peers.require(["mean"])
