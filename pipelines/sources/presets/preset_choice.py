"""Which preset fits a file: the one that the most names of its columns tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import DataError
from pipelines.sources.presets.preset_form import OWN, Preset, in_folder, shipped


@dataclass(frozen=True)
class Recognised:
    """The preset that fits, None for none, and what to say of others that would fit as well."""

    preset: Preset | None
    remark: str = ""


def recognise(headers: Mapping[str, Sequence[str]], beside: Sequence[Path]) -> Recognised:
    """The preset of files with these columns (by their names); a shop's own presets come before those shipped.

    Args:
        headers: for each file the names of its columns.
        beside: folders that may hold a folder `presets`.

    Raises:
        DataError: the files are exports of several platforms.
        MappingError: a preset can't be meant.
    """
    own = [preset for folder in dict.fromkeys(beside) for preset in in_folder(folder / OWN)]
    found = {file: _of_one(columns, own) for file, columns in headers.items()}
    presets = {each.preset.title: file for file, each in found.items() if each.preset}
    if len(presets) > 1:
        listed = ", ".join(f"{file} is {title}" for title, file in presets.items())
        raise DataError(
            "the files are exports of several platforms",
            where=", ".join(headers),
            why=listed,
            todo="name those of one platform; a workspace of each is made with a call of its own",
        )
    if presets and any(each.preset is None for each in found.values()):
        [title] = presets
        strangers = ", ".join(file for file, each in found.items() if each.preset is None)
        return Recognised(None, f"not all of the files are {title}: {strangers} is none; drafted from the rows instead")
    return next(iter(found.values()), Recognised(None))


def _of_one(columns: Sequence[str], own: Sequence[Preset]) -> Recognised:
    for presets in (own, shipped()):
        fits = {preset.title: (preset.fit(columns), preset) for preset in presets}
        most = max((fit for fit, _ in fits.values()), default=0)
        best = [preset for fit, preset in fits.values() if fit == most and most]
        if len(best) == 1:
            return Recognised(best[0])
        if best:
            listed = " and ".join(preset.title for preset in best)
            return Recognised(None, f"{listed} fit the columns equally well: drafted from the rows instead")
    return Recognised(None)
