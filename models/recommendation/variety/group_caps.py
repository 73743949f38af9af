"""At most so many products of a category, or of a brand, in one list."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.arrays import BoolArray, Int64Array

Cap = tuple[Int64Array, int]
"""The group of each product, shape (I,), and how many of one a list may have."""


def kept(caps: Sequence[Cap], row: Int64Array, product: Int64Array, fixed: Int64Array) -> BoolArray:
    """Which pairs, by row and the best first, a list may take so that any of them together keep every cap.

    `fixed` products have their place first, whatever caps say. A product without a category or brand is a group of
    its own.
    """
    taken = [np.bincount(group[fixed], minlength=int(group.max(initial=-1)) + 1) for group, _ in caps]
    found = np.isin(product, fixed)
    room = ~found
    for (group, most), counts in zip(caps, taken, strict=True):
        room &= counts[group[product]] < most
    left = np.flatnonzero(room)
    codes = [group[product[left]].tolist() for group, _ in caps]
    most_of = [most for _, most in caps]
    current, held = -1, [dict[int, int]() for _ in caps]
    for position, of_row, *own in zip(left.tolist(), row[left].tolist(), *codes, strict=True):
        if of_row != current:
            current, held = of_row, [dict[int, int]() for _ in caps]
        counts_of = [have.get(code, int(first[code])) for have, first, code in zip(held, taken, own, strict=True)]
        if all(count < most for count, most in zip(counts_of, most_of, strict=True)):
            found[position] = True
            for have, code, count in zip(held, own, counts_of, strict=True):
                have[code] = count + 1
    return found
