"""Training of the churn model: dataset -> tune -> evaluate -> refit -> log."""

from training.churn.run import fit
from training.kinds import Trainer

TRAINER: Trainer = fit

__all__ = ["TRAINER"]
