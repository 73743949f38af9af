"""What the catalogue's views are called and how they lie in the online store."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from core.packed_rows import Layout
from feature_repo.catalog import View
from feature_repo.feature_definition import Feature

PROJECT: Final = "regulars"
"""The Feast project."""


def table_of(view: str, project: str = PROJECT) -> str:
    """The table of a view; Feast's own stores have others of the same place."""
    return f"{project}_{view}_packed"


def layout_of(view: View) -> Layout:
    """How a view's rows lie."""
    return _layout(view.features)


@lru_cache(64)
def _layout(features: tuple[Feature, ...]) -> Layout:
    return Layout(tuple((feature.name, feature.dtype) for feature in features))
