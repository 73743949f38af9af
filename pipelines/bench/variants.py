"""Variants of an export: from a seed always the same dirt on the same orders."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from pipelines.bench import dirt, platforms
from pipelines.bench.dirt import DirtKind
from pipelines.bench.dirty_export import DirtyExport
from pipelines.bench.platform_export import PlatformExport

_MOST = 4
"""Kinds of dirt on one variant, at most."""


@dataclass(frozen=True)
class Variant:
    """One export with dirt on it; `dirt` are the names of its kinds, `may_stop`: to refuse it is right, too."""

    name: str
    export: DirtyExport
    dirt: tuple[str, ...]
    may_stop: bool


def variant(source: PlatformExport, seed: int, number: int) -> Variant:
    """The variant of an export with a number; number 0 is the export as its platform writes it.

    Over the numbers every kind of dirt that fits has its turn as the first; the others are drawn.
    """
    export = DirtyExport(source, source.shop.sales())
    kinds = _drawn(export, Random(f"{seed}/{source.name}"), seed, number) if number else []
    put: list[DirtKind] = []
    chance = Random(f"{seed}/{source.name}/{number}/dirt")
    for kind in dirt.ALL:
        if kind in kinds and kind.fits(export):
            kind.spoil(export, chance)
            put.append(kind)
    names = tuple(kind.name for kind in put)
    return Variant(f"{source.name}/{seed}/{number}", export, names, any(kind.may_stop for kind in put))


def named(name: str) -> Variant:
    """The variant that a report names.

    Raises:
        KeyError: there is none.
    """
    source, seed, number = name.rsplit("/", 2)
    found = {export.name: export for export in platforms.ALL}[source]
    return variant(found, int(seed), int(number))


def _drawn(export: DirtyExport, order: Random, seed: int, number: int) -> list[DirtKind]:
    fit = [kind for kind in dirt.ALL if kind.fits(export)]
    order.shuffle(fit)
    chance = Random(f"{seed}/{export.source.name}/{number}")
    drawn = [fit[(number - 1) % len(fit)]]
    for kind in chance.sample(fit, len(fit)):
        if len(drawn) > chance.randrange(_MOST):
            break
        if kind.group not in {each.group for each in drawn}:
            drawn.append(kind)
    return drawn
