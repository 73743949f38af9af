"""The data dictionary on the command line: all of it or one section, shown or written as a page or as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from core.errors import UsageError, did_you_mean
from core.files import write_atomically
from core.workspace import Workspace
from monitoring.data_quality import data_dictionary
from monitoring.data_quality.data_dictionary import DataDictionary
from monitoring.desk import dictionary_page

SUFFIXES = (".html", ".json")


def require_page(output: Path) -> None:
    """Refuse early what `write` could not write.

    Raises:
        UsageError: neither a page nor JSON, or its folder is not there.
    """
    if output.suffix not in SUFFIXES:
        raise UsageError(f"--output {output}: neither .html nor .json", todo="name a file that ends in one of them")
    if not output.parent.is_dir():
        raise UsageError(f"--output {output}: there is no folder {output.parent}", todo=f"mkdir -p {output.parent}")


def described(workspace: Workspace, of: str | None = None) -> DataDictionary:
    """The dictionary, or one table or view of it.

    Raises:
        UsageError: there is no such table or view.
        NotReady: nothing has been ingested.
    """
    found = data_dictionary.describe(workspace)
    if of is None:
        return found
    names = [section.name for section in found.sections]
    if of not in names:
        raise UsageError(f"there is no table or view {of!r}", todo=did_you_mean(of, names))
    return replace(found, sections=tuple(section for section in found.sections if section.name == of))


def write(workspace: Workspace, found: DataDictionary, output: Path) -> Path:
    """Write it as a page that needs nothing from elsewhere, or as JSON."""
    page = output.suffix == ".html"
    text = dictionary_page.standalone(workspace, found) if page else json.dumps(found.as_document(), indent=1)
    write_atomically(output, text)
    return output
