"""Threads of a pool that wait for work give their core away. Call before a library that computes is imported.

OpenMP's threads turn in a loop while they wait for each other, by default. Where two cores are all there is and another
process works on them, that loop takes the time the other thread needs: fitting an XGBoost booster took four times as
long and as much computing time beside three busy processes (`benchmarks/idle_threads.py`).
"""

from __future__ import annotations

import os

POLICY = "OMP_WAIT_POLICY"


def let_sleep() -> None:
    """For this process and those it starts; what a person set stays."""
    os.environ.setdefault(POLICY, "passive")
