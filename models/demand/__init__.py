"""The demand model: how many units of each series sell on each of the coming days, with quantiles."""

from models.demand.kind import KIND

__all__ = ["KIND"]
