"""The features of the products that can be recommended: few enough to keep in memory, read again as they change."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from core.workspace import Workspace
from feature_repo.materialization import Materializations
from models.recommendation import Recommender
from serving.champions import Champion
from serving.online_features import BEHIND, LOADING, OnlineFeatures

KEY: Final = "product_id"


class ProductCache:
    """The product features for the recommendation model; `columns` is one reference, replaced as a whole.

    Empty while the store has none: the model then goes by its own, those of the training.
    """

    def __init__(self, workspace: Workspace, features: OnlineFeatures) -> None:
        self._fillings = Materializations(workspace)
        self._features = features
        self._read_for: tuple[str, int] | None = None
        self.columns: Mapping[str, list[Any]] = MappingProxyType({})
        self._by_product: tuple[Mapping[str, list[Any]], dict[str, Mapping[str, Any]]] = (self.columns, {})

    def by_product(self, name: str) -> Mapping[str, Any]:
        """The values of one feature, made when it is first asked for; empty while there are none."""
        columns, (of, made) = self.columns, self._by_product
        if of is not columns:
            made = {}
            self._by_product = columns, made
        if name not in made:
            made[name] = dict(zip(columns[KEY], columns[name], strict=True)) if columns else {}
        return made[name]

    def refresh(self, champion: Champion[Recommender]) -> None:
        """Read the product features where the model or the store's content is another one."""
        latest = self._fillings.latest()
        wanted = champion.version, latest.number if latest else 0
        if wanted == self._read_for:
            return
        model = champion.model
        # The first time nobody is answered yet.
        found = self._features.read(champion.kind.service, KEY, model.products, BEHIND if self.columns else LOADING)
        if found.known:
            columns = MappingProxyType({KEY: found.known, **{name: list(each) for name, each in found.columns.items()}})
            model.recommend(None, columns, k=1)  # it prepares what it is given on first use
            self.columns, self._read_for = columns, wanted
