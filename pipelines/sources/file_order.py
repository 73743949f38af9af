"""The order of files by their names, as a person reads them."""

from __future__ import annotations

import re


def natural(name: str) -> list[tuple[int, str]]:
    """Sorts by the numbers in a name, not by their digits: orders-9 before orders-10."""
    return [(int(piece), "") if piece.isdecimal() else (-1, piece) for piece in re.split(r"(\d+)", name)]
