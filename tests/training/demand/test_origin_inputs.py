from dataclasses import fields, replace
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest

from feature_repo.families.series_promotions import DAYS_BEHIND
from models.demand.plans import Calendar, Day
from models.demand.series import Histories
from tests.models.demand.conftest import ORIGIN, make_histories
from training.demand.examples import build
from training.demand.folds import MOST_READ, STEP_DAYS, _step, _thinned, training_origins
from training.demand.origin_inputs import OriginInputs

SERIES, STEPS = 400, 28


@pytest.fixture(scope="module")
def at():
    known = make_histories(series=SERIES, periods=300)
    return {ORIGIN - timedelta(days=back): earlier(known, back) for back in (0, 28, 34, 40, 46)}


def earlier(known: Histories, back: int) -> Histories:
    units = known.units[:, : known.periods - back]
    return replace(known, origin=ORIGIN - timedelta(days=back), units=units)


def seen(at, most=None, days=Calendar()):  # noqa: B008
    return OriginInputs(at, days, STEPS, most)


def test_where_nothing_has_to_be_drawn_all_examples_are_used(at):
    enough = SERIES * STEPS * len(at)
    every, drawn = (build(seen(at, most), sorted(at), at[ORIGIN]) for most in (None, enough))
    assert len(every) == SERIES * STEPS * 4
    for each in fields(every):
        np.testing.assert_array_equal(getattr(every, each.name), getattr(drawn, each.name))


def test_every_origin_shows_a_share_of_its_series_and_not_the_same(at):
    some = seen(at, SERIES * STEPS * len(at) // 5)
    drawn = {origin: some.of(origin, ()).histories.ids for origin in at}
    assert all(70 < len(ids) < 130 for ids in drawn.values())
    assert len(set(drawn.values())) == len(at)
    again = seen(at, SERIES * STEPS * len(at) // 5)
    assert drawn == {origin: again.of(origin, ()).histories.ids for origin in at}


def test_what_is_drawn_is_what_all_would_show(at):
    every, some = seen(at), seen(at, SERIES * STEPS * len(at) // 5)
    for origin, known in at.items():
        whole, part = every.of(origin, ()), some.of(origin, ())
        rows = [known.ids.index(series) for series in part.histories.ids]
        matrix = whole.inputs.matrix.reshape(SERIES, -1)[rows]
        np.testing.assert_array_equal(part.inputs.matrix.reshape(len(rows), -1), matrix)
        np.testing.assert_array_equal(part.share, whole.share[rows])
        np.testing.assert_array_equal(part.squared_scale, whole.squared_scale[rows])


def test_folds_share_what_an_origin_shows_unless_they_know_other_holidays(at):
    origin = ORIGIN - timedelta(days=46)
    holiday = ORIGIN - timedelta(days=60)
    shared = seen(at, days=Calendar((Day(holiday, False),)))
    assert shared.of(origin, ()) is shared.of(origin, (ORIGIN + timedelta(days=90),))
    assert shared.of(origin, ()) is not shared.of(origin, (holiday,))


@pytest.mark.parametrize("series", [10, 250, 2_000, 10_000, 50_000])
def test_origins_lie_further_apart_only_with_thousands_of_series_and_never_whole_weeks(series):
    days = 660
    step = _step(series, days, 1)
    assert step % 7
    assert step == STEP_DAYS or series * days // (step - STEP_DAYS) > MOST_READ / 1.2
    assert series * days // step <= MOST_READ or step > days // 4 - 2 * STEP_DAYS


@pytest.mark.parametrize("step", [6, 18, 60, 90])
def test_origins_without_labels_are_as_many_as_tell_past_promotions(step):
    first, told_from = ORIGIN - timedelta(days=730), ORIGIN - timedelta(days=400)
    every = training_origins(first, ORIGIN, step, 70)
    kept = sorted(_thinned(every, told_from, step))
    assert [day for day in kept if day >= told_from] == [day for day in every if day >= told_from]
    assert max((after - day).days for day, after in pairwise(kept)) <= max(DAYS_BEHIND, step)
    assert (kept[0] - every[0]).days < max(DAYS_BEHIND, step)
