"""Does contacting help, whom, and with what: the effect of each offer on what a customer spends."""

from models.uplift.kind import KIND

__all__ = ["KIND"]
