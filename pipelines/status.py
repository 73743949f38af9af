"""What is ingested, built, trained and serving in a workspace, what is stale, and what to do next."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from enum import Enum
from typing import Any

from core import utc
from core.alerts import Alert, Alerts, severest
from core.clock import present
from core.errors import RegularsError, SettingsError
from core.event_log import EventLog
from core.workspace import Workspace
from feature_repo import catalog, partitions
from feature_repo.materialization import Materializations
from feature_repo.online_standing import in_words
from models import experiment_looks, registry_tables
from models.artifact_cache import ArtifactCache
from models.kinds import names
from models.version import BASELINE, CHALLENGER, CHAMPION, Version
from monitoring.results import SEGMENT_CHURN
from monitoring.summary import Summaries
from pipelines import service_process
from pipelines.ingest import reconciliation
from pipelines.ingest.reconciliation import Reconciliation

STALE_MODEL_DAYS = 35
"""A model older than this has not seen the last horizon of labels."""


@dataclass(frozen=True)
class TableState:
    """One committed table."""

    name: str
    rows: int
    first_day: str | None
    last_day: str | None

    def row(self) -> tuple[object, ...]:
        """The cells `regulars status` prints."""
        return self.name, self.rows, self.first_day, self.last_day


@dataclass(frozen=True)
class ViewState:
    """The snapshots of one feature view."""

    name: str
    snapshots: int
    latest: str | None
    stale: int

    def row(self) -> tuple[object, ...]:
        """The cells `regulars status` prints."""
        return self.name, self.snapshots, self.latest, self.stale


class Readiness(Enum):
    """How far a kind of model is."""

    NO_REGISTRY = "registry down"
    LOST = "the registry is gone: the last good version serves"
    NOT_TRAINED = "not trained"
    NO_CHAMPION = "no champion: promote one"
    BASELINE = "no champion: a baseline answers"
    STALE = "stale"
    FRESH = "fresh"


@dataclass(frozen=True)
class ModelState:
    """What stands behind one kind of model."""

    name: str
    readiness: Readiness
    champion: str | None = None
    trained_as_of: str | None = None
    challenger: str | None = None
    age_days: int = 0
    note: str = ""

    @property
    def state(self) -> str:
        """The readiness in words."""
        if self.readiness is Readiness.NO_REGISTRY:
            return f"registry: {self.note}"
        return f"stale: {self.age_days} days old" if self.readiness is Readiness.STALE else str(self.readiness.value)

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self) | {"state": self.state, "readiness": self.readiness.name.lower()}

    def row(self) -> tuple[object, ...]:
        """The cells `regulars status` prints."""
        return self.name, self.champion or "-", self.trained_as_of or "-", self.challenger or "-", self.state


@dataclass(frozen=True)
class State:
    """All of it."""

    present: str | None
    tables: list[TableState]
    views: list[ViewState]
    models: list[ModelState]
    online: str
    service: str
    pending_events: int
    alerts: list[str] = field(default_factory=list)
    undelivered: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    experiments: list[str] = field(default_factory=list)
    reconciliation: Reconciliation | None = None
    summary: str = ""
    next: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self) | {
            "models": [model.as_dict() for model in self.models],
            "reconciliation": self.reconciliation.as_dict() if self.reconciliation else None,
        }


def collect(workspace: Workspace) -> State:
    """Look at everything; nothing is built or changed.

    Raises:
        StoreError: the workspace's own state can't be read.
    """
    tables = _tables(workspace)
    today = present(workspace) if workspace.tables.has("orders") else None
    views = _views(workspace)
    models = [_model(workspace, name, today) for name in names()]
    online, online_is_stale = _online(workspace, today)
    store = Alerts(workspace)
    alerts = severest(store.open())
    summary, next_step = _advice(tables, models, views, online_is_stale)
    if severe := [alert.subject for alert in alerts if alert.urgency == "severe" and not alert.is_silent]:
        summary, next_step = f"a severe alert is open: {', '.join(severe)}", "look at the alerts above; regulars review"
    return State(
        present=str(today) if today else None,
        tables=tables,
        views=views,
        models=models,
        online=online,
        service=_service(workspace),
        pending_events=EventLog(workspace).count_pending(),
        alerts=[_alert(alert) for alert in alerts],
        undelivered=[f"alert {each.alert_id}: {each}" for each in store.undelivered()],
        flags=_flags(workspace),
        experiments=_experiments(workspace),
        reconciliation=reconciliation.recall(workspace),
        summary=summary,
        next=next_step,
    )


def _alert(alert: Alert) -> str:
    """An alert in a line: what it is, who answers, and until when."""
    said = [f"number {alert.id}", *([alert.owner] if alert.owner else [])]
    if alert.is_silent and alert.silence:
        said.append(f"silent until {alert.silence.until}")
    elif alert.due_at:
        said.append(f"overdue since {alert.due_at}" if alert.is_overdue else f"answer by {alert.due_at}")
    return f"{alert.urgency}: {alert.subject}: {alert.text} ({', '.join(said)})"


def _flags(workspace: Workspace) -> list[str]:
    """Which groups of customers raised their hand in the last run of `regulars monitor`."""
    run = Summaries(workspace).latest()
    raised = [rule for rule in run.rules if rule.rule == SEGMENT_CHURN and rule.flagged] if run else []
    return [f"{rule.name} as of {run.as_of}: {rule.says}" for rule in raised if run]


def _experiments(workspace: Workspace) -> list[str]:
    """Which versions answer beside a champion, and when somebody last looked what comes of it."""
    run, seen, told = Summaries(workspace).latest(), experiment_looks.last(workspace), []
    looks = [*([run.at] if run else []), *([utc.text(seen)] if seen else [])]
    for name in names():
        try:
            running = registry_tables.experiment(workspace, name)
        except RegularsError:
            return []  # what is wrong with the registry is told of each model
        if running is None:
            continue
        arms = ", ".join(
            f"version {arm.version} as {arm.name} ({'answers nobody' if arm.shadow else f'{arm.percent:g}%'})"
            for arm in running.arms
        )
        looked = max((at for at in looks if at >= running.started_at), default=None)
        last = f"last looked at {looked}" if looked else "not looked at since: regulars monitor"
        told.append(f"{name}: {arms} beside version {running.champion} since {running.started_at}; {last}")
    return told


def _tables(workspace: Workspace) -> list[TableState]:
    tables = workspace.tables
    entries = {name: tables.entry(name) for name in tables.names() if tables.has(name)}
    return [TableState(name, entry.rows, entry.first_day, entry.last_day) for name, entry in entries.items()]


def _views(workspace: Workspace) -> list[ViewState]:
    states = []
    for name, view in catalog.VIEWS.items():
        days = partitions.built_days(workspace, name)
        transform = partitions.transform_hash(workspace, view)
        stale = [day for day in days if not partitions.is_fresh(workspace, view, day, transform)]
        states.append(ViewState(name, len(days), str(days[-1]) if days else None, len(stale)))
    return states


def _model(workspace: Workspace, name: str, today: date | None) -> ModelState:
    try:
        versions = registry_tables.versions(workspace, name)
    except RegularsError as error:
        return ModelState(name, Readiness.NO_REGISTRY, note=str(error))
    champion, challenger = (_carrier(versions, alias) for alias in (CHAMPION, CHALLENGER))
    waiting = challenger.version if challenger else None
    if not versions and (lost := ArtifactCache(workspace).last_good(name)):
        return ModelState(name, Readiness.LOST, lost.version)
    if champion is None:
        waiting = waiting or (versions[0].version if versions else None)
        return ModelState(name, _without_champion(versions), challenger=waiting)
    age = (today - champion.as_of).days if today else 0
    readiness = Readiness.STALE if age > STALE_MODEL_DAYS else Readiness.FRESH
    return ModelState(name, readiness, champion.version, str(champion.as_of), waiting, age)


def _without_champion(versions: Sequence[Version]) -> Readiness:
    """A champion that was retired, or one whose quality gate failed, leaves its baseline in service."""
    if _carrier(versions, BASELINE):
        return Readiness.BASELINE
    return Readiness.NO_CHAMPION if versions else Readiness.NOT_TRAINED


def _carrier(versions: Sequence[Version], alias: str) -> Version | None:
    return next((version for version in versions if alias in version.aliases), None)


def _online(workspace: Workspace, today: date | None) -> tuple[str, bool]:
    """The online store in words, and whether it shows something else than the present."""
    fillings = Materializations(workspace)
    latest = fillings.latest()
    if latest is None:
        return "empty", today is not None
    if (lost := in_words(workspace)) is not None:
        return lost, True
    stale = today is not None and not fillings.is_current(max(latest.as_of, today))
    return f"as of {latest.as_of}" + (" (stale)" if stale else ""), stale


def _service(workspace: Workspace) -> str:
    """Of each service that was started over the workspace; where none was, of the address in the settings."""
    serving = workspace.settings.serving
    scheme = "https" if serving.tls_cert else "http"
    addresses = service_process.running(workspace) or [f"{scheme}://{serving.host}:{serving.port}"]
    return "; ".join(_at(address, serving.tls_cert) for address in addresses)


def _at(address: str, certificate: str) -> str:
    try:
        tls = service_process.trusting(certificate) if certificate else None
        with urllib.request.urlopen(f"{address}/readyz", timeout=2, context=tls):
            return f"ready at {address}"
    except urllib.error.HTTPError as error:
        return f"answers {error.code} at {address}"
    except OSError:
        return f"not running at {address}"
    except SettingsError as error:
        return f"can't be asked at {address}: {error}"


def _advice(
    tables: list[TableState], models: list[ModelState], views: list[ViewState], online_is_stale: bool
) -> tuple[str, str]:
    if not tables:
        return "nothing is ingested yet", "regulars ingest"
    found = [advice for model in models if (advice := _about_model(model))]
    if online_is_stale:
        found.append(("the online store does not show the present", "regulars materialize"))
    if any(view.stale for view in views):
        found.append(("some feature snapshots are stale; they are rebuilt when needed", "regulars features build"))
    return found[0] if found else ("everything is up to date", "regulars serve")


def _about_model(model: ModelState) -> tuple[str, str] | None:
    train = f"regulars train {model.name}"
    return {
        Readiness.NO_REGISTRY: ("the model registry does not answer", "regulars doctor"),
        Readiness.LOST: (
            f"the model registry has lost {model.name}; the service goes on with version {model.champion}",
            f"restore the registry from its backup, or start anew: {train}",
        ),
        Readiness.NOT_TRAINED: (f"{model.name} is not trained", train),
        Readiness.NO_CHAMPION: (
            f"{model.name} has no champion",
            f"regulars promote {model.name} {model.challenger}",
        ),
        Readiness.BASELINE: (f"{model.name} has no champion: a baseline answers", train),
        Readiness.STALE: (f"{model.name} is {model.state}", train),
        Readiness.FRESH: None,
    }[model.readiness]
