"""Training of the demand model."""

from training.demand.run import train

__all__ = ["train"]
