"""A saved model is a directory of UBJ, JSON and Parquet files, sealed by a manifest of their SHA-256."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from core.errors import StoreError
from core.files import replace_directory, sha256, staging_directory, write_atomically

MANIFEST = "manifest.json"
FORMAT = 1
_DATA = {".ubj", ".json", ".parquet", ".npy", ".txt", ".md", ".png", ".html", ".csv"}


@contextmanager
def saving(directory: Path) -> Iterator[Path]:
    """A staging directory to write the model into; sealed and put in the place of `directory` at the end.

    A crash before the end leaves what was there.
    """
    with staging_directory(directory) as staging:
        yield staging
        seal(staging)
        replace_directory(staging, directory)


def seal(directory: Path) -> None:
    """Write the manifest: every file below `directory`, with its SHA-256.

    Raises:
        StoreError: a file is no plain data (a pickle, for example).
    """
    files = _files(directory)
    for name in files:
        if Path(name).suffix not in _DATA:
            raise StoreError(
                f"{name} can't be part of a saved model",
                where=str(directory),
                why=f"a saved model is data: {', '.join(sorted(_DATA))}",
            )
    write_json(directory / MANIFEST, {"format": FORMAT, "files": files})


def verify(directory: Path) -> None:
    """Check every file against the manifest.

    Raises:
        StoreError: the manifest is missing, or a file is missing, changed or was added, is no plain data, or lies
            elsewhere.
    """
    listed = _manifest(directory)
    for name in listed:
        _refuse_hostile(directory, name)
    found = _files(directory)
    if listed == found:
        return
    wrong = sorted({*listed.items()} ^ {*found.items()})[0][0]
    state = "missing" if wrong not in found else "not in the manifest" if wrong not in listed else "changed"
    raise StoreError(
        f"the saved model is damaged: {wrong} is {state}",
        where=str(directory),
        todo="fetch the version again from the registry, or train a new one",
    )


def write_json(path: Path, content: Any) -> None:
    """Write readable, deterministic JSON; NaN is refused, as JSON has none."""
    write_atomically(path, json.dumps(content, indent=1, sort_keys=True, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """The content of a JSON file of a saved model.

    Raises:
        StoreError: it is missing or no JSON.
    """
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise StoreError(f"{path.name} can't be read", where=str(path.parent), why=str(error)) from error


def _manifest(directory: Path) -> dict[str, str]:
    content = read_json(directory / MANIFEST)
    if not isinstance(content, dict) or content.get("format") != FORMAT or "files" not in content:
        raise StoreError(f"{MANIFEST} is not one of a saved model", where=str(directory))
    return dict(content["files"])


def _refuse_hostile(directory: Path, name: str) -> None:
    """Whoever wrote the manifest may have meant harm: nothing outside of the folder is read, nothing runs."""
    place = PurePosixPath(name)
    inside = not place.is_absolute() and ".." not in place.parts
    links = inside and any((directory / each).is_symlink() for each in (place, *place.parents))
    if not inside or links or place.suffix not in _DATA:
        raise StoreError(
            f"{name} can't be part of a saved model",
            where=str(directory),
            why=f"a saved model is files of its own folder: {', '.join(sorted(_DATA))}",
            todo="find out who wrote it; fetch the version again from the registry, or train a new one",
        )


def _files(directory: Path) -> dict[str, str]:
    paths = (path for path in sorted(directory.rglob("*")) if path.is_file() and path != directory / MANIFEST)
    return {path.relative_to(directory).as_posix(): sha256(path) for path in paths}
