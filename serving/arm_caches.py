"""What the arms of an experiment need prepared, as the champion does: product features, and the forecast of all series.

One cache for each version, made when an arm begins and dropped when it ends.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.workspace import Workspace
from models.demand.kind import Model
from models.recommendation import Recommender
from serving.champions import Champion
from serving.forecast_cache import SUBJECT, ForecastCache
from serving.online_features import OnlineFeatures
from serving.product_cache import ProductCache


class ArmCaches:
    """The caches of arms by version; what is not prepared yet is empty."""

    def __init__(self, workspace: Workspace, features: OnlineFeatures) -> None:
        self._workspace = workspace
        self._features = features
        self._unprepared = ProductCache(workspace, features), ForecastCache(workspace, features)
        self._products: dict[str, ProductCache] = {}
        self._forecasts: dict[str, ForecastCache] = {}

    def products(self, arm: Champion[Recommender]) -> ProductCache:
        """The features of the arm's products."""
        return self._products.get(arm.version, self._unprepared[0])

    def forecasts(self, arm: Champion[Model]) -> ForecastCache:
        """The arm's outlook."""
        return self._forecasts.get(arm.version, self._unprepared[1])

    def refresh_products(self, arms: Sequence[Champion[Recommender]]) -> None:
        """Prepare those of the arms, and forget the others."""
        held = self._products
        self._products = {
            arm.version: held.get(arm.version) or ProductCache(self._workspace, self._features) for arm in arms
        }
        for arm in arms:
            self._products[arm.version].refresh(arm)

    def refresh_forecasts(self, arms: Sequence[Champion[Model]]) -> None:
        """Prepare those of the arms, and forget the others.

        Raises:
            RegularsError: one could not be made; the arm's series are the champion's meanwhile.
        """
        held = self._forecasts
        self._forecasts = {arm.version: held.get(arm.version) or self._of(arm) for arm in arms}
        for arm in arms:
            self._forecasts[arm.version].refresh(arm)
            self._forecasts[arm.version].refresh_acceptances()

    def _of(self, arm: Champion[Model]) -> ForecastCache:
        return ForecastCache(self._workspace, self._features, f"{SUBJECT} of version {arm.version}")
