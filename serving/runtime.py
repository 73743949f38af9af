"""All that a request needs, opened once per process and closed at its end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from core import clock, utc
from core.alert_delivery import Deliverer
from core.errors import RegularsError
from core.event_log import EventLog
from core.kept_keys import KeptKeys
from core.keys import KeyStore
from core.prediction_log import PredictionLog
from core.publication import AnsweringWorkspace
from core.retention import Retention
from core.workspace import Workspace
from feature_repo.materialization import Materializations
from models import churn, demand, recommendation, value
from models.demand.kind import Model
from models.recommendation import Recommender
from models.registry import Registry
from models.value.model import ValueModel
from serving import garbage, prometheus
from serving.access import REFRESH_SECONDS, Access
from serving.arm_caches import ArmCaches
from serving.arrivals_in_use import ArrivalsInUse
from serving.audience_cache import AudienceCache
from serving.background import Background
from serving.champions import Champion, Champions
from serving.choices import Choices
from serving.contact_caps_cache import ContactCapsCache
from serving.database_watch import DatabaseWatch
from serving.described_products import DescribedProducts
from serving.event_intake import EventIntake
from serving.experiment_timer import ExperimentLooks
from serving.forecast_cache import ForecastCache
from serving.job_runner import JobRunner
from serving.known_models import KnownModels
from serving.online_features import BEHIND, LOADING, PIECE, Found, OnlineFeatures
from serving.online_store_watch import OnlineStoreWatch
from serving.persons_asked import PersonsAsked
from serving.product_cache import ProductCache
from serving.rules_in_use import RulesInUse
from serving.shadow_scoring import Scores, ShadowScoring
from serving.told_ahead import ToldAhead
from serving.unavailable_products import UnavailableProducts
from serving.unit_costs_in_use import UnitCostsInUse
from serving.watched_state import tell_state


class Runtime:
    """The service's parts. `start` loads the models in the background; `close` writes what is still queued."""

    _began: datetime | None = None
    """When the present day began, where `clock` says that it goes by the data."""

    def __init__(self, workspace: Workspace) -> None:
        origin = workspace
        workspace = self.workspace = AnsweringWorkspace(origin)
        self.access = Access(KeyStore(workspace), workspace.settings.serving, KeptKeys(workspace))
        self.database = DatabaseWatch(workspace.database)
        self.predictions = PredictionLog(workspace)
        self.registry = Registry(workspace)
        self.champions = Champions(workspace, self.registry, self._exchanged)
        self.features = OnlineFeatures(workspace)
        self.online_store = OnlineStoreWatch(workspace)
        self.products = ProductCache(workspace, self.features)
        self.forecasts = ForecastCache(workspace, self.features)
        self.arms = ArmCaches(workspace, self.features)
        self.shadows = ShadowScoring(self.predictions)
        self.known_models = KnownModels(workspace)
        self.choices = Choices(workspace)
        self.told = ToldAhead(workspace.settings.serving.kept_customers)
        self._fillings = Materializations(workspace)
        self.persons = PersonsAsked(workspace)
        self.contact_caps = ContactCapsCache(workspace)
        self.audiences = AudienceCache(workspace, self.features)
        self.unavailable_products = UnavailableProducts(workspace)
        self.described_products = DescribedProducts(workspace)
        self.unit_costs = UnitCostsInUse(workspace)
        self.rules = RulesInUse(workspace)
        self.arrivals = ArrivalsInUse(workspace)
        self.events = EventLog(workspace)
        self.jobs = JobRunner(workspace, origin)
        self.experiment_looks = ExperimentLooks(origin, self.champions)
        self.event_intake = EventIntake(workspace, self.events, self.choices)
        self.present: date | None = None
        """The shop's present day, which the prediction log keeps: with `clock = "data"` no time of day tells it."""
        self.data_until: str | None = None
        """The last day with an order that the tables have, as answers say it."""
        self._refresh_present()
        self._loaded = threading.Event()
        self.before_ready: Callable[[], None] = lambda: None
        """Called once everything is loaded, before this is said."""
        self.tell_more: Callable[[], None] = lambda: None
        """Called every few seconds: tells the figures of what stands before the runtime."""
        quick = {
            "schema": workspace.require_schema,
            "tables": workspace.publication.fetch,
            "consents": self.choices.refresh,
            "persons": self.persons.refresh,
            "availability": self.unavailable_products.refresh,
            "costs": self.unit_costs.refresh,
            "rules": self.rules.refresh,
            "acceptances": self._refresh_acceptances,
            "online store": self.online_store.look,
            "metrics": self._tell_metrics,
            "present": self._refresh_present,
            "contacts": self._refresh_contact_caps,
            "jobs": self.jobs.refresh,
        }
        # Nothing waits until a whole store is filled again, but for events, which share its lock.
        refilling = {"refilling": self.online_store.refill, "events": self._apply_missed}
        registry = {"champions": self.champions.refresh, "models": self.known_models.refresh}
        slow = {
            "arrivals": self.arrivals.refresh,
            "forecasts": self._refresh_forecasts,
            "catalogue": self._refresh_catalogue,
            "loaded": self._be_loaded,
            "told ahead": self._tell_ahead,
            "arms' forecasts": self._refresh_arms_forecasts,
        }
        slowest = {"arms' catalogues": self._refresh_arms_catalogues}
        self._keys = Background(REFRESH_SECONDS, {"keys": self.access.refresh})
        rare = {"retention": Retention(workspace).refresh}
        experiments, alerts = {"experiments": self.experiment_looks.refresh}, {"alerts": Deliverer(workspace).refresh}
        seconds = workspace.settings.serving.reload_seconds
        self._looks = Background(seconds, {"database": self.database.refresh})
        self.background = Background(
            seconds,
            quick,
            registry,
            slow,
            slowest,
            rare,
            experiments,
            alerts,
            {"audiences": self._refresh_audiences},
            aside=refilling,
        )

    def start(self) -> None:
        """Load the models and keep looking for new ones, in the background."""
        self._keys.start()
        self._looks.start()
        self.background.start()

    def close(self) -> None:
        """Stop looking, and write what is queued."""
        self._keys.close()
        self._looks.close()
        self.experiment_looks.close()
        self.background.close()
        self.jobs.close()
        self.shadows.close()
        self.events.close()
        self.predictions.close()

    def products_of(self, who: Champion[Recommender]) -> ProductCache:
        """The features of the products that a version recommends."""
        return self.arms.products(who) if who.is_arm else self.products

    def forecasts_of(self, who: Champion[Model]) -> ForecastCache:
        """The outlook of a version."""
        return self.arms.forecasts(who) if who.is_arm else self.forecasts

    def score_shadow(self, who: Champion[Any], asked: str, request: Mapping[str, Any], scores: Scores) -> None:
        """Have a version that answers nobody scored behind the requests, and logged."""
        day = {"as_of": self.present.isoformat()} if self.present else {}
        self.shadows.submit(who, asked, {**request, **day}, scores)

    def tasks(self) -> dict[str, bool]:
        """Per task of the background whether it failed when it ran last."""
        return {**self._keys.tasks(), **self._looks.tasks(), **self.background.tasks()}

    @property
    def loaded(self) -> bool:
        """Whether the first round of loading is over."""
        return self._loaded.is_set()

    @property
    def ready(self) -> bool:
        """Whether there is a model to answer from."""
        return any(self.champions.versions().values())

    def _be_loaded(self) -> None:
        if not self.loaded:
            self.before_ready()
            garbage.settle()
            self._loaded.set()

    def _exchanged(self, champion: Champion[Any]) -> None:
        if self.loaded:
            garbage.settle()
        prometheus.tell_version(champion.kind.name, champion.version)

    def _refresh_catalogue(self) -> None:
        champion = self.champions.get(recommendation.KIND)
        if champion is not None:
            self.products.refresh(champion)

    def _refresh_audiences(self) -> None:
        champion, columns = self.champions.get(recommendation.KIND), self.products.columns
        if champion is not None and columns and self.online_store.trouble is None:
            self.audiences.refresh(champion, champion.model.bound_to(columns))

    def _refresh_forecasts(self) -> None:
        champion = self.champions.get(demand.KIND)
        if champion is not None:
            self.forecasts.refresh(champion)

    def _tell_ahead(self) -> None:
        filling, team = self._fillings.latest(), self.champions.lineup(churn.KIND)
        if filling is not None and self.online_store.trouble is None:
            days = self.workspace.settings.contacts.worth_days
            self.told.tell(filling.number, team.answering if team else (), self.value_model, days, self._everybody)

    def _everybody(self) -> Iterator[Found]:
        """The features of churn of all customers of the filling, piece by piece."""
        ids = list(self._fillings.keys("customer_features"))
        for start in range(0, len(ids), PIECE):
            began = time.monotonic()
            yield self.features.read(churn.KIND.service, "customer_id", ids[start : start + PIECE], LOADING)
            time.sleep(BEHIND.patience * (time.monotonic() - began))

    @property
    def value_model(self) -> ValueModel | None:
        """The model of value, where one serves."""
        valued = self.champions.get(value.KIND)
        return valued.model if valued is not None and valued.fallback is None else None

    def _refresh_arms_forecasts(self) -> None:
        team = self.champions.lineup(demand.KIND)
        self.arms.refresh_forecasts(list(team.arms.values()) if team else [])

    def _refresh_arms_catalogues(self) -> None:
        team = self.champions.lineup(recommendation.KIND)
        self.arms.refresh_products(list(team.arms.values()) if team else [])

    def _refresh_acceptances(self) -> None:
        self.forecasts.refresh_acceptances()

    def _apply_missed(self) -> None:
        self.event_intake.apply_missed()

    def _refresh_present(self) -> None:
        with suppress(RegularsError):  # no orders yet
            self.present = clock.present(self.workspace)
            self.data_until = self.workspace.tables.last_day().isoformat()
            self._began = clock.now(self.workspace)

    def now(self) -> datetime:
        """The shop's present moment (`clock.now`), without a look at its tables."""
        is_wall = self.workspace.settings.clock == "wall"
        return utc.now() if is_wall or self._began is None else self._began

    def _refresh_contact_caps(self) -> None:
        self.contact_caps.refresh(self.present)

    def _tell_metrics(self) -> None:
        tell_state(self)
        self.tell_more()
