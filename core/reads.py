"""What code that reads the shop's tables directly says of it: which columns, and what for.

A module that asks for a table by its name declares it as `READS`; features need not, for their expressions tell.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Read:
    """Some columns of a table of the data contract, and what they are read for."""

    table: str
    columns: tuple[str, ...]
    purpose: str
