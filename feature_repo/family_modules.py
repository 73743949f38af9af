"""Which modules of `feature_repo.families` say of themselves that they are a family of a view, without importing them.

A module is one by a line `VIEW = "customer_features"`: adding the file is all that a new family takes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType, ModuleType

from core.errors import DataError, RegularsError
from feature_repo import families

_VIEW = re.compile(r"^VIEW\s*(?::[^=]+)?=\s*(?P<name>[\"'][\w.-]+[\"'])", re.MULTILINE)
_NOT_ITS_FAULT = ("OutOfMemoryException", "IOException", "InterruptException", "Py4JJavaError", "Py4JNetworkError")
"""Errors of the engines."""
REQUIRED = ("FEATURES", "compute")


def found(view: str) -> tuple[str, ...]:
    """The families that name the view, in alphabetical order."""
    return tuple(name for name, of in sorted(_views(tuple(families.__path__)).items()) if of == view)


def file(name: str) -> Path:
    """Where a family's code lies."""
    places = [Path(folder) / f"{name}.py" for folder in families.__path__]
    return next((place for place in places if place.exists()), places[0])


def load(name: str) -> ModuleType:
    """A family's module.

    Raises:
        DataError: it can't be imported, or lacks what a family has to have.
    """
    with computing(name):
        family = import_module(f"{families.__name__}.{name}")
    missing = [each for each in REQUIRED if not hasattr(family, each)]
    if missing:
        raise broken(name, AttributeError(f"it has no {' and no '.join(missing)}"))
    return family


@contextmanager
def computing(name: str) -> Iterator[None]:
    """Where a family is computed: what it raises names it. Want of memory and of disk are nobody's fault.

    Raises:
        DataError: the family fails.
    """
    try:
        yield
    except (RegularsError, OSError, MemoryError):
        raise
    except Exception as error:
        if type(error).__name__ in _NOT_ITS_FAULT:
            raise
        raise broken(name, error) from error


def broken(name: str, error: Exception) -> DataError:
    """What to say of a family that fails: its features would be missing where a model has learnt them."""
    said = next(iter(str(error).splitlines()), "")
    return DataError(
        f"the feature family {name!r} can't be computed",
        where=str(file(name)),
        why=f"{type(error).__name__}: {said}" if said else type(error).__name__,
        todo="mend it, or take the file away: without it the other features are as they were",
    )


@cache
def _views(folders: tuple[str, ...]) -> Mapping[str, str]:
    """The view that each module names."""
    views: dict[str, str] = {}
    for place in (place for folder in folders for place in Path(folder).glob("*.py")):
        said = _VIEW.search(place.read_text(encoding="utf-8"))
        if said:
            views.setdefault(place.stem, ast.literal_eval(said["name"]))
    return MappingProxyType(views)
