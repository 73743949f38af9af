"""Where files lie: named one by one or by a pattern; a folder and a link that leads elsewhere are told apart."""

from __future__ import annotations

import glob
import os
import re
from pathlib import Path

from core.errors import DataError, MappingError, did_you_mean
from pipelines.sources.file_order import natural

_PATTERN = re.compile(r"[*?\[]")

Found = tuple[str, Path, str]
"""How messages name a file, where it lies, and the part of it that is meant (a sheet)."""


def is_several(text: str, folder: Path) -> bool:
    """Whether a text is a pattern of files, such as `exports/orders-*.csv`."""
    return "://" not in text and bool(_PATTERN.search(text)) and not _path(_split(text, folder)[0], folder).exists()


def find_files(text: str, folder: Path, where: str) -> list[Found]:
    """The files that a text names, those of a pattern in the order of their names (2 before 10).

    Raises:
        MappingError: there is none, or it is not to be read.
    """
    place, part = _split(text, folder)
    if not is_several(text, folder):
        return [(text, readable_file(place, folder, where), part)]
    found = sorted(_matches(place, folder), key=natural)
    if not found:
        raise MappingError(
            f"no file is called {place}",
            where=where,
            why=f"looked from {folder}",
            todo="check the folder and the pattern",
        )
    suffix = f"#{part}" if part else ""
    return [(f"{name}{suffix}", readable_file(name, folder, where), part) for name in found]


def files_there(text: str, folder: Path) -> list[Path]:
    """The files that a text names or could name: those of a pattern that are there, else the one that is named."""
    place, _ = _split(text, folder)
    return (
        [_path(name, folder) for name in _matches(place, folder)]
        if is_several(text, folder)
        else [_path(place, folder)]
    )


def readable_file(text: str, folder: Path, where: str) -> Path:
    """The file that a text names, relative to `folder` unless it says otherwise.

    Raises:
        MappingError: it is not there, is a folder, or a link that leads out of `folder`.
        DataError: it may not be read.
    """
    named = _path(text, folder)
    path = named.resolve()
    if path.is_dir():
        raise MappingError(
            f"{text} is a folder", where=where, todo=f"name its files: {text.rstrip('/')}/*{_like(path)}"
        )
    if not path.is_file():
        near = [item.name for item in path.parent.iterdir()] if path.parent.is_dir() else []
        raise MappingError(f"there is no file {path}", where=where, todo=did_you_mean(path.name, near))
    if _leads_out(text, named, path, folder):
        raise MappingError(
            f"{text} is a link that leaves the folder", where=where, why=f"it leads to {path}", todo="name that file"
        )
    if not os.access(path, os.R_OK):
        raise DataError(f"the file {path} may not be read", where=where, todo="change its permissions")
    return path


def _path(text: str, folder: Path) -> Path:
    return folder / Path(text).expanduser()


def _split(text: str, folder: Path) -> tuple[str, str]:
    """The file and what stands behind `#`; a file may have that character in its name."""
    if "#" not in text or _path(text, folder).is_file():
        return text, ""
    place, _, part = text.rpartition("#")
    return place, part


def _matches(pattern: str, folder: Path) -> list[str]:
    """What a pattern stands for, written as the pattern is; hidden files and folders are none of it."""
    absolute = Path(pattern).expanduser()
    if absolute.is_absolute():
        return [name for name in glob.glob(str(absolute), recursive=True) if Path(name).is_file()]  # noqa: PTH207
    names = glob.glob(pattern, root_dir=folder, recursive=True)  # noqa: PTH207
    return [name for name in names if (folder / name).is_file()]


def _leads_out(text: str, named: Path, path: Path, folder: Path) -> bool:
    """Whether a file that is named within the folder lies outside of it: only a link leads there.

    Of a file that is named with its whole path, or with `..`, a person has said that it lies elsewhere.
    """
    if Path(text).expanduser().is_absolute() or ".." in Path(text).parts:
        return named.is_symlink() and not path.is_relative_to(named.parent.resolve())
    return not path.is_relative_to(folder.resolve())


def _like(folder: Path) -> str:
    """The ending of most files of a folder."""
    suffixes = [item.suffix for item in folder.iterdir() if item.is_file() and item.suffix]
    return max(sorted(set(suffixes)), key=suffixes.count, default=".csv")
