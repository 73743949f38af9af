"""A text as YAML writes it."""

from __future__ import annotations

import json
import re

import yaml


def scalar(text: str) -> str:
    """A YAML scalar: plain where that is safe."""
    if re.fullmatch(r"[A-Za-z_/.][\w ./-]*", text) and text.strip() == text and yaml.safe_load(text) == text:
        return text
    if not text.isprintable():
        return json.dumps(text)
    return "'" + text.replace("'", "''") + "'"
