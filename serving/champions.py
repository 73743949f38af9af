"""The models that answer, and their exchange while requests are under way.

A background thread asks the registry every few seconds which version serves. A new one is loaded and checked there,
beside the old one: hashes, features against the feature service, golden inputs; then one reference is replaced. A
request takes the reference once and keeps it to its end, so none waits and none sees half of each. Whatever goes wrong,
the last good version stays.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Generic, Literal

import structlog
from sqlalchemy.exc import SQLAlchemyError

from core.alerts import Alerts
from core.errors import RegularsError, StoreError
from core.messages import Message
from core.workspace import Workspace
from feature_repo import catalog
from models.experiment import Experiment
from models.kinds import Kind, M, kind, names
from models.registry import Registry, ServingState
from models.serving_state import LineupState
from models.version import BASELINE, CHAMPION

SOURCE: Final = "serving"
RETRY_SECONDS: Final = 60.0
AS_OF: Final = "as_of"
"""The day, which the service tells beside the features."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, eq=False)
class Champion(Generic[M]):
    """A loaded model with its kind, and where it comes from: the champion, its baseline, or an arm beside it."""

    kind: Kind[M]
    state: ServingState
    model: M

    @property
    def version(self) -> str:
        """The version in the registry."""
        return self.state.version

    @property
    def variant(self) -> str:
        """What answers: `champion`, `baseline` (the best one while there is no champion), or an arm's name."""
        return BASELINE if self.state.mode == "baseline" else self.state.alias

    @property
    def is_arm(self) -> bool:
        """Whether it stands beside the champion."""
        return self.state.alias not in (CHAMPION, BASELINE)

    @property
    def fallback(self) -> Literal["baseline"] | None:
        """What every result must say where a baseline answers."""
        return "baseline" if self.state.mode == "baseline" else None


@dataclass(frozen=True)
class Lineup(Generic[M]):
    """What answers for a kind: the champion, and the arms of an experiment that are loaded, by name."""

    champion: Champion[M]
    experiment: Experiment | None = None
    arms: Mapping[str, Champion[M]] = field(default_factory=dict)
    before: str | None = None
    """The version that may tell what it has prepared until the champion has (`models.serving_state`)."""

    def of(self, subject: str) -> Champion[M]:
        """Who answers a subject: its arm, where it has one that is loaded, else the champion."""
        arm = self.experiment.of(subject) if self.experiment else None
        return self.arms.get(arm.name, self.champion) if arm else self.champion

    def parts(self, subjects: Iterable[str]) -> list[tuple[Champion[M], list[str]]]:
        """The subjects by who answers them, the champion first, also where it answers none of them."""
        if self.experiment is None:
            return [(self.champion, list(subjects))]
        of, others = self.experiment.of, self.arms
        found: dict[str, list[str]] = {"": []}  # no arm is called so
        for subject in subjects:
            arm = of(subject)
            found.setdefault(arm.name if arm is not None and arm.name in others else "", []).append(subject)
        return [(others[name] if name else self.champion, each) for name, each in found.items()]

    @property
    def shadows(self) -> list[Champion[M]]:
        """Those that answer nobody."""
        held = self.experiment.shadows if self.experiment else ()
        return [self.arms[arm.name] for arm in held if arm.name in self.arms]

    @property
    def answering(self) -> list[Champion[M]]:
        """Everybody else."""
        held = self.experiment.answering if self.experiment else ()
        return [self.champion, *(self.arms[arm.name] for arm in held if arm.name in self.arms)]


class Champions:
    """What answers for each kind; `on_change` is told of each exchange of a champion."""

    def __init__(
        self, workspace: Workspace, registry: Registry, on_change: Callable[[Champion[Any]], None] | None = None
    ) -> None:
        self._workspace = workspace
        self._registry = registry
        self._on_change = on_change
        self._serving: Mapping[str, Lineup[Any]] = MappingProxyType({})
        self._states: dict[str, LineupState] = {}
        self._failed: dict[tuple[str, str], float] = {}
        self._untold: dict[str, Callable[[], object]] = {}
        """Of each subject of an alert what is to be said last: it needs the database, which an exchange does not."""

    def get(self, kind: Kind[M]) -> Champion[M] | None:
        """The champion of a kind now; None: nothing, so defaults do."""
        found = self.lineup(kind)
        return found.champion if found else None

    def lineup(self, kind: Kind[M]) -> Lineup[M] | None:
        """The champion and what answers beside it."""
        return self._serving.get(kind.name)

    def all(self) -> list[Champion[Any]]:
        """The champions that answer now, in the order of the kinds."""
        serving = self._serving
        return [serving[name].champion for name in names() if name in serving]

    def experiments(self) -> list[Experiment]:
        """Those that run now."""
        return [each.experiment for each in self._serving.values() if each.experiment is not None]

    def versions(self) -> dict[str, str | None]:
        """Per kind the version that is champion, or None."""
        serving = self._serving
        return {name: serving[name].champion.version if name in serving else None for name in names()}

    def refresh(self) -> None:
        """Ask the registry once, and exchange what has changed. Raises nothing."""
        for name in names():
            try:
                self._refresh(name)
            except Exception as error:
                # The background thread must live on whatever a store does; the next round tries again.
                _log.error("champion_not_refreshed", kind=name, error=f"{type(error).__name__}: {error}")
        self._tell_alerts()

    def _tell_alerts(self) -> None:
        """Those that the database does not take now wait for the next round."""
        for subject, tell in list(self._untold.items()):
            try:
                tell()
            except (SQLAlchemyError, StoreError) as error:
                _log.warning("alert_not_told", subject=subject, error=type(error).__name__)
                return
            del self._untold[subject]

    def _refresh(self, name: str) -> None:
        wanted = self._registry.lineup(name)
        if wanted == self._states.get(name):
            return
        known = self._serving.get(name)
        if wanted.champion is None:
            if known:
                self._replace(name, None)
            self._states[name] = wanted
            return
        champion = self._loaded(wanted.champion, known)
        arms = {state.alias: self._loaded(state, known) for state in wanted.arms}
        if champion is not None and all(arms.values()):
            self._states[name] = wanted
        if champion is None and known is None:
            earlier = self._replace_unloadable(wanted.champion)
            if earlier is None:
                return
            known = Lineup(earlier)
        whole = {arm: each for arm, each in arms.items() if each is not None}
        # A champion that can't be loaded leaves the last one, alone: the arms are to be compared with another.
        made = (
            Lineup(champion, wanted.experiment, MappingProxyType(whole), wanted.before)
            if champion is not None
            else Lineup(known.champion)  # type: ignore[union-attr]
        )
        before = self._serving.get(name)
        if made != before:
            self._replace(name, made)
        if (before is None or before.champion is not made.champion) and self._on_change:
            self._on_change(made.champion)

    def _loaded(self, state: ServingState, known: Lineup[Any] | None) -> Champion[Any] | None:
        """The same object as before where nothing changed; None where it can't be loaded, or could not lately."""
        for each in (known.champion, *known.arms.values()) if known else ():
            if each.state == state:
                return each
        return None if self._failed_lately(state) else self._load(state)

    def _failed_lately(self, state: ServingState) -> bool:
        return time.monotonic() - self._failed.get((state.kind, state.seal), -RETRY_SECONDS) < RETRY_SECONDS

    def _load(self, state: ServingState) -> Champion[Any] | None:
        try:
            of_kind = kind(state.kind)
            champion = Champion(of_kind, state, of_kind.load(state.directory))
            _verify(champion)
        except Exception as error:
            self._failed[state.kind, state.seal] = time.monotonic()
            self._alert(state, error)
            return None
        subject = _subject(state)
        self._untold[subject] = lambda: Alerts(self._workspace).close(SOURCE, subject, by=SOURCE)
        return champion

    def _replace_unloadable(self, wanted: ServingState) -> Champion[Any] | None:
        """At a start: what served before, whose copy is whole, where the champion can't be loaded."""
        for state in self._registry.cache.whole(wanted.kind):
            if state != wanted and not self._failed_lately(state) and (found := self._load(state)):
                return found
        return None

    def _replace(self, name: str, lineup: Lineup[Any] | None) -> None:
        others = {key: value for key, value in self._serving.items() if key != name}
        self._serving = MappingProxyType({**others, name: lineup} if lineup else others)
        told = {each.variant: each.version for each in (lineup.champion, *lineup.arms.values())} if lineup else {}
        _log.warning("champion_exchanged", kind=name, version=lineup.champion.version if lineup else None, arms=told)

    def _alert(self, state: ServingState, error: Exception) -> None:
        values = {"model": state.kind, "version": state.version, "reason": str(error)}
        message = Message("alert.model_not_loaded", values)
        subject = _subject(state)
        self._untold[subject] = lambda: Alerts(self._workspace).append("severe", SOURCE, subject, message, state.kind)


def _verify(champion: Champion[Any]) -> None:
    """Its files were checked when they were copied; now whether this process can serve it.

    The golden inputs also warm the libraries up before the first request comes.

    Raises:
        RegularsError: it asks for features that the feature service lacks, or answers its golden inputs differently.
    """
    if champion.state.mode == "baseline":
        return
    views = catalog.service(champion.kind.service)
    served = {feature.name for view in views for feature in view.features} | {view.key for view in views} | {AS_OF}
    lacking = [name for name in champion.kind.signature(champion.model)["inputs"] if name not in served]
    if lacking:
        why = f"{champion.kind.service} has no {', '.join(lacking[:3])}"
        raise RegularsError(f"it asks for {len(lacking)} features that are not served", why=why)
    if wrong := champion.kind.golden(champion.model):
        raise RegularsError("it answers its golden inputs differently here", why="; ".join(wrong[:3]))


def _subject(state: ServingState) -> str:
    return f"{state.kind}/{state.version}"
