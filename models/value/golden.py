"""Golden inputs of a value model: what it answers to made-up customers, replayed before a release."""

from __future__ import annotations

import numpy as np

from models.value.model import ValueModel

TOLERANCE = 1e-5
"""As a share of the answer, or of 1 where that is smaller."""


def differences(model: ValueModel) -> list[str]:
    """Which answers to the golden inputs are no longer those stored, in words."""
    if not model.golden_inputs:
        return ["no golden inputs are stored with the model"]
    return [
        f"golden customer {row}: {name} is {new:.6g}, was {old:.6g}"
        for name, values in model.figures(model.golden_inputs).items()
        for row, (new, old) in enumerate(zip(values.tolist(), model.golden_answers[name], strict=True))
        if not np.isclose(new, old, rtol=TOLERANCE, atol=TOLERANCE)
    ]
