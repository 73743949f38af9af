"""A kind of dirt: one small function that spoils an export, and what may come of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from pipelines.bench.dirty_export import DirtyExport

Spoil = Callable[[DirtyExport, Random], None]
Fits = Callable[[DirtyExport], bool]


@dataclass(frozen=True)
class DirtKind:
    """`group`: of one group a file has one kind at most; `may_stop`: to refuse the file is right, too."""

    name: str
    group: str
    spoil: Spoil
    fits: Fits
    may_stop: bool


def _always(_export: DirtyExport) -> bool:
    return True


def kind(group: str, fits: Fits = _always, *, may_stop: bool = False) -> Callable[[Spoil], DirtKind]:
    """Make a kind of a function."""

    def made(spoil: Spoil) -> DirtKind:
        return DirtKind(spoil.__name__, group, spoil, fits, may_stop)

    return made
