"""Watches whether the online store answers and holds what it was filled with; fills it again where it was lost."""

from __future__ import annotations

import threading
from typing import Final

import structlog

from core.alerts import Alerts
from core.errors import RegularsError
from core.messages import Message
from core.workspace import Workspace
from feature_repo import folding
from feature_repo.online_standing import WORDS, OnlineStanding, standing

SOURCE: Final = "serving"
SUBJECT: Final = "online store"
DOWN: Final = "it does not answer"
_log = structlog.get_logger(__name__)


class OnlineStoreWatch:
    """What is wrong with the online store, in words: `trouble`, None while all is well.

    It is looked at every few seconds; reading notices an emptied store at once.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._looking = threading.Lock()  # who looked before a refilling ended must not say so after it
        self._alerted: str | None = ""  # unknown: a process before this one may have raised one
        self.trouble: str | None = None
        self.standing: OnlineStanding | None = None
        """What it held when it was looked at last; None: it did not answer."""

    def look(self) -> None:
        """Look, and raise or close the alert."""
        with self._looking:
            self._say(self._look())

    def refill(self) -> None:
        """Fill a store again that has lost what it held; that takes minutes, in which `look` says what is wrong."""
        if self.standing is not None and self.standing.is_lost and self._refilled():
            self.look()

    def _say(self, trouble: str | None) -> None:
        self.trouble = trouble
        if trouble == self._alerted:
            return
        alerts = Alerts(self._workspace)
        if trouble is None:
            alerts.close(SOURCE, SUBJECT, by=SOURCE)
        else:
            alerts.append("severe", SOURCE, SUBJECT, Message("alert.online_store", {"reason": trouble}))
        self._alerted = trouble

    def _look(self) -> str | None:
        try:
            found = self.standing = standing(self._workspace)
        except Exception as error:
            self.standing = None
            _log.error("online_store_does_not_answer", error=f"{type(error).__name__}: {error}")
            return DOWN
        return WORDS[found.code] if found.is_lost else None

    def _refilled(self) -> bool:
        try:
            filling = folding.refill_what_was_lost(self._workspace)
        except (RegularsError, OSError) as error:
            _log.error("online_store_not_refilled", error=str(error))
            return False
        if filling is not None:
            _log.warning("online_store_refilled", as_of=str(filling.as_of))
        return filling is not None
