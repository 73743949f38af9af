"""Whom never to contact: the files that name them, read as people write such files."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from core.customer_ids import CustomerIds
from core.errors import UsageError
from core.workspace import Workspace

HEADING = "customer_id"


@dataclass(frozen=True)
class Suppressed:
    """What the files name, a set of ids for each line: the line as it stands, and its first column."""

    lines: tuple[frozenset[str], ...] = ()

    @property
    def customers(self) -> set[str]:
        """Everybody who may be meant."""
        return {one for line in self.lines for one in line}

    def unknown(self, customers: Collection[str]) -> int:
        """How many lines name no customer of the shop: an id that is written otherwise protects nobody."""
        known = set(customers)
        return sum(line.isdisjoint(known) for line in self.lines)


def suppressed(workspace: Workspace, also: Path | None = None) -> Suppressed:
    """Those of the files `contacts.suppress` and `also`, whichever of a customer's ids they name.

    Raises:
        UsageError: a file can't be read.
    """
    listed = workspace.settings.contacts.suppress
    files = [*([workspace.root / listed] if listed else []), *([also] if also else [])]
    ids, found = CustomerIds.load(workspace), {line for file in files for line in _lines(file)}
    return Suppressed(tuple(frozenset(ids.person(one) for one in meant(line)) for line in sorted(found)))


def meant(line: str) -> set[str]:
    """The ids that a line may mean: files with several columns begin with the id."""
    return {line.strip('"'), re.split("[,;\t]", line)[0].strip().strip('"')} - {""}


def _lines(file: Path) -> set[str]:
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        todo = "name a text file with one id a line"
        raise UsageError(f"{file} can't be read", why=str(error), todo=todo) from error
    found = {line.strip() for line in lines} - {""}
    return {line for line in found if HEADING not in meant(line)}
