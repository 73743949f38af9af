"""Trains the recommendation model: facts at several origins, tuning, evaluation beside baselines, refit."""

from training.recommendation.run import train

__all__ = ["train"]
