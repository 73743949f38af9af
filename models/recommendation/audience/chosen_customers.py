"""The audience of a product: of those who may be contacted the ones with the best scores, and why others are not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.arrays import Float32Array
from models.contacts.contact_caps import LEFT_OUT


@dataclass(frozen=True)
class ChosenCustomers:
    """The customers, the best first, with their scores; how many there were, and how many are left out, by reason."""

    customers: list[str]
    scores: list[float]
    considered: int
    left_out: Mapping[str, int]


def chosen(customers: Sequence[str], scores: Float32Array, why_not: NDArray[np.object_], size: int) -> ChosenCustomers:
    """The `size` best whom nothing speaks against (`why_not` is ''), fewer where there are no more.

    Of equal scores the smaller id comes first.
    """
    names = np.asarray(customers, dtype=object)
    allowed = np.flatnonzero(why_not == "")
    order = allowed[np.lexsort((names[allowed].astype(str), -scores[allowed]))]
    best = order[:size]
    left = {reason: int((why_not == reason).sum()) for reason in LEFT_OUT}
    left["beyond_size"] = len(order) - len(best)
    return ChosenCustomers([str(each) for each in names[best]], scores[best].astype(float).tolist(), len(names), left)
