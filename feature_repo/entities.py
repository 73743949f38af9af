"""Feast entities: what rows of features are about."""

from __future__ import annotations

from feature_repo import catalog
from feature_repo.feast_api import Entity, ValueType


def entity(spec: catalog.Entity) -> Entity:
    """The Feast entity of a catalogue entry; every key is a string."""
    return Entity(name=spec.name, join_keys=[spec.key], value_type=ValueType.STRING, description=spec.description)
