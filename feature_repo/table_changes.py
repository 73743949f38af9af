"""What has happened to the tables since something was made from them: which changed, and from which day on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from core.manifest import Manifest

WHOLE = date.min
"""From this day on a table has changed that may have changed anywhere."""


def history(manifest: Manifest, generation: int) -> str:
    """A hash of the commits up to a generation: of two workspaces' histories, or of one restored, each has its own."""
    commits = [asdict(commit) for commit in manifest.commits if commit.generation <= generation]
    return hashlib.sha256(json.dumps([generation, commits]).encode()).hexdigest()[:16]


def changed_since(manifest: Manifest, tables: Sequence[str], generation: int) -> dict[str, date]:
    """The tables that were changed after a generation, each with the earliest day it was touched at, else `WHOLE`."""
    found: dict[str, date] = {}
    for commit in manifest.commits:
        if commit.generation > generation and commit.table in tables:
            day = date.fromisoformat(commit.since) if commit.since else WHOLE
            found[commit.table] = min(day, found.get(commit.table, day))
    return found
