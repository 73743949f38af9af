"""How a version does now: on the last complete window, beside baselines on the same days; and before labels come."""

from monitoring.performance.complete_window import CompleteWindow, last_window, opens_on
from monitoring.performance.estimate_ahead import ahead, scored_before
from monitoring.performance.paired_floor import measure

__all__ = ["CompleteWindow", "ahead", "last_window", "measure", "opens_on", "scored_before"]
