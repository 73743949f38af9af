"""The features of the products that can be recommended: few enough to keep in memory, read again as they change."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from models.kinds import kind
from serving.champions import Champion
from serving.features import Features

LASTS_SECONDS: Final = 60.0


class Catalogue:
    """The product features a recommendation model needs; `columns` is one reference, replaced as a whole."""

    def __init__(self, features: Features) -> None:
        self._features = features
        self._version = ""
        self._read_at = 0.0
        self.products: list[str] = []
        self.columns: Mapping[str, list[Any]] = MappingProxyType({})

    def refresh(self, champion: Champion) -> None:
        """Read the product features for a model, where it is another one or they are a minute old."""
        if champion.version == self._version and time.monotonic() - self._read_at < LASTS_SECONDS:
            return
        found = self._features.read(kind("recommendation").service, "product_id", champion.model.products)
        if found.known:
            self.products, self.columns = found.known, MappingProxyType(found.columns)
            self._version, self._read_at = champion.version, time.monotonic()
