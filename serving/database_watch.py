"""Watches whether the database answers and takes writes. Predictions need neither, so nobody waits for it here."""

from __future__ import annotations

import time
from typing import Final

from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from core.database import is_away, takes_writes
from core.errors import StoreError

SILENT_SECONDS: Final = 3.0
"""Who has not answered for so long hangs."""
MEANWHILE: Final = "events and feedback are refused meanwhile, predictions go on"
DOWN: Final = f"it does not answer; {MEANWHILE}"
NO_WRITES: Final = f"it takes no writes; {MEANWHILE}"


class DatabaseWatch:
    """`trouble` says what is wrong with the database, in words; None while all is well."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._asked_at: float | None = None
        self._found: str | None = None

    @property
    def trouble(self) -> str | None:
        """As it was when it was asked last; one that is silent since does not answer."""
        asked_at = self._asked_at
        silent = asked_at is not None and time.monotonic() - asked_at > SILENT_SECONDS
        return DOWN if silent else self._found

    def refresh(self) -> None:
        """Ask.

        Raises:
            StoreError: it does not answer, or takes no writes.
        """
        self._asked_at = time.monotonic()
        try:
            self._found = None if takes_writes(self._engine) else NO_WRITES
        except SQLAlchemyError as error:
            if not is_away(error):
                raise
            self._found = DOWN
        finally:
            self._asked_at = None
        if self._found is not None:
            raise StoreError("the database", why=self._found)
