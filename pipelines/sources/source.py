"""A source as ingest sees it: for each table, where its rows lie and how they become the contract's columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from pipelines.parsing.formats import Formats
from pipelines.sources.newer import Mark, Newer

if TYPE_CHECKING:
    import duckdb

    from pipelines.sources.identity_form import IdentityForm
    from pipelines.sources.operations.operation import Operation

ROW = "source_row_"
"""The column of a staged relation that counts its rows from 0 in the order of the source."""


Unit = Literal["line", "row", "record"]
"""What positions count."""
IdenticalRows = Literal["judge", "set_aside", "keep"]
_ASIDE = {"judge": "", "set_aside": "set_aside", "keep": "yes"}
"""How a definition tells it: the default says nothing, and `keep` what it always said."""


@dataclass(frozen=True)
class BrokenRow:
    """A piece of a source that could not even be cut into columns; `file`: which, where there are several."""

    position: int
    text: str
    reason: str
    file: str | None = None


@dataclass(frozen=True)
class Fault:
    """Rows that an operation could not read: `mark` is the relation's column that is true for them.

    `reason` says why, and the source column `shows` holds what can't be read.
    """

    mark: str
    reason: str
    shows: str


@dataclass(frozen=True)
class OrderAmount:
    """An amount that an order has once: its role, the column each of its rows has it in, and where it came from."""

    role: str
    column: str
    source: str


@dataclass(frozen=True)
class LeftOut:
    """Rows that an operation took out: how many, why, and the relation that holds them.

    `superseded`: a later version of the same row is still there.
    """

    reason: str
    relation: str
    rows: int
    superseded: bool = False

    def said(self) -> str:
        """The same as a sentence."""
        return f"{'superseded by' if self.superseded else 'left out,'} {self.reason}: {self.rows:,} rows"


class Positions(Protocol):
    """Turns rows of a staged relation into positions a person finds in the source."""

    def __call__(self, rows: Sequence[int], /) -> list[int]:
        """The position of each of the rows (numbers in `ROW`)."""
        ...


class Files(Protocol):
    """Says which of several files rows of a staged relation come from."""

    def __call__(self, rows: Sequence[int], /) -> list[str]:
        """The file of each of the rows (numbers in `ROW`)."""
        ...


def row_numbers(rows: Sequence[int]) -> list[int]:
    """The positions of rows that are counted from 1, and nothing else."""
    return [row + 1 for row in rows]


@dataclass(frozen=True)
class Staged:
    """A relation of a DuckDB connection with the source's columns and `ROW`.

    `types` are the DuckDB types of the columns; `unit` says what positions count: lines of a text file
    (the header is line 1), rows (of a sheet: as it numbers them), or records. `files`: where there are several,
    which one rows come from, and `starts` the first row of each. `notes`: what a person has to know of how the source
    was read. `faults`: rows that operations could not read, by columns of the relation that are not in `types`;
    `left_out`: those they took out; `order_amounts`: what is still to be shared out to the lines of orders.
    """

    relation: str
    types: Mapping[str, str]
    unit: Unit = "row"
    positions: Positions = row_numbers
    broken: tuple[BrokenRow, ...] = ()
    files: Files | None = None
    notes: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    order_amounts: tuple[OrderAmount, ...] = ()
    mark: Mark | None = None
    starts: tuple[int, ...] = ()

    def places(self, rows: Sequence[int]) -> list[str]:
        """«line 1,204» for each of the rows; with the file, where there are several."""
        files = self.files(rows) if self.files else [None] * len(rows)
        return [self._place(file, position) for file, position in zip(files, self.positions(rows), strict=True)]

    def place_of(self, broken: BrokenRow) -> str:
        """The same for a piece that could not be cut into columns."""
        return self._place(broken.file, broken.position)

    def _place(self, file: str | None, position: int) -> str:
        return f"{file}, {self.unit} {position:,}" if file else f"{self.unit} {position:,}"

    def rows_left_out(self, *, superseded: bool) -> int:
        """How many rows operations took out, for a later version of them or for another reason."""
        return sum(left.rows for left in self.left_out if left.superseded == superseded)


class Origin(Protocol):
    """A place with rows: a file, a table of a database, a query over the embedded data."""

    @property
    def label(self) -> str:
        """How messages name it; holds no password."""
        ...

    @property
    def files(self) -> tuple[Path, ...]:
        """Files that queries over the staged relation still read."""
        ...

    @property
    def made_of(self) -> tuple[Path, ...]:
        """Files of the shop that the rows come from: none of them may change while they are read."""
        ...

    def columns(self) -> Mapping[str, str]:
        """The columns it has, with DuckDB's types; text files have only VARCHAR."""
        ...

    def stage(self, connection: duckdb.DuckDBPyConnection, name: str) -> Staged:
        """Make its rows a relation `name` of the connection."""
        ...

    def fingerprint(self) -> str | None:
        """Changes whenever its content does; None where that can't be told without reading it."""
        ...


@dataclass(frozen=True)
class TableSource:
    """How one table is filled.

    `columns` maps contract columns to source columns or checked-to-be scalar expressions, `constants` to one
    value for all rows. `distinct`: the source repeats a key on many rows and each counts once.
    `identical_rows`: whether rows that are equal in everything are rows of their own. `operations`: what is done to
    the source's rows first, in this order. `identity`: a source column that tells rows apart which are equal in
    all the contract's columns. `keys`: what beside the id tells who a row is about, by kind; `known_as`: whose ids
    its ids are, where they are not the shop's. `newer`: only rows that are new or changed are read.
    """

    table: str
    origin: Origin
    columns: Mapping[str, str]
    constants: Mapping[str, str] = field(default_factory=dict)
    where: str | None = None
    formats: Formats = field(default_factory=Formats)
    distinct: bool = False
    identical_rows: IdenticalRows = "judge"
    operations: tuple[Operation, ...] = ()
    identity: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    known_as: str | None = None
    newer: Newer | None = None

    def definition(self) -> dict[str, str]:
        """What the mapping says of this table but for where and how its rows are read: each part by its name."""
        columns = {f"columns.{name}": text for name, text in self.columns.items()}
        constants = {f"constants.{name}": text for name, text in self.constants.items()}
        formats = {f"formats.{name}": str(value) for name, value in asdict(self.formats).items() if value}
        named = {"where": self.where or "", **{one.key: one.definition() for one in self.operations}}
        flags = {"distinct": "yes" if self.distinct else "", "identical_rows": _ASIDE[self.identical_rows]}
        keys = {f"identity.{name}": text for name, text in self.keys.items()}
        keys["identity.source"] = self.known_as or ""
        parts = {**columns, **constants, **formats, **named, **flags, **keys}
        return {name: text for name, text in parts.items() if text}


@dataclass(frozen=True)
class Source:
    """All tables of a shop, its time zone and its base currency; `name` is what messages call it.

    `identity`: how ids that are one person are found; None: every id is a customer.
    """

    name: str
    timezone: str
    base_currency: str
    tables: Mapping[str, TableSource]
    identity: IdentityForm | None = None
