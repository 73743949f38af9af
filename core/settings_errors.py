"""What is wrong with a setting, in words: which key, where it came from (file or environment), what is allowed."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from core.errors import SettingsError, did_you_mean

if TYPE_CHECKING:
    from pydantic import ValidationError

ENVIRONMENT_PREFIX: Final = "REGULARS_"
_NAME_IN_A_TABLE: Final = "[key]"
"""How pydantic's place of an error ends where a name is wrong, not its value."""
_A_WORD: Final = "literal["
"""How it ends where a value may be a word or something else, and is neither: each of these has an error of its own."""


def variable(key: str) -> str:
    """The environment variable of a key."""
    return f"{ENVIRONMENT_PREFIX}{key.replace('.', '__').upper()}"


def explain(error: ValidationError, path: Path, keys: Sequence[str]) -> SettingsError:
    """The first fault; `keys` are all that there are."""
    first = error.errors()[0]
    key = ".".join(part for part in first["loc"] if isinstance(part, str) and not _is_no_name(part))
    values = _values_at_fault(first, key, keys)
    variables = [name for each in values if (name := _came_from(each))]
    where = f"environment, {' and '.join(variables)}" if variables else str(path)
    if first["type"] == "extra_forbidden":
        return SettingsError(f"unknown key {key!r}", where=where, todo=_nearest_key(key, keys))
    if first["loc"] and first["loc"][-1] == _NAME_IN_A_TABLE:
        table, _, name = key.rpartition(".")
        known = re.findall("'([^']*)'", str(first.get("ctx", {}).get("expected", "")))
        return SettingsError(f"unknown name {name!r} in {table}", where=where, todo=did_you_mean(name, known))
    text = _allowed(first, error)
    if not values:
        return SettingsError(text, where=where)
    shown = ", ".join(f"{name} = {value!r}" for name, value in values.items())
    verb = "is" if len(values) == 1 else "are"
    changed = " or ".join(variables or values)
    return SettingsError(f"{shown} {verb} not possible", where=where, why=text, todo=f"change {changed}")


def unreadable(path: Path, reason: str) -> SettingsError:
    """A variable of a list or a table that can't be read as one."""
    started = [n for n in os.environ if n.startswith(ENVIRONMENT_PREFIX) and os.environ[n].lstrip()[:1] in {"[", "{"}]
    where = f"environment, {' or '.join(started)}" if started else str(path)
    todo = """write lists and tables as JSON, such as '["none", "call"]'"""
    return SettingsError("a value can't be read", where=where, why=reason, todo=todo)


def _is_no_name(part: str) -> bool:
    return part == _NAME_IN_A_TABLE or part.startswith(_A_WORD)


def _values_at_fault(first: Mapping[str, Any], key: str, keys: Sequence[str]) -> dict[str, Any]:
    """The key and its value; of a rule across keys those of its keys that are given."""
    if key and (key in keys or any(key.startswith(f"{known}.") for known in keys) or "." in key):
        return {key: first["input"]}
    named = {each: _within(first["input"], each.removeprefix(f"{key}.")) for each in _named(first["msg"], key, keys)}
    given = {each: value for each, value in named.items() if value is not None}
    return given or ({key: first["input"]} if key else {})


def _named(text: str, section: str, keys: Sequence[str]) -> list[str]:
    """The keys of a section (of all, without one) that a text names."""
    words = set(re.findall(r"[\w.]*\w", text))
    start = f"{section}." if section else ""
    return [key for key in keys if key.startswith(start) and {key, key.removeprefix(start)} & words]


def _within(values: object, key: str) -> Any:
    """The value of a key in tables within tables; None where it is not given."""
    for part in key.split("."):
        values = values.get(part) if isinstance(values, Mapping) else None
    return values


def _came_from(key: str) -> str | None:
    """The variable that brought a key, or the table or list around it and names it."""
    found = {name.upper(): name for name in os.environ}
    parts = key.split(".")
    for length in range(len(parts), 0, -1):
        name = found.get(variable(".".join(parts[:length])))
        if name and all(part in os.environ[name] for part in parts[length:]):
            return name
    return None


def _allowed(first: Mapping[str, Any], error: ValidationError) -> str:
    if first["type"] == "missing" and isinstance(first["input"], list | tuple):
        lacking = sum(each["type"] == "missing" and each["loc"][:-1] == first["loc"][:-1] for each in error.errors())
        return f"{len(first['input']) + lacking} values are needed, {len(first['input'])} given"
    if first["type"] == "too_long":
        return "{max_length} values are needed, {actual_length} given".format(**first["ctx"])
    if first["type"] == "tuple_type":
        return "a list of values is allowed"
    if first["type"].startswith("bool"):
        return "true or false is allowed"
    text = first["msg"].removeprefix("Value error, ")
    if "".join(map(str, first["loc"][-1:])).startswith(_A_WORD):
        same = [each["msg"] for each in error.errors() if each["loc"][:-1] == first["loc"][:-1]]
        text = ", or ".join([same[0], *(each.removeprefix("Input ") for each in same[1:])])
    return str(text[0].lower() + text[1:])


def _nearest_key(key: str, keys: Sequence[str]) -> str:
    """Prefer a key of the same section: a slip of the pen rarely leaves it."""
    section = key.rpartition(".")[0]
    same = [known for known in keys if section and known.startswith(section + ".")]
    return did_you_mean(key, same or list(dict.fromkeys(known.split(".")[0] for known in keys)))
