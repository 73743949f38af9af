from dataclasses import replace
from datetime import timedelta

import numpy as np

from models.demand.plans import Calendar
from tests.models.demand.conftest import ORIGIN, make_histories
from training.demand.examples import build


def test_examples_hold_only_labels_before_the_end():
    known = make_histories(periods=200)
    past = replace(known, origin=ORIGIN - timedelta(days=10), units=known.units[:, :-10])
    examples = build({past.origin: past}, [past.origin, ORIGIN], known, Calendar(), 28)
    assert len(examples) == 10 * len(known.ids)
    np.testing.assert_allclose((examples.ratio * examples.level).reshape(-1, 10), known.units[:, -10:])
