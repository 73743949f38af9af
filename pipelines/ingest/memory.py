"""What the last ingest read: a source that has not changed since is not read again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, replace

from core.files import write_atomically
from core.workspace import Workspace
from feature_repo.contract import TABLES
from pipelines.ingest.report import TableReport
from pipelines.ingest.typed import Shop
from pipelines.sources.newer import Mark
from pipelines.sources.source import TableSource

FILE = "sources.json"
_RULES = "2"
"""Raise it when the same source means other rows than before, so that it is read again (2: equal lines are judged)."""


class Memory:
    """For each table: the fingerprint of what was read, how it was mapped, the files it became, and the report."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.path = workspace.tables_dir / FILE
        try:
            self.entries: dict[str, dict[str, object]] = json.loads(self.path.read_text())
        except (OSError, ValueError):
            self.entries = {}

    def recall(self, table: str, fingerprint: str | None) -> TableReport | None:
        """The last report of a table, if the same was read and its rows are still in force."""
        entry = self.entries.get(table)
        if fingerprint is None or not entry or entry.get("fingerprint") != fingerprint:
            return None
        if entry.get("files") != self._files(table):
            return None
        found = self.report(table)
        if found is None:
            return None
        last = replace(found, notes=())
        same = last.unchanged + last.added + last.replaced
        return replace(last, added=0, replaced=0, unchanged=same, seconds=0.0, skipped=True)

    def changed(self, source: TableSource) -> tuple[str, ...] | None:
        """The parts of a table's mapping that are not as at the last ingest; None where that is not known."""
        last = self.definition(source.table)
        if not last:
            return None
        now = source.definition()
        return tuple(name for name in dict.fromkeys([*last, *now]) if last.get(name) != now.get(name))

    def definition(self, table: str) -> Mapping[str, str]:
        """What the mapping said of a table at the last ingest; nothing where that is not known."""
        last = self.entries.get(table, {}).get("definition")
        return last if isinstance(last, dict) else {}

    def report(self, table: str) -> TableReport | None:
        """What the last ingest that read a table said of it."""
        try:
            return TableReport(**self.entries[table]["report"])  # type: ignore[arg-type]
        except (KeyError, TypeError):
            return None

    def mark(self, source: TableSource) -> Mark | None:
        """How far the last ingest came in a table that is read by `newer`; None where that does not hold any more."""
        entry, newer = self.entries.get(source.table, {}), source.newer
        kept = entry.get("mark")
        if newer is None or not isinstance(kept, dict) or self._files(source.table) is None:
            return None
        same = (kept.get("from"), kept.get("by")) == (source.origin.label, newer.by)
        return Mark.recalled(kept) if same else None

    def keep(self, report: TableReport, fingerprint: str | None, source: TableSource, mark: Mark | None = None) -> None:
        """Remember a table as it is in force now, and how far it was read."""
        by = source.newer.by if source.newer else ""
        self.entries[report.table] = {
            "mark": {**mark.as_dict(), "by": by, "from": source.origin.label} if mark else None,
            "fingerprint": fingerprint,
            "definition": source.definition(),
            "files": self._files(report.table),
            "report": asdict(report),
        }

    def save(self) -> None:
        """Write it down."""
        write_atomically(self.path, json.dumps(self.entries, indent=1))

    def _files(self, table: str) -> list[str] | None:
        entry = self.workspace.tables.manifest.tables.get(table)
        return entry.files if entry else None


def fingerprint(source: TableSource, shop: Shop, rates: str | None, keys: str = "") -> str | None:
    """A digest of everything a table's rows follow from, or None where its source can't tell.

    `rates` is the fingerprint of the exchange rates it is converted by, "" for none; `keys` says how it tells who its
    rows are about.
    """
    content = source.origin.fingerprint()
    if content is None or rates is None:
        return None
    spec = TABLES[source.table]
    meant = json.dumps([source.definition(), source.origin.label])
    parts = (content, meant, shop.timezone, shop.base_currency, rates, repr(spec), _RULES)
    told = [*parts, keys] if keys else parts
    return hashlib.sha256("\n".join(told).encode()).hexdigest()
