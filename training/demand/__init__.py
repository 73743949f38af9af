"""Training of the demand model."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from core.errors import UsageError
from models.artifact import MANIFEST
from models.artifact_cache import EVALUATION
from models.demand.kind import KIND
from models.demand.model import DemandModel
from training.demand.run import fit
from training.demand.warm_start import MatureShop
from training.kinds import Trainer

TRAINER: Trainer = fit


def warm_trainer(mature: Path) -> Trainer:
    """How a model is trained that starts from another shop's, saved in a folder.

    Raises:
        UsageError: it is a baseline, which has nothing to hand on.
        StoreError: it is damaged.
    """
    model, beside = KIND.load(mature), mature.parent / EVALUATION
    if not isinstance(model, DemandModel):
        raise UsageError(f"{mature} is a baseline", todo="name a model with boosters, such as a champion")
    earlier = KIND.load(beside) if beside != mature and (beside / MANIFEST).exists() else None
    return partial(fit, mature=MatureShop(model, earlier if isinstance(earlier, DemandModel) else None))


__all__ = ["TRAINER", "warm_trainer"]
