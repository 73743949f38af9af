"""Algorithmic fairness: figures of each group beside the rest, with intervals and a verdict."""

from monitoring.fairness.measurement import measure

__all__ = ["measure"]
