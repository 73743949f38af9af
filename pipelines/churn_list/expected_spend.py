"""Which model tells what a customer is expected to spend: in the place of spend carried on."""

from __future__ import annotations

from datetime import date

from models.artifact_cache import MODEL
from models.kinds import kind
from models.registry import Registry
from models.value.model import ValueModel
from models.version import CHAMPION


def told_by(registry: Registry, as_of: date) -> ValueModel | None:
    """The champion of value; None where there is none that knows nothing from `as_of` on."""
    version = registry.find("value", CHAMPION)
    if version is None or version.as_of > as_of:
        return None
    model: ValueModel = kind("value").load(registry.fetch(version) / MODEL)
    return model
