"""Files that are whole or not there: atomic writes, directory swaps, hashes."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_atomically(path: Path, content: str | bytes, mode: int = 0o644) -> None:
    """Write `path` so that a reader, or a crash, sees the old content or the new one, never a part."""
    with replacing(path, mode) as staged:
        staged.write_bytes(_bytes(content))


@contextmanager
def replacing(path: Path, mode: int = 0o644) -> Iterator[Path]:
    """A file beside `path` to write into; at the end it takes the place of `path`, and after an error it is gone.

    `mode` is what the file may allow at most: the process's umask holds, too.
    """
    with _staged(path, mode) as staged:
        yield staged
        _make_durable(staged)
        staged.replace(path)


def create_once(path: Path, content: str | bytes, mode: int = 0o644) -> None:
    """Write `path` where it is not there yet: of several that do it at once, the first wins."""
    with _staged(path, mode) as staged:
        staged.write_bytes(_bytes(content))
        _make_durable(staged)
        try:
            path.hardlink_to(staged)
        except FileExistsError:
            return


@contextmanager
def staging_directory(target: Path) -> Iterator[Path]:
    """An empty directory beside `target`, to be filled and given to `replace_directory`; gone at the end."""
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def replace_directory(source: Path, target: Path) -> None:
    """Put the filled directory `source` in the place of `target`; `source` is gone afterwards."""
    old = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.old")
    if target.exists():
        target.replace(old)
    source.chmod(0o755)
    source.replace(target)
    shutil.rmtree(old, ignore_errors=True)


def sha256(path: Path) -> str:
    """The hexadecimal SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _staged(path: Path, mode: int) -> Iterator[Path]:
    """An empty file beside `path`, with its suffix (writers look at it); nobody sees more of it than `mode` allows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_name(f".{path.stem}.{uuid.uuid4().hex[:12]}{path.suffix}")
    os.close(os.open(staged, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))
    try:
        yield staged
    finally:
        staged.unlink(missing_ok=True)


def _make_durable(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content
