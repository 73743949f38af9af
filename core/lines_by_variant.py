"""Which lines of a prediction were answered by which variant, as the prediction log keeps it in the request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

LINES: Final = "lines_of"
"""The name in the request: per variant its version and the positions of its lines, but for the most frequent one."""
DEFAULT: Final = "others"
SHADOW_SUFFIX: Final = "_shadow"
"""What shadows say is of kinds of their own in the log: nobody was told it."""


def by_variant(told: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """From the (variant, version) of each line."""
    positions: dict[tuple[str, str], list[int]] = {}
    for position, each in enumerate(told):
        positions.setdefault(each, []).append(position)
    (variant, version), _ = most = max(positions.items(), key=lambda item: len(item[1]))
    rest = {name: {"version": of, "lines": at} for (name, of), at in positions.items() if (name, of) != most[0]}
    return {**rest, DEFAULT: {"variant": variant, "version": version}}


def of_line(request: Mapping[str, Any], position: int | None, variant: str, version: str) -> tuple[str, str]:
    """The variant and version of a line; those of the whole prediction where nothing else is said."""
    lines = request.get(LINES)
    if not lines or position is None:
        return variant, version
    for name, each in lines.items():
        if name != DEFAULT and position in each["lines"]:
            return name, each["version"]
    return lines[DEFAULT]["variant"], lines[DEFAULT]["version"]
