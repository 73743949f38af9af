"""Trains the recommendation model: facts at several origins, tuning, evaluation beside baselines, refit."""

from training.kinds import Trainer
from training.recommendation.run import fit

TRAINER: Trainer = fit

__all__ = ["TRAINER"]
