"""How much of a forecast another shop's model says: all at first, less as the shop's own history grows."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core.errors import UsageError
from core.settings import Demand
from core.workspace import Workspace
from models.demand import KIND
from models.demand.adjustments import Word
from models.demand.inputs import columns
from models.demand.model import DemandModel
from models.demand.plans import Plans
from models.kinds import Budget
from pipelines.ways_to_train import mature_model
from tests.models.demand.conftest import make_histories
from tests.support.shop import FIRST_DAY, commit, empty_workspace, frames, unbuilt_copy
from training.demand import warm_start
from training.demand.warm_start import MatureShop, TwoWords, mature_share, require_fitting
from training.kinds import trainer, warm_trainer

AS_OF = FIRST_DAY + timedelta(days=200)
NAMES = tuple(column.name for column in columns())


def window(own: float | None, mature: float) -> TwoWords:
    """What sold is the level; each of the two is off by a factor."""
    known = make_histories(4)
    sold = np.repeat(known.units[:, -28:].mean(1, keepdims=True), 28, axis=1)
    spread = np.array([0.5, 0.8, 1.0, 1.2, 1.6])

    def said(factor: float) -> Word:
        return Word.of(known, Plans(), sold * factor, sold[:, :, None] * spread * factor, np.ones(28))

    return TwoWords(None if own is None else said(own), said(mature), sold)


def test_without_a_window_of_its_own_the_mature_model_says_all() -> None:
    assert mature_share([], 5.0) == 1.0
    assert mature_share([window(None, 1.3)], 5.0) == 1.0


def test_the_better_one_prevails_the_more_the_longer_the_history() -> None:
    ours_is_better = [window(1.0, 1.5)]
    shares = [mature_share(ours_is_better, learnt) for learnt in (1.0, 4.0, 12.0)]
    assert shares[0] > shares[1] > shares[2] > 0
    assert shares[2] < 0.2
    assert mature_share([window(1.5, 1.0)], 12.0) == 1.0


def test_a_past_window_is_told_by_the_model_that_did_not_know_it() -> None:
    served, evaluated = (SimpleNamespace(trained_as_of=date(2024, month, 1)) for month in (6, 5))
    shop = MatureShop(served, evaluated)  # type: ignore[arg-type]
    assert shop.at(date(2024, 6, 1)) is served
    assert shop.at(date(2024, 5, 7)) is evaluated
    assert shop.at(date(2024, 4, 1)) is evaluated
    assert MatureShop(served).at(date(2024, 4, 1)) is served  # type: ignore[arg-type]


def test_a_window_is_mixed_as_the_model_is() -> None:
    both = window(1.0, 2.0).at(0.25)
    np.testing.assert_allclose(both.word.mean, both.sold * 1.25)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"freq": "W"}, "forecasts W"),
        ({"horizon": 14}, "14 periods"),
        ({"names": ("weekday",)}, "other inputs"),
        ({"trained_as_of": date(2024, 6, 2)}, "after 2024-06-01"),
    ],
)
def test_a_model_that_can_say_nothing_of_the_shop_is_refused(changed: dict[str, Any], said: str) -> None:
    model = {"freq": "D", "horizon": 28, "names": NAMES, "trained_as_of": date(2024, 6, 1)} | changed
    with pytest.raises(UsageError, match=said):
        require_fitting(SimpleNamespace(**model), Demand(), date(2024, 6, 1))  # type: ignore[arg-type]


def test_only_demand_starts_from_another_shop(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="only demand can"):
        warm_trainer(SimpleNamespace(name="churn"), tmp_path)  # type: ignore[arg-type]


def test_what_is_neither_a_model_nor_another_workspace_is_refused(tmp_path: Path) -> None:
    shop = empty_workspace(tmp_path / "shop")
    with pytest.raises(UsageError, match="neither a saved model nor a workspace"):
        mature_model(shop, "demand", tmp_path)
    with pytest.raises(UsageError, match="from itself"):
        mature_model(shop, "demand", shop.root)
    with pytest.raises(UsageError, match="from itself"):
        mature_model(shop, "demand", shop.root / "models" / "demand" / "1" / "model")
    with pytest.raises(UsageError, match="only demand can"):
        mature_model(shop, "churn", tmp_path)


@pytest.fixture(scope="module")
def mature(_shop_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mature")
    trainer(KIND)(unbuilt_copy(_shop_template, folder / "shop"), AS_OF, folder / "saved", Budget(1, 900))
    return folder / "saved" / "model"


@pytest.mark.long
def test_eight_weeks_are_enough_with_a_mature_model(mature: Path, tmp_path: Path) -> None:
    tables = frames()
    young = tables["orders"][tables["orders"]["ordered_at"] >= str(AS_OF - timedelta(days=56))]
    shop = empty_workspace(tmp_path / "young", demand={"min_days": 10})
    commit(shop, tables | {"orders": young})
    found = warm_trainer(KIND, mature)(shop, AS_OF, tmp_path / "warm", Budget(1, 900))
    model = KIND.load(tmp_path / "warm" / "model")
    assert KIND.golden(model) == []
    assert model.trained_as_of == AS_OF
    assert "makes up 100%" in found.notes[-1], "and nothing is said of hindsight"
    assert not KIND.predict_file(shop, model, AS_OF, "1").isna().any().any()
    with pytest.raises(UsageError, match="is a baseline"):
        warm_trainer(KIND, mature.parent / "baseline")


@pytest.mark.long
def test_a_longer_history_speaks_beside_the_mature_model(
    mature: Path, small_shop_readonly: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warm_start, "mature_share", lambda *_: 0.4)
    warm_trainer(KIND, mature)(small_shop_readonly, AS_OF, tmp_path / "warm", Budget(1, 900))
    model = KIND.load(tmp_path / "warm" / "model")
    assert KIND.golden(model) == []
    assert isinstance(model, DemandModel)
    assert model.mature is not None
    assert model.mature.share == 0.4
    assert model.mature.model.recipe == model.recipe
