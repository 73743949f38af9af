"""Training of the churn model: dataset -> tune -> evaluate -> refit -> log."""

from training.churn.run import fit, train

__all__ = ["fit", "train"]
