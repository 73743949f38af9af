from dataclasses import replace
from datetime import timedelta

import numpy as np

from models.demand.labels import labels
from tests.models.demand.conftest import ORIGIN, make_histories


def test_labels_are_what_followed_and_nan_where_not_known():
    known = make_histories(periods=200)
    past = replace(known, origin=ORIGIN - timedelta(days=10), units=known.units[:, :-10])
    sold = labels(past, known, 28)
    np.testing.assert_array_equal(sold[:, :10], known.units[:, -10:])
    assert np.isnan(sold[:, 10:]).all()
