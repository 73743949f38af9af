"""The models that answer, and their exchange while requests are under way.

A background thread asks the registry every few seconds which version serves. A new one is loaded and checked there,
beside the old one; then one reference is replaced. A request takes the reference once and keeps it to its end, so none
waits and none sees half of each. Whatever goes wrong, the last good version stays.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Generic, Literal

import structlog

from core.alerts import Alerts
from core.errors import RegularsError
from core.messages import Message
from core.workspace import Workspace
from models.kinds import Kind, M, kind, names
from models.registry import Registry, ServingState

SOURCE: Final = "serving"
RETRY_SECONDS: Final = 60.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Champion(Generic[M]):
    """A loaded model with its kind, and where it comes from."""

    kind: Kind[M]
    state: ServingState
    model: M

    @property
    def version(self) -> str:
        """The version in the registry."""
        return self.state.version

    @property
    def variant(self) -> Literal["champion", "baseline"]:
        """What answers: the champion, or the best baseline while there is none."""
        return "baseline" if self.state.mode == "baseline" else "champion"

    @property
    def fallback(self) -> Literal["baseline"] | None:
        """What every result must say where a baseline answers."""
        return "baseline" if self.state.mode == "baseline" else None


class Champions:
    """What answers for each kind; `on_change` is told of each exchange."""

    def __init__(
        self, workspace: Workspace, registry: Registry, on_change: Callable[[Champion[Any]], None] | None = None
    ) -> None:
        self._workspace = workspace
        self._registry = registry
        self._on_change = on_change
        self._serving: Mapping[str, Champion[Any]] = MappingProxyType({})
        self._failed: dict[tuple[str, str], float] = {}

    def get(self, kind: Kind[M]) -> Champion[M] | None:
        """What answers for a kind now; None: nothing, so defaults do."""
        return self._serving.get(kind.name)

    def all(self) -> list[Champion[Any]]:
        """What answers now, in the order of the kinds."""
        serving = self._serving
        return [serving[name] for name in names() if name in serving]

    def versions(self) -> dict[str, str | None]:
        """Per kind the version that answers, or None."""
        serving = self._serving
        return {name: serving[name].version if name in serving else None for name in names()}

    def refresh(self) -> None:
        """Ask the registry once, and exchange what has changed. Raises nothing."""
        for name in names():
            try:
                self._refresh(name)
            except Exception as error:
                # The background thread must live on whatever a store does; the next round tries again.
                _log.error("champion_not_refreshed", kind=name, error=f"{type(error).__name__}: {error}")

    def _refresh(self, name: str) -> None:
        state = self._registry.serving_state(name)
        known = self._serving.get(name)
        if state == (known.state if known else None):
            return
        if state is None:
            self._replace(name, None)
        elif not self._failed_lately(state):
            self._load(state)

    def _failed_lately(self, state: ServingState) -> bool:
        return time.monotonic() - self._failed.get((state.kind, state.seal), -RETRY_SECONDS) < RETRY_SECONDS

    def _load(self, state: ServingState) -> None:
        try:
            of_kind = kind(state.kind)
            champion = Champion(of_kind, state, of_kind.load(state.directory))
            self._refuse_changed_answers(champion)
        except Exception as error:
            self._failed[state.kind, state.seal] = time.monotonic()
            self._alert(state, error)
            return
        self._replace(state.kind, champion)
        Alerts(self._workspace).close(SOURCE, _subject(state), by=SOURCE)
        if self._on_change:
            self._on_change(champion)

    def _refuse_changed_answers(self, champion: Champion[Any]) -> None:
        """The golden inputs also warm the libraries up before the first request comes."""
        if champion.state.mode == "model" and (wrong := champion.kind.golden(champion.model)):
            raise RegularsError("it answers its golden inputs differently here", why="; ".join(wrong[:3]))

    def _replace(self, name: str, champion: Champion[Any] | None) -> None:
        others = {key: value for key, value in self._serving.items() if key != name}
        self._serving = MappingProxyType({**others, name: champion} if champion else others)
        _log.warning("champion_exchanged", kind=name, version=champion.version if champion else None)

    def _alert(self, state: ServingState, error: Exception) -> None:
        values = {"model": state.kind, "version": state.version, "reason": str(error)}
        message = Message("alert.model_not_loaded", values)
        Alerts(self._workspace).append("severe", SOURCE, _subject(state), message, state.kind)


def _subject(state: ServingState) -> str:
    return f"{state.kind}/{state.version}"
