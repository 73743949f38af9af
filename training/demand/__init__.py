"""Training of the demand model."""

from training.demand.run import fit
from training.kinds import Trainer

TRAINER: Trainer = fit

__all__ = ["TRAINER"]
