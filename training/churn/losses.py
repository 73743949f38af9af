"""The log loss of log-odds, customer by customer: what members, blends and recipes are compared by on past windows."""

from __future__ import annotations

import numpy as np

from models.arrays import Float64Array, Int64Array


def log_losses(margins: Float64Array, churned: Int64Array) -> Float64Array:
    """Negative log-likelihood of each label (0, 1) under its log-odds, shape (customers,)."""
    return np.asarray(np.logaddexp(0, np.where(churned == 1, -margins, margins)), dtype=float)
