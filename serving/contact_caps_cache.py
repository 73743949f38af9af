"""Whom to leave in peace, read again when the shop's tables or its day change."""

from __future__ import annotations

from datetime import date

from core.errors import RegularsError
from core.workspace import Workspace
from models.contacts.contact_caps import ContactCaps
from serving.problems import NotYet


class ContactCapsCache:
    """The caps as of the shop's present. While they can't be read nobody is named: a cap that is not known is kept."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._read_for: tuple[int, date] | None = None
        self._found: ContactCaps | None = None
        self._why = "contacts and suppression lists are being read"

    @property
    def now(self) -> ContactCaps:
        """One reference, replaced as a whole.

        Raises:
            NotYet: they have not been read, and why.
        """
        if self._found is None:
            raise NotYet(f"whom to leave in peace is not known: {self._why}", headers={"Retry-After": "5"})
        return self._found

    def refresh(self, present: date | None) -> None:
        """Read them if the tables or the day changed; a replica that knows of no tables knows of no contacts."""
        generation = self._workspace.tables.generation
        if present is None or generation == 0 or (generation, present) == self._read_for:
            return
        try:
            with self._workspace.pinned() as workspace:
                self._read_for = workspace.tables.generation, present
                self._found = ContactCaps.load(workspace, present)
        except RegularsError as error:
            self._read_for, self._found, self._why = None, None, str(error)
            raise
