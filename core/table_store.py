"""The shop's committed tables: immutable Parquet files, named by one manifest that is replaced atomically.

A reader pins the generation it reads: its files stay until it has ended, also where it is killed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from core import leases, locks, manifest
from core.errors import StoreError
from core.manifest import Manifest, TableChange
from core.tables import Tables

PINS = ".pins"


class TableStore:
    """Hands out generations of the tables, and makes the next one."""

    def __init__(self, directory: Path, protected_directory: Path) -> None:
        self.directory = directory
        self.protected_directory = protected_directory

    def current(self) -> Tables:
        """The generation in force now. Its files may go with a later one: `pinned` keeps them.

        Raises:
            StoreError: the manifest can't be read.
        """
        return self._of(manifest.read(self._manifest))

    @contextmanager
    def pinned(self) -> Iterator[Tables]:
        """The generation in force now, whose files stay until the end of the block, or of this process."""
        with leases.held(self._pins) as pin:
            yield self._pin(pin)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """One writer at a time.

        Raises:
            StoreError: another ingest is running.
        """
        with locks.trying(self.directory / ".lock") as is_alone:
            if not is_alone:
                raise StoreError(
                    "another ingest is running on this workspace",
                    where=str(self.directory),
                    todo="wait until it has ended",
                )
            yield

    def commit(
        self,
        changes: Mapping[str, TableChange],
        *,
        timezone: str | None = None,
        base_currency: str | None = None,
    ) -> int:
        """Put new files in the place of old ones, all tables at once; hold `lock` meanwhile.

        Returns the new generation. A crash before the last line leaves the old generation in force.
        """
        new = manifest.read(self._manifest).changed(changes, timezone, base_currency)
        manifest.write(self._manifest, new)
        return new.generation

    def collect_garbage(self) -> int:
        """Remove files that no generation in force or pinned names; returns how many. Hold `lock` meanwhile."""
        # The pins come first: one made after this is of the generation in force.
        kept = {path for tables in [*self._pinned(), self.current()] for path in tables.all_files()}
        present = [*self.directory.glob("*/*.parquet"), *self.protected_directory.glob("*.parquet")]
        stray = [path for path in present if path not in kept]
        for path in stray:
            path.unlink(missing_ok=True)
        return len(stray)

    def _pin(self, pin: Path) -> Tables:
        """Note what is pinned, and look again: only what is still in force then was noted before it could go."""
        noted = pin.with_suffix(".json")
        found = manifest.read(self._manifest)
        while True:
            manifest.write(noted, found)
            again = manifest.read(self._manifest)
            if again.generation == found.generation:
                return self._of(found)
            found = again

    def _pinned(self) -> list[Tables]:
        notes = [pin.with_suffix(".json") for pin in leases.sweep(self._pins)]
        return [self._of(manifest.read(note)) for note in notes]

    def _of(self, found: Manifest) -> Tables:
        return Tables(self.directory, self.protected_directory, found)

    @property
    def _manifest(self) -> Path:
        return self.directory / "manifest.json"

    @property
    def _pins(self) -> Path:
        return self.directory / PINS
