"""Training of the value model: dataset -> tune -> evaluate -> refit -> log."""

from training.kinds import Trainer
from training.value.run import fit

TRAINER: Trainer = fit

__all__ = ["TRAINER"]
