"""Objects of a storage as files: copies beside the mapping, of which an unchanged object's is used again.

A copy is known by the object's address, size and mark (ETag), so that of a pattern only new objects are fetched. The
copies take no more than `ingest.copies_gb`: those that were not used for longest go first.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from core import progress, settings
from core.errors import MappingError, StoreError
from core.settings import Settings
from core.workspace import SETTINGS_FILE
from pipelines.sources.file_order import natural
from pipelines.sources.file_places import Found
from pipelines.sources.object_stores import StoredObject, is_object_pattern, store_of
from pipelines.sources.temporary_folder import folder_of

FOLDER = ".objects"
_IN_USE_S = 6 * 3600
"""What was used so lately may be in use, and stays."""


def find_objects(text: str, folder: Path, where: str) -> list[Found]:
    """The objects that a text names, as files; those of a pattern in the order of their names (2 before 10).

    Raises:
        RegularsError: there is none, it may not be read, or there is no room for it.
    """
    url, _, part = text.partition("#")
    limits = _settings(folder)
    store = store_of(url, where, limits.ingest.s3_endpoint)
    found = sorted(store.find(url), key=lambda one: natural(one.url))
    if not found:
        raise MappingError(f"no object is called {url}", where=where, todo="mend from:")
    copies = _Copies(folder, int(limits.ingest.copies_gb * 1e9))
    suffix = f"#{part}" if part and is_object_pattern(url) else ""
    files = []
    for one in found:
        path = copies.path(one)
        if not path.exists():
            progress.current().step(f"fetch {one.label}")
            with copies.written(one, path) as target:
                store.fetch(one, target)
        os.utime(path.parent.parent)
        files.append((one.label + suffix, path, part))
    return files


def _settings(folder: Path) -> Settings:
    """Those of the workspace; the defaults where there is none yet."""
    path = folder / SETTINGS_FILE
    return settings.load(path) if path.is_file() else Settings()


class _Copies:
    """The folder of copies, in the workspace or among the temporary files: a folder an object, in it one a version."""

    def __init__(self, folder: Path, limit: int) -> None:
        self.limit = limit
        self.folder = folder / FOLDER if (folder / SETTINGS_FILE).is_file() else folder_of(_OF_PROCESS)
        self.folder.mkdir(exist_ok=True, mode=0o700)

    def path(self, stored: StoredObject) -> Path:
        """Where the copy of this version of an object is, once it is there; an object without a mark is always new."""
        version = f"{stored.size}:{stored.mark or uuid.uuid4().hex}"
        name = PurePosixPath(unquote(urlsplit(stored.url).path)).name
        return self.folder / _digest(stored.url) / _digest(version) / name

    @contextmanager
    def written(self, stored: StoredObject, path: Path) -> Iterator[Path]:
        """A file to write a copy into, which takes its place once it is whole; then older versions go.

        Raises:
            StoreError: there is no room.
        """
        self._make_room(stored)
        object_folder = path.parent.parent
        object_folder.mkdir(exist_ok=True, mode=0o700)
        staged = Path(object_folder, f"part-{uuid.uuid4().hex[:12]}")
        staged.mkdir(mode=0o700)
        try:
            yield staged / path.name
            staged.replace(path.parent)
        except OSError as error:
            todo = "make room on the disk"
            raise StoreError("the copy can't be written", where=str(path), why=str(error), todo=todo) from None
        finally:
            shutil.rmtree(staged, ignore_errors=True)
        for version in object_folder.iterdir():
            if version != path.parent:
                shutil.rmtree(version, ignore_errors=True)

    def _make_room(self, stored: StoredObject) -> None:
        """Let copies go that were not used for longest."""
        sizes = {one: _size(one) for one in sorted(self.folder.iterdir(), key=_used)}
        for old in list(sizes):
            if sum(sizes.values()) + stored.size <= self.limit:
                return
            if time.time() - _used(old) > _IN_USE_S:
                shutil.rmtree(old, ignore_errors=True)
                del sizes[old]
        if sum(sizes.values()) + stored.size > self.limit:
            raise StoreError(
                f"there is no room for a copy of {stored.label}",
                where=str(self.folder),
                why=f"it has {stored.size / 1e9:.2f} GB, {sum(sizes.values()) / 1e9:.2f} GB are taken,"
                f" and ingest.copies_gb is {self.limit / 1e9:g}",
                todo="raise ingest.copies_gb, or name fewer objects",
            )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _used(object_folder: Path) -> float:
    return object_folder.stat().st_mtime


def _size(object_folder: Path) -> int:
    return sum(file.stat().st_size for file in object_folder.rglob("*") if file.is_file())


class _Process:
    """What copies outside a workspace last as long as."""


_OF_PROCESS = _Process()
