"""Trains the recommendation model: facts at several origins, tuning, evaluation beside baselines, refit."""

from training.recommendation.train import train

__all__ = ["train"]
