"""The names of Feast's that are used here, from one place.

Feast lets typeguard compile its classes anew with checks of every call, each time it is imported: 3 seconds that
only find mistakes of Feast's own developers. They are left out.

It also has `prometheus_client` keep the figures of any process in files of a folder that it makes for temporary ones,
mapped into memory: where that disk is full, the first new figure ends the process. Whether figures are in files is
ours to say (`serving.prometheus`), so that choice is made before Feast comes, and its folder is never made.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import prometheus_client.values  # noqa: F401 - looks at the environment, once
import typeguard

FILES_OF_FIGURES: Final = ("PROMETHEUS_MULTIPROCESS_DIR", "PROMETHEUS_MULTIPROC_DIR")
"""Feast's variable, and the one of `prometheus_client`, which Feast sets to its own."""


@contextmanager
def _without_folder() -> Iterator[None]:
    """Feast makes no folder where its variable is set; both variables are then as they were."""
    before = {name: os.environ.get(name) for name in FILES_OF_FIGURES}
    os.environ.setdefault(FILES_OF_FIGURES[0], before[FILES_OF_FIGURES[1]] or os.devnull)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _unchecked(target: Any = None, **_options: Any) -> Any:
    return _unchecked if target is None else target


_checked, typeguard.typechecked = typeguard.typechecked, _unchecked
try:
    with _without_folder():
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
