"""Writes `regulars.toml`: every key with its meaning and its default."""

from __future__ import annotations

import json
from typing import Any

from pydantic.fields import FieldInfo

from core.settings import Settings, SettingsSection

HEADER = """\
# Settings of this workspace. Each key stands here with its default.
# The environment goes over this file: REGULARS_SEED=7, REGULARS_CHURN__HORIZON_DAYS=14.
"""


def render(overrides: dict[str, dict[str, Any]] | None = None) -> str:
    """The text of `regulars.toml`; `overrides` is {section: {key: value}} for what a source sets."""
    overrides = overrides or {}
    top, sections = [HEADER], []
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, SettingsSection):
            sections.append(_section(name, field, overrides.get(name, {})))
        else:
            top.append(_line(name, field, field.default))
    return "\n".join(top) + "\n" + "\n".join(sections)


def _section(name: str, field: FieldInfo, overrides: dict[str, Any]) -> str:
    lines = [f"\n# {field.description}", f"[{name}]"]
    for key, inner in type(field.default).model_fields.items():
        lines.append(_line(key, inner, overrides.get(key, inner.default)))
    return "\n".join(lines) + "\n"


def _line(key: str, field: FieldInfo, value: Any) -> str:
    return f"# {field.description}\n{key} = {_toml(value)}"


def _toml(value: Any) -> str:
    """TOML's own spelling of a default: JSON serves for booleans, numbers, strings and flat lists."""
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(f"{json.dumps(key, ensure_ascii=False)} = {_toml(each)}" for key, each in value.items())
            + "}"
        )
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
