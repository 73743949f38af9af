"""What the blocks of `mapping.yaml` are made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict


def _listed(value: object) -> object:
    return [] if value is None else value if isinstance(value, list) else [value]


def _written(value: object) -> object:
    """A YAML scalar as it would be written in SQL or a CSV."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


Written = Annotated[str, BeforeValidator(_written)]
Listed = Annotated[tuple[Written, ...], BeforeValidator(_listed)]


class Part(BaseModel):
    """One block of the file; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
