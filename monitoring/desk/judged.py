"""Gates as last judged: judging loads a model and may score two, so the overview shows what is known already."""

from __future__ import annotations

import threading

from core.errors import RegularsError
from core.workspace import Workspace
from models.gates import GateResult, judge
from models.registry import Registry
from models.version import Version

Key = tuple[str, ...]


class Judged:
    """Remembers the gates of a version until something they depend on changes."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._known: dict[Key, list[GateResult]] = {}
        self._running: set[Key] = set()
        self._lock = threading.Lock()

    def gates(self, version: Version, champion: Version | None) -> list[GateResult]:
        """The gates of a version, judged now if need be.

        Raises:
            StoreError: the registry does not answer.
        """
        key = self._key(version, champion)
        if key not in self._known:
            self._known[key] = judge(self._workspace, version, Registry(self._workspace))
        return self._known[key]

    def known(self, version: Version, champion: Version | None) -> list[GateResult] | None:
        """The gates if they are known; else None, and they are judged in the background for the next time."""
        key = self._key(version, champion)
        with self._lock:
            if key not in self._known and key not in self._running:
                self._running.add(key)
                threading.Thread(target=self._judge, args=(key, version, champion), daemon=True).start()
        return self._known.get(key)

    def forget(self) -> None:
        """After a decision everything is judged anew."""
        with self._lock:
            self._known.clear()

    def _judge(self, key: Key, version: Version, champion: Version | None) -> None:
        try:
            self.gates(version, champion)
        except RegularsError:
            return
        finally:
            with self._lock:
                self._running.discard(key)

    def _key(self, version: Version, champion: Version | None) -> Key:
        tags = version.tags
        generation = str(self._workspace.tables.generation)
        beside = champion.version if champion else ""
        return (version.kind, version.version, beside, generation, tags.get("fairness", ""), tags.get("review", ""))
