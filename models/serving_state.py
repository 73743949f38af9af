"""What the endpoints answer from: the champion, else the best baseline; the last good state when something breaks.

The service asks every few seconds. While an embedded registry's file is unchanged an answer takes microseconds.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Protocol

from core.alerts import Alerts, Level
from core.errors import StoreError
from core.messages import Message
from core.workspace import Workspace
from models.artifact_cache import BASELINE as BASELINE_FOLDER
from models.artifact_cache import MODEL, ArtifactCache, ServingState
from models.registry_place import exists, fingerprint
from models.version import BASELINE, CHAMPION, Version

SOURCE = "registry"
RETRY_SECONDS = 60.0  # until a damaged version is looked at again


class Versions(Protocol):
    """What is asked of a registry here."""

    workspace: Workspace
    cache: ArtifactCache

    def find(self, kind: str, name: str) -> Version | None:
        """The version with that alias, or None."""
        ...

    def fetch(self, version: Version) -> Path:
        """Its verified local copy, or StoreError."""
        ...


class Watch:
    """Follows the aliases of a registry; for one thread."""

    def __init__(self, registry: Versions) -> None:
        self._registry = registry
        self._workspace = registry.workspace
        self._good: dict[str, ServingState] = {}
        self._seen: dict[str, tuple[int, ...]] = {}
        self._damaged: dict[tuple[str, str], float] = {}
        self._alerted: set[str] = set()

    def state(self, kind: str) -> ServingState | None:
        """The state of a kind, verified when it was taken; None: there is nothing to serve.

        With the registry down, or a damaged version, the last good state stays and an alert tells of it.
        """
        before = fingerprint(self._workspace)
        if before is not None and self._seen.get(kind) == before:
            return self._good.get(kind)
        self._seen.pop(kind, None)
        try:
            wanted = self._wanted(kind)
        except StoreError as error:
            self._alert("moderate", kind, kind, Message("alert.registry_down", {"reason": str(error)}))
            return self._last_good(kind)
        if wanted is None:
            return self._last_good(kind) if not exists(self._workspace) else None
        state = self._take(*wanted)
        if state is not None and state.version == wanted[0].version:
            self._calm(kind, wanted[0].subject)
            if before is not None:
                self._seen[kind] = before
        return state

    def _wanted(self, kind: str) -> tuple[Version, str] | None:
        for alias in (CHAMPION, BASELINE):
            version = self._registry.find(kind, alias)
            if version is not None:
                return version, alias
        return None

    def _take(self, version: Version, alias: str) -> ServingState | None:
        known = self._good.get(version.kind)
        if known and (known.version, known.alias, known.seal) == (version.version, alias, version.seal):
            return known
        key = (version.kind, version.version)
        if time.monotonic() - self._damaged.get(key, -RETRY_SECONDS) < RETRY_SECONDS:
            return self._last_good(version.kind)
        try:
            folder = self._registry.fetch(version) / (BASELINE_FOLDER if alias == BASELINE else MODEL)
        except StoreError as error:
            self._damaged[key] = time.monotonic()
            message = Message("alert.version_damaged", {"reason": str(error)})
            self._alert("severe", version.subject, version.kind, message)
            return self._last_good(version.kind)
        mode = "baseline" if alias == BASELINE else "model"
        state = ServingState(version.kind, version.version, folder, alias, mode, version.seal)  # type: ignore[arg-type]
        self._registry.cache.remember(state)
        self._good[version.kind] = state
        self._alerted |= {version.kind, version.subject}  # another process may have raised one
        return state

    def _last_good(self, kind: str) -> ServingState | None:
        if kind not in self._good:
            state = self._registry.cache.last_good(kind)
            if state is None:
                return None
            self._good[kind] = state
        return self._good[kind]

    def _alert(self, level: Level, subject: str, kind: str, message: Message) -> None:
        """Once: asking every few seconds must not write every few seconds."""
        if subject not in self._alerted:
            self._alerted.add(subject)
            Alerts(self._workspace).append(level, SOURCE, subject, message, kind)

    def _calm(self, *subjects: str) -> None:
        """Close the alerts of what is well again."""
        for subject in self._alerted.intersection(subjects):
            Alerts(self._workspace).close(SOURCE, subject, by=SOURCE)
            self._alerted.discard(subject)
