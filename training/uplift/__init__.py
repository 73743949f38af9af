"""Training of the uplift model: contacts -> effects by folds -> evaluate -> refit -> log."""

from training.kinds import Trainer
from training.uplift.run import fit

TRAINER: Trainer = fit

__all__ = ["TRAINER"]
