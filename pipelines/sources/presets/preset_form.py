"""A preset: how one platform's export is mapped, and what one has to know of it. Presets are files, not code."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, ValidationError, model_validator

import pipelines
from core.errors import MappingError
from feature_repo.contract import TABLES
from pipelines.parsing.blanks import tidy
from pipelines.sources.form_parts import Listed, Part
from pipelines.sources.mapping_form import TableMapping
from pipelines.sources.number_style import Groups

SHIPPED = Path(pipelines.__file__).parent / "presets"
OWN = "presets"
"""The folder of a shop's own presets, beside its mapping or its export."""
_WRITTEN = {"from", "csv", "rows"}
"""Keys of a table that a draft writes itself, from what the file looks like."""


class AddsUp(Part):
    """What the lines of an order come to, as the export says it once an order."""

    to: str
    lines: str
    less: str | None = None


class Preset(Part):
    """One file of `presets/`.

    `recognised_by`: sets of names of columns; a file with all of one set is this export. `names`: other names under
    which a column stands, in other versions and languages. `groups`: what three digits behind the only mark of an
    amount are, where the platform writes no others. `text` is the file, with its comments.
    """

    platform: str
    export: str
    recognised_by: Annotated[tuple[Listed, ...], Field(min_length=1)]
    names: dict[str, Listed] = {}
    optional: Listed = ()
    leaves_out: Listed = ()
    traps: Annotated[Listed, Field(min_length=1)]
    adds_up: AddsUp | None = None
    groups: Groups | None = None
    once_an_order: Listed = ()
    tables: dict[str, Any]
    file: Path
    text: str

    @model_validator(mode="after")
    def _possible(self) -> Preset:
        if "orders" not in self.tables:
            raise ValueError("tables.orders is missing")
        for name, table in self.tables.items():
            if name not in TABLES:
                raise ValueError(f"the contract has no table {name!r}")
            if written := _WRITTEN & set(table):
                raise ValueError(f"{name}.{min(written)} is written from the file: leave it out")
        self.mapped("orders")
        return self

    @property
    def title(self) -> str:
        """What a person calls the export."""
        return f"{self.platform}: {self.export}"

    def mapped(self, table: str) -> TableMapping:
        """A table as a mapping would say it."""
        return TableMapping.model_validate({"from": "the export", **self.tables[table]})

    def known_as(self, columns: Sequence[str]) -> dict[str, str]:
        """For each name that the preset uses (as `plain`) how a file with these columns calls it, where it has it."""
        there = {plain(name): name for name in reversed(columns)}
        aliases = {plain(name): [plain(other) for other in others] for name, others in self.names.items()}
        for name, others in aliases.items():
            if found := next((there[other] for other in others if other in there), None):
                there.setdefault(name, found)
        return there

    def fit(self, columns: Sequence[str]) -> int:
        """How many names tell that a file with these columns is this export: 0 for none."""
        there = self.known_as(columns)
        sets = [{plain(name) for name in names} for names in self.recognised_by]
        return max((len(names) for names in sets if names <= set(there)), default=0)


def plain(name: str) -> str:
    """A column's name without what does not count: case, blanks, marks that nobody sees."""
    return " ".join(tidy(name).casefold().split())


@cache
def shipped() -> tuple[Preset, ...]:
    """The presets that come with Regulars."""
    return in_folder(SHIPPED)


def in_folder(folder: Path) -> tuple[Preset, ...]:
    """The presets of a folder.

    Raises:
        MappingError: one of them can't be meant.
    """
    return tuple(load_preset(path) for path in sorted(folder.glob("*.yaml")))


def load_preset(path: Path) -> Preset:
    """Read one preset.

    Raises:
        MappingError: it is no YAML, or not of the form of a preset.
    """
    try:
        text = path.read_text(encoding="utf-8")
        content = yaml.safe_load(text)
        return Preset.model_validate({**content, "file": path, "text": text})
    except (yaml.YAMLError, UnicodeDecodeError, TypeError) as error:
        raise MappingError("not a preset", where=str(path), why=str(error), todo="see docs/your-data.md") from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"])) or "the preset"
        why = first["msg"].removeprefix("Value error, ")
        raise MappingError(f"{key} is not possible", where=str(path), why=why, todo="see docs/your-data.md") from None
