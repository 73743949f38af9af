"""What a person decided about rows set aside, so that the next ingest of their source does not ask again."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import StoreError
from core.files import write_atomically
from core.workspace import Workspace
from feature_repo.contract import TableSpec

FILE = "verdicts.json"


@dataclass
class Verdicts:
    """Of one table: the identities of rows `released` as they are, and the digests of rows `dropped` for good."""

    path: Path
    released: set[str] = field(default_factory=set)
    dropped: set[str] = field(default_factory=set)

    def save(self) -> None:
        """Write them down."""
        kept = {"released": sorted(self.released), "dropped": sorted(self.dropped)}
        write_atomically(self.path, json.dumps(kept, indent=1), 0o600)


def folder(workspace: Workspace, spec: TableSpec) -> Path:
    """Where a table's bad rows go; those of protected attributes stay apart, too."""
    return workspace.protected_dir / "quarantine" if spec.protected else workspace.quarantine_dir / spec.name


def recall(workspace: Workspace, spec: TableSpec) -> Verdicts:
    """What was decided of a table's rows.

    Raises:
        StoreError: it can't be read.
    """
    path = folder(workspace, spec) / FILE
    try:
        kept = json.loads(path.read_text())
        return Verdicts(path, set(kept["released"]), set(kept["dropped"]))
    except FileNotFoundError:
        return Verdicts(path)
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(
            "what was released and dropped can't be read",
            where=str(path),
            why=str(error),
            todo="restore it from a backup, or remove it: released duplicates are then set aside anew",
        ) from None
