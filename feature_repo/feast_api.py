"""The names of Feast's that are used here, from one place.

Feast lets typeguard compile its classes anew with checks of every call, each time it is imported: 3 seconds that
only find mistakes of Feast's own developers. They are left out.
"""

from __future__ import annotations

from typing import Any

import typeguard


def _unchecked(target: Any = None, **_options: Any) -> Any:
    return _unchecked if target is None else target


_checked, typeguard.typechecked = typeguard.typechecked, _unchecked
try:
    from feast import Entity, FeatureService, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType
    from feast.data_format import ParquetFormat
    from feast.types import Array, FeastType, Float64, Int64, String
finally:
    typeguard.typechecked = _checked

__all__ = [
    "Array",
    "Entity",
    "FeastType",
    "FeatureService",
    "FeatureStore",
    "FeatureView",
    "Field",
    "FileSource",
    "Float64",
    "Int64",
    "ParquetFormat",
    "RepoConfig",
    "String",
    "ValueType",
]
