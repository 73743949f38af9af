"""The data dictionary as a page: on the desk, and as one file that needs nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path

from core.workspace import Workspace
from monitoring.data_quality import data_dictionary
from monitoring.data_quality.data_dictionary import DataDictionary
from monitoring.desk.render import Templates

_STYLE = Path(__file__).parent / "static" / "desk.css"
_remembered: dict[tuple[Hashable, ...], DictionaryPage] = {}
"""The last one, by what it was made of."""


@dataclass(frozen=True)
class DictionaryPage:
    """Every table and view with its fields."""

    found: DataDictionary


def build(workspace: Workspace) -> DictionaryPage:
    """Look everything up, unless it was of the same tables and snapshots: that takes seconds.

    Raises:
        NotReady: nothing has been ingested.
    """
    key = data_dictionary.made_of(workspace)
    page = _remembered.get(key)
    if page is None:
        page = DictionaryPage(data_dictionary.describe(workspace))
        _remembered.clear()
        _remembered[key] = page
    return page


def standalone(workspace: Workspace, found: DataDictionary) -> str:
    """The page as one HTML file."""
    return Templates(workspace).render("dictionary_file.html", DictionaryPage(found), style=_STYLE.read_text())
