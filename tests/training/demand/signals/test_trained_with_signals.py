"""A shop whose calendar tells how many visitors are expected: the trained model uses it, and says so."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from feature_repo import store
from models.demand import KIND
from models.kinds import Budget
from models.registry import Registry
from tests.support.shop import DAYS, FIRST_DAY, commit, frames, make_shop
from training.run import train

pytestmark = pytest.mark.long
AS_OF = FIRST_DAY + timedelta(days=205)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    workspace, tables = make_shop(tmp_path_factory.mktemp("visited") / "workspace"), frames()
    rng, days = np.random.default_rng(0), [FIRST_DAY + timedelta(days=place) for place in range(DAYS)]
    sold = tables["orders"].groupby(pd.to_datetime(tables["orders"]["ordered_at"]).dt.date)["quantity"].sum()
    visitors = sold.reindex(days, fill_value=0.0).to_numpy() * np.exp(rng.normal(0, 0.1, DAYS))
    told = {"visitors": visitors, "noise": rng.normal(size=DAYS)}
    rows = [(day, name, value) for name, values in told.items() for day, value in zip(days, values, strict=True)]
    calendar = pd.concat([tables["calendar"], pd.DataFrame(rows, columns=["date", "name", "value"])])
    before = train(workspace, KIND, AS_OF, Budget(1, 900))
    commit(workspace, {"calendar": calendar})
    return workspace, before, train(workspace, KIND, AS_OF, Budget(1, 900))


def test_forecasts_are_better_with_it(trained):
    _, before, after = trained
    for metric in ("WRMSSE", "WSPL"):
        assert after.version.metrics[metric].value < 0.95 * before.version.metrics[metric].value


def test_the_card_names_what_is_used_and_what_is_not(trained):
    workspace, _, after = trained
    card = (Registry(workspace).fetch(after.version) / "card.md").read_text()
    assert "visitors (lag 0; worth" in card
    assert "not used: noise (no gain)" in card


def test_the_model_alone_says_what_the_prediction_file_says(trained):
    workspace, _, after = trained
    model = KIND.load(Registry(workspace).fetch(after.version) / "model")
    assert model.calendar.signals.names == ("visitors",)
    inputs = store.matrix(workspace, KIND.service, AS_OF, key="series_id").assign(as_of=AS_OF)
    file = KIND.predict_file(workspace, model, AS_OF, "1").drop(columns="model_version")
    pd.testing.assert_frame_equal(KIND.answer(model, inputs[KIND.signature(model)["inputs"]]), file)
