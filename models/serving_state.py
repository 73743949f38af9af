"""What the endpoints answer from: the champion, else the best baseline, and an experiment's arms beside it; the last
good state when something breaks.

An arm answers only while the experiment names it, its version carries the arm's name as alias, and no reviewer refused
it nor a disparity blocks it. One that is damaged answers nobody, and its share is the champion's meanwhile. With the
registry down arms go on as this machine last knew them, as the champion does, also in a process that starts then: a
customer's version is not to depend on the replica.

The service asks every few seconds. While an embedded registry's file is unchanged an answer takes microseconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

from sqlalchemy.exc import SQLAlchemyError

from core.alert_levels import Level
from core.alerts import Alerts
from core.errors import StoreError
from core.messages import Message
from core.workspace import Workspace
from models.artifact_cache import BASELINE as BASELINE_FOLDER
from models.artifact_cache import MODEL, ArtifactCache, ServingState
from models.experiment import Arm, Experiment
from models.experiment_note import ExperimentNote
from models.registry_place import exists, fingerprint
from models.version import BASELINE, CHAMPION, Version

SOURCE = "registry"
RETRY_SECONDS = 60.0  # until a damaged version is looked at again


@dataclass(frozen=True)
class LineupState:
    """What answers for a kind: the champion (or baseline), and the `arms` of the experiment that may.

    `before`: the version that was champion until this one was promoted, and may tell what it has prepared until this
    one has. One that was rolled back, retired, refused or is blocked may not.
    """

    champion: ServingState | None = None
    experiment: Experiment | None = None
    arms: tuple[ServingState, ...] = ()
    before: str | None = None


NOTHING = LineupState()


class RegistryStanding(NamedTuple):
    """What a registry says of a kind at one moment."""

    aliases: Mapping[str, str]
    experiment: Experiment | None
    past_champions: tuple[str, ...]
    """Those before the present one, the latest last."""


class Versions(Protocol):
    """What is asked of a registry here."""

    workspace: Workspace
    cache: ArtifactCache

    def find(self, kind: str, name: str) -> Version | None:
        """The version with that alias, or None."""
        ...

    def standing(self, kind: str) -> RegistryStanding:
        """Who is what now."""
        ...

    def fetch(self, version: Version) -> Path:
        """Its verified local copy, or StoreError."""
        ...


class Watch:
    """Follows the aliases of a registry; for one thread."""

    def __init__(self, registry: Versions) -> None:
        self._registry = registry
        self._workspace = registry.workspace
        self._note = ExperimentNote(registry.workspace, registry.cache)
        self._good: dict[str, ServingState] = {}
        self._lineups: dict[str, LineupState] = {}
        self._seen: dict[str, tuple[int, ...]] = {}
        self._damaged: dict[tuple[str, str], float] = {}
        self._alerted: set[str] = set()

    def state(self, kind: str) -> ServingState | None:
        """The champion's part of `lineup`."""
        return self.lineup(kind).champion

    def lineup(self, kind: str) -> LineupState:
        """What answers for a kind, verified when it was taken; without a champion there is nothing to serve.

        With the registry down, or a damaged version, the last good state stays and an alert tells of it.
        """
        before = fingerprint(self._workspace)
        if before is not None and self._seen.get(kind) == before:
            return self._lineups.get(kind, NOTHING)
        self._seen.pop(kind, None)
        found, whole = self._look(kind)
        self._lineups[kind] = found
        if whole and before is not None:
            self._seen[kind] = before
        return found

    def _look(self, kind: str) -> tuple[LineupState, bool]:
        """The lineup, and whether it is what the registry asks for."""
        try:
            aliases, experiment, past = self._registry.standing(kind)
            wanted = self._wanted(kind, aliases)
            arms = self._arms(kind, aliases, experiment)
            before = self._before(kind, aliases, past)
        except StoreError as error:
            self._alert("moderate", kind, kind, Message("alert.registry_down", {"reason": str(error)}))
            return self._as_last_known(kind), False
        if wanted is None:
            is_there = exists(self._workspace)
            return (NOTHING if is_there else self._as_last_known(kind)), is_there
        champion = self._take(*wanted)
        if champion is None or champion.version != wanted[0].version:
            return LineupState(champion), False
        self._calm(kind, wanted[0].subject)
        if experiment is None or champion.mode == "baseline":
            self._note.forget(kind)
            return LineupState(champion, before=before), True
        taken = {arm.name: self._take_arm(arm, version) for arm, version in arms.items()}
        states = tuple(state for state in taken.values() if state)
        self._note.keep(kind, experiment, states)
        return LineupState(champion, experiment, states, before), all(taken.values())

    def _as_last_known(self, kind: str) -> LineupState:
        """Without a registry: what this process knew, else what this machine did."""
        known, champion = self._lineups.get(kind), self._last_good(kind)
        if known is not None and known.champion is not None:
            return replace(known, champion=champion)
        beside = self._note.recall(kind, champion) if champion else None
        return LineupState(champion, beside.experiment, beside.arms) if beside else LineupState(champion)

    def _before(self, kind: str, aliases: Mapping[str, str], past: Sequence[str]) -> str | None:
        if not past or aliases.get(CHAMPION) in (None, past[-1]):
            return None
        version = self._registry.find(kind, past[-1])
        return version.version if version is not None and version.barred is None else None

    def _wanted(self, kind: str, aliases: Mapping[str, str]) -> tuple[Version, str] | None:
        for alias in (CHAMPION, BASELINE):
            version = self._registry.find(kind, aliases[alias]) if alias in aliases else None
            if version is not None:
                return version, alias
        return None

    def _arms(self, kind: str, aliases: Mapping[str, str], experiment: Experiment | None) -> dict[Arm, Version]:
        """The arms that may answer, with their versions."""
        found = {}
        for arm in experiment.arms if experiment else ():
            if aliases.get(arm.name) != arm.version or arm.version == aliases.get(CHAMPION):
                continue
            version = self._registry.find(kind, arm.version)
            if version is not None and version.barred is None:
                found[arm] = version
        return found

    def _take(self, version: Version, alias: str) -> ServingState | None:
        known = self._good.get(version.kind)
        if known and (known.version, known.alias, known.seal) == (version.version, alias, version.seal):
            return known
        mode = "baseline" if alias == BASELINE else "model"
        state = self._fetched(version, alias, mode)  # type: ignore[arg-type]
        if state is None:
            return self._last_good(version.kind)
        self._registry.cache.remember(state)
        self._good[version.kind] = state
        self._alerted |= {version.kind, version.subject}  # another process may have raised one
        return state

    def _take_arm(self, arm: Arm, version: Version) -> ServingState | None:
        for known in self._lineups.get(version.kind, NOTHING).arms:
            if (known.version, known.alias, known.seal) == (version.version, arm.name, version.seal):
                return known
        state = self._fetched(version, arm.name, "model")
        if state is not None:
            self._calm(version.subject)
        return state

    def _fetched(self, version: Version, alias: str, mode: Literal["model", "baseline"]) -> ServingState | None:
        """A verified local copy; None where it is damaged, which is looked at again after a minute."""
        key = (version.kind, version.version)
        if time.monotonic() - self._damaged.get(key, -RETRY_SECONDS) < RETRY_SECONDS:
            return None
        try:
            folder = self._registry.fetch(version) / (BASELINE_FOLDER if mode == "baseline" else MODEL)
        except StoreError as error:
            self._damaged[key] = time.monotonic()
            message = Message("alert.version_damaged", {"reason": str(error)})
            self._alert("severe", version.subject, version.kind, message)
            return None
        return ServingState(version.kind, version.version, folder, alias, mode, version.seal)

    def _last_good(self, kind: str) -> ServingState | None:
        if kind not in self._good:
            state = self._registry.cache.last_good(kind)
            if state is None:
                return None
            self._good[kind] = state
        return self._good[kind]

    def _alert(self, level: Level, subject: str, kind: str, message: Message) -> None:
        """Once: asking every few seconds must not write every few seconds."""
        if subject not in self._alerted and _told(
            lambda: Alerts(self._workspace).append(level, SOURCE, subject, message, kind)
        ):
            self._alerted.add(subject)

    def _calm(self, *subjects: str) -> None:
        """Close the alerts of what is well again."""
        for subject in self._alerted.intersection(subjects):
            if _told(lambda subject=subject: Alerts(self._workspace).close(SOURCE, subject, by=SOURCE)):  # type: ignore[misc]
                self._alerted.discard(subject)


def _told(tell: Callable[[], object]) -> bool:
    """Whether the database took it: it may be away while the registry answers, and models need only the latter."""
    try:
        tell()
    except (SQLAlchemyError, StoreError):
        return False
    return True
