"""The form of `mapping.yaml`: its blocks, their keys, and what each may hold."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from pipelines.sources.encodings import known
from pipelines.sources.form_parts import Listed, Part, Written
from pipelines.sources.identity_form import IdentityForm
from pipelines.sources.json_path import JsonPath
from pipelines.sources.newer import Newer
from pipelines.sources.operations.allocate import Allocate
from pipelines.sources.operations.explode import Explode
from pipelines.sources.operations.fill_down import FillDown
from pipelines.sources.operations.newest import Newest
from pipelines.sources.operations.operation import Operation
from pipelines.sources.operations.statuses import Statuses
from pipelines.sources.operations.total_rows import TotalRows
from pipelines.sources.operations.unpivot import Unpivot
from pipelines.sources.source import IdenticalRows


def _path(value: str | None) -> str | None:
    """A path in a JSON file, if it is one."""
    return None if value is None else JsonPath.parse(value).text


def _filled(value: object) -> object:
    """A block of which only the name and comments are there, as in a draft."""
    return {} if value is None else value


class Timestamps(Part):
    """How moments are written, and in which zone."""

    format: Listed = ()
    zone: str | None = None

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str | None) -> str | None:
        return None if zone is None else known_zone(zone)


class Dates(Part):
    """How days are written."""

    format: Listed = ()


class Csv(Part):
    """How a text file is written; what is left out is looked up in the file."""

    separator: Annotated[str | None, Field(min_length=1, max_length=1)] = None
    encoding: str | None = None
    header: Annotated[int | None, Field(ge=1)] = None
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'"] = ""
    nulls: Listed = ()

    @field_validator("encoding")
    @classmethod
    def _readable(cls, encoding: str | None) -> str | None:
        return None if encoding is None else known(encoding)


class TableMapping(Part):
    """Where one table comes from, and what its columns are.

    Operations on the rows run in the order in which they stand here.
    """

    from_: Listed = Field(alias="from")
    rows: Annotated[str | None, AfterValidator(_path)] = None
    columns: Annotated[dict[str, Written], BeforeValidator(_filled)] = {}
    constants: dict[str, Written] = {}
    owner: str | None = None
    where: str | None = None
    timestamps: Timestamps = Timestamps()
    dates: Dates = Dates()
    csv: Csv = Csv()
    distinct: bool = False
    identical_rows: IdenticalRows = "judge"
    newer: Newer | None = None
    totals: TotalRows = TotalRows()
    fill_down: FillDown | None = None
    unpivot: Unpivot | None = None
    explode: Explode | None = None
    newest: Newest | None = None
    statuses: Statuses | None = None
    allocate: Allocate | None = None

    @property
    def operations(self) -> tuple[Operation, ...]:
        """What is to be done to the rows of the source, in its order."""
        values = [getattr(self, name) for name in type(self).model_fields]
        return tuple(value for value in values if isinstance(value, Operation))


class Mapping(Part):
    """The whole file: either `source: complete-journey`, or zone, currency and tables."""

    source: Literal["complete-journey"] | None = None
    timezone: str = "UTC"
    base_currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "EUR"
    owner: str | None = None
    tables: dict[str, TableMapping] = {}
    identity: IdentityForm | None = None

    @field_validator("timezone")
    @classmethod
    def _known(cls, zone: str) -> str:
        return known_zone(zone)

    @model_validator(mode="after")
    def _one_way(self) -> Mapping:
        if self.source and self.model_fields_set - {"source"}:
            raise ValueError("beside `source` nothing else is allowed: the source brings its own tables")
        if not self.source and {"timezone", "base_currency", "tables"} - self.model_fields_set:
            raise ValueError("timezone, base_currency and tables are needed")
        return self


def known_zone(zone: str) -> str:
    """The zone's name, if there is such a zone.

    Raises:
        ValueError: there is none.
    """
    if zone not in available_timezones():
        raise ValueError(f"there is no time zone {zone!r}; write it like Europe/London")
    return zone
