"""Reading the online store, as the service does for every request."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from core.workspace import Workspace
from feature_repo import catalog
from feature_repo.store import _feast_errors, _parts, _references, feature_store


class OnlineReader:
    """The features of a service for given ids, from the online store.

    The service is resolved once: make one reader and keep it. Safe to use from several threads. `key` names
    the entity where the service has several (`customer_id`, `product_id`); else the first view's.
    """

    def __init__(self, workspace: Workspace, service: str, key: str | None = None) -> None:
        self.parts = _parts(service, [key or catalog.service(service)[0].key])
        self.key = self.parts[0].key
        self.names = [feature.name for part in self.parts for feature in part.features]
        self._references = _references(self.parts)
        self._feast = feature_store(workspace)
        self._lock = threading.Lock()

    def read(self, ids: Sequence[str]) -> dict[str, list[Any]]:
        """Feature name -> values in the order of `ids`; None where the store knows nothing.

        Raises:
            StoreError: the store does not answer.
        """
        if not ids:
            return {name: [] for name in self.names}
        with self._lock, _feast_errors("the online store"):
            response = self._feast.get_online_features(
                features=self._references, entity_rows=[{self.key: each} for each in ids]
            )
        found = response.to_dict()
        return {name: found[name] for name in self.names}
