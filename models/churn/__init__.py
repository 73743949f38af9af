"""Who is about to leave: the model that answers it, its baselines, its metrics, and the files it writes."""

from models.churn.kind import KIND

__all__ = ["KIND"]
