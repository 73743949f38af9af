from dataclasses import replace
from datetime import timedelta

import numpy as np

from models.demand.plans import Calendar
from tests.models.demand.conftest import ORIGIN, make_histories
from training.demand.examples import HALF_LIFE_DAYS, Examples, build
from training.demand.origin_inputs import OriginInputs


def test_examples_hold_only_labels_before_the_end():
    known = make_histories(periods=200)
    past = replace(known, origin=ORIGIN - timedelta(days=10), units=known.units[:, :-10])
    examples = build(OriginInputs({past.origin: past}, Calendar(), 28), [past.origin, ORIGIN], known)
    assert len(examples) == 10 * len(known.ids)
    np.testing.assert_allclose((examples.ratio * examples.level).reshape(-1, 10), known.units[:, -10:])


def test_fewer_examples_are_whole_stretches_drawn_from_everywhere():
    rows = 28 * 1000
    examples = Examples(np.zeros((rows, 1), np.float32), *(np.arange(rows, dtype=float) for _ in range(5)))
    fewer = examples.at_most(rows // 4)
    stretches = fewer.ratio.reshape(-1, 28)
    assert (np.diff(stretches, axis=1) == 1).all()
    assert 0.2 < len(fewer) / rows < 0.3
    assert 0.4 < (stretches[:, 0] < rows / 2).mean() < 0.6
    assert examples.at_most(rows) is examples


def test_an_origin_loses_half_of_its_weight_in_the_half_life():
    known = make_histories(periods=300)
    pasts = [
        replace(known, origin=ORIGIN - timedelta(days=back), units=known.units[:, :-back])
        for back in (30, 30 + int(HALF_LIFE_DAYS))
    ]
    newer, older = (build(OriginInputs({past.origin: past}, Calendar(), 28), [past.origin], known) for past in pasts)
    np.testing.assert_allclose(older.importance / newer.importance, 0.25)
