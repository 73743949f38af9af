"""Training of the churn model: dataset -> tune -> evaluate -> refit -> log."""

from functools import partial

from training.churn import logged_examples
from training.churn.run import fit
from training.kinds import Trainer, Weigher

TRAINER: Trainer = fit
LOG_TRAINER: Trainer = partial(fit, source=logged_examples.collect)
"""Learns from the values that answers were made of."""


def mitigated_trainer(weigh: Weigher) -> Trainer:
    """Learns from weighed rows."""
    return partial(fit, weigh=weigh)


__all__ = ["LOG_TRAINER", "TRAINER", "mitigated_trainer"]
