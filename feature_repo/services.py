"""Feast feature services: one per model and version of its feature list."""

from __future__ import annotations

from collections.abc import Mapping

from feature_repo import catalog
from feature_repo.feast_api import FeatureService, FeatureView


def services(views: Mapping[str, FeatureView]) -> list[FeatureService]:
    """The catalogue's services over the given views."""
    return [
        FeatureService(
            name=name,
            features=[views[each] for each in parts],
            description=f"the features of the {name.partition('_')[0]} model",
        )
        for name, parts in catalog.SERVICES.items()
    ]
