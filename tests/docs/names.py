"""What a name in the docs can mean, and whether there is such a thing."""

from __future__ import annotations

import ast
import importlib
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import get_args

from core.settings import Settings, known_keys
from feature_repo import dictionary
from feature_repo.contract import TABLES
from pipelines.sources.mapping_form import TableMapping
from tests.docs.pages import ROOT

PRODUCT = ("core", "feature_repo", "models", "training", "serving", "monitoring", "pipelines")
READ = {".py", ".yaml", ".html", ".j2", ".toml"}


@cache
def text() -> str:
    """Everything that is written in the product."""
    files = [path for package in PRODUCT for path in (ROOT / package).rglob("*") if path.suffix in READ]
    return "\n".join(path.read_text() for path in [*files, *ROOT.glob("*.yaml"), *ROOT.glob("*.toml")])


@cache
def words() -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text()))


def is_path(path: str) -> bool:
    """Of the repository; or of a workspace: then its names stand in the code (`<kind>` stands for any)."""
    if (ROOT / path).exists():
        return True
    if path.endswith((".py", ".md")) and not path.endswith("card.md"):
        return False
    parts = [part for part in path.split("/") if part and not re.search(r"[<*]|YYYY", part)]
    return bool(parts) and all(f'{part}"' in text() or f'"{part}' in text() for part in parts)


def is_dotted(name: str) -> bool:
    """A setting, a column of the contract, a key of a mapping, something in a module of ours, or a library's."""
    section, _, rest = name.partition(".")
    return (
        name in known_keys()
        or (rest.endswith("*") and any(key.startswith(name[:-1]) for key in known_keys()))
        or (section in TABLES and rest in {column.name for column in TABLES[section].columns})
        or (section in _mapping_sections() and rest in _mapping_sections()[section])
        or is_object(name)
    )


def is_setting_section(name: str) -> bool:
    return name in Settings.model_fields


@cache
def _mapping_sections() -> dict[str, frozenset[str]]:
    """The keys of a table in mapping.yaml that hold keys themselves."""
    found = {}
    for name, field in TableMapping.model_fields.items():
        for kind in (field.annotation, *get_args(field.annotation)):
            if inner := getattr(kind, "model_fields", None):
                found[field.alias or name] = frozenset(key.alias or own for own, key in inner.items())
    return found


def is_object(name: str) -> bool:
    """A module that is there, or something in it, as `core.clock.present` or `core.workspace.Workspace.tables`."""
    parts = name.split(".")
    for split in range(len(parts), 0, -1):
        if _is_module(".".join(parts[:split])):
            found: object = importlib.import_module(".".join(parts[:split])) if split < len(parts) else None
            for part in parts[split:]:
                if not hasattr(found, part) and part not in getattr(found, "__annotations__", {}):
                    return False
                found = getattr(found, part, None)
            return True
    return False


@cache
def _is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def is_word(word: str) -> bool:
    """A name that the code knows: a column, a key, a field of an answer, a command."""
    return word in words() or word in features() or word.removesuffix("_total") in words()


@cache
def features() -> frozenset[str]:
    return frozenset(entry.feature.name for entry in dictionary.entries())


def imported(code: str) -> set[str]:
    """What an example in Python imports, as dotted names."""
    return {
        f"{node.module}.{alias.name}"
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def page_of(path: Path) -> str:
    return str(path.relative_to(ROOT))
