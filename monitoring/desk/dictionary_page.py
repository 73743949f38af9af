"""The data dictionary as a page: on the desk, and as one file that needs nothing from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.workspace import Workspace
from monitoring.data_quality import data_dictionary
from monitoring.data_quality.data_dictionary import DataDictionary
from monitoring.desk.render import Templates

_STYLE = Path(__file__).parent / "static" / "desk.css"


@dataclass(frozen=True)
class DictionaryPage:
    """Every table and view with its fields."""

    found: DataDictionary


def build(workspace: Workspace) -> DictionaryPage:
    """Look everything up.

    Raises:
        NotReady: nothing has been ingested.
    """
    return DictionaryPage(data_dictionary.describe(workspace))


def standalone(workspace: Workspace, found: DataDictionary) -> str:
    """The page as one HTML file."""
    return Templates(workspace).render("dictionary_file.html", DictionaryPage(found), style=_STYLE.read_text())
