"""The values of a staged source as they came, one `x_<column>` per mapped column of the contract.

A source column is taken as it is but for blanks around it and words for nothing (`w_<column>` is true where one
stood there). An expression runs inside TRY, so a row it can't be computed for becomes
a bad row (`f_<column>` is true), not a failed ingest.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass

import duckdb

from core.errors import MappingError
from core.expressions import Scalar, analyse, literal, quote
from feature_repo.contract import TABLES
from pipelines.parsing.blanks import bare, says_nothing, unless_nothing
from pipelines.parsing.formats import Formats
from pipelines.parsing.numbers import number_from_text
from pipelines.parsing.types import as_text, is_text
from pipelines.sources.readers import first_line
from pipelines.sources.source import ROW, Staged, TableSource

WHERE = "where_"
IDENTITY = "identity_"


@dataclass(frozen=True)
class Values:
    """A query with `ROW`, `x_` columns of these DuckDB types, `f_` columns for the computed, `w_` for the `worded`.

    `IDENTITY` is among its columns where the source has one that tells equal rows apart, and so are the marks of
    rows that an operation could not read.
    """

    sql: str
    types: Mapping[str, str]
    computed: frozenset[str]
    worded: frozenset[str]


def values(
    connection: duckdb.DuckDBPyConnection, source: TableSource, staged: Staged, *, left_out: bool = False
) -> Values:
    """The query of a table's values: of the rows that `where` holds for, or of those `left_out` by it.

    Raises:
        MappingError: an expression does not fit the types of its columns.
    """
    told = {**source.columns, **{key_column(kind): text for kind, text in source.keys.items()}}
    scalars = {name: _analyse(source, staged, name, text) for name, text in told.items()}
    if source.where:
        scalars[WHERE] = _analyse(source, staged, WHERE, source.where)
    computed = {name: scalar for name, scalar in scalars.items() if not _is_column(scalar)}
    for name, scalar in scalars.items():
        _bind(connection, source, staged, name, scalar)
    attempted = _attempted(computed, source, staged)
    plain = [f"{quote(scalar.columns[0])} AS x_{name}" for name, scalar in scalars.items() if _is_column(scalar)]
    plain += [f"{literal(value)} AS x_{name}" for name, value in source.constants.items()]
    plain += [fault.mark for fault in staged.faults]
    if source.identity:
        plain.append(f"{quote(source.identity)} AS {IDENTITY}")
    extracted = [
        f"struct_extract(s_{name}, 'v') AS x_{name}, {_failed(name, s)} AS f_{name}" for name, s in computed.items()
    ]
    sql = f"SELECT {', '.join([ROW, *plain, *extracted])} FROM ({attempted})"
    if source.where:
        holds = f"x_{WHERE} IS TRUE" + (f" OR f_{WHERE}" if WHERE in computed else "")
        sql = f"SELECT * FROM ({sql}) WHERE {f'NOT ({holds})' if left_out else holds}"
    return _cleaned(connection, sql, source, frozenset(computed))


def key_column(kind: str) -> str:
    """How a query calls what rows say of who they are about, behind `x_`; nothing in it makes a row bad."""
    return f"key_{kind}_"


def _analyse(source: TableSource, staged: Staged, name: str, text: str) -> Scalar:
    return analyse(
        text,
        staged.types,
        text_columns=[column for column, type_ in staged.types.items() if is_text(type_)],
        number=number_from_text("{0}", source.formats),
        where=_place(source, name),
    )


def _place(source: TableSource, name: str) -> str:
    return f"mapping.yaml, {source.table}.{name.rstrip('_')}"


def _is_column(scalar: Scalar) -> bool:
    return len(scalar.columns) == 1 and scalar.sql == quote(scalar.columns[0])


def _bind(
    connection: duckdb.DuckDBPyConnection, source: TableSource, staged: Staged, name: str, scalar: Scalar
) -> None:
    """Let the engine look at the expression alone, so that an error names its column."""
    try:
        described = f"DESCRIBE SELECT {scalar.sql} FROM {_legible(scalar.columns, source, staged)}"
        type_ = connection.execute(described).fetchall()[0][1]
    except duckdb.Error as error:
        raise MappingError(
            f"the expression {scalar.sql!r} does not fit its columns",
            where=_place(source, name),
            why=first_line(error),
            todo="convert a column with CAST(... AS ...), or strptime(text, format) for dates",
        ) from None
    if name == WHERE and type_ not in {"BOOLEAN", '"NULL"'}:
        raise MappingError(
            f"{scalar.sql} is no condition",
            where=_place(source, name),
            why=f"it is of type {type_}",
            todo="compare it with something: Quantity > 0, Status = 'paid', CustomerID IS NOT NULL",
        )


def _attempted(computed: Mapping[str, Scalar], source: TableSource, staged: Staged) -> str:
    """The staged relation with `s_` structs: null where the expression failed, {v: null} where it yields null."""
    parts = ["*"]
    for name, scalar in computed.items():
        parts.append(f"TRY({{'v': {scalar.sql}}}) AS s_{name}")
        if scalar.numeric:
            bad = [_no_number(column, source.formats) for column in scalar.numeric]
            parts.append(f"({' OR '.join(bad)}) AS n_{name}")
    read = dict.fromkeys(column for scalar in computed.values() for column in scalar.columns)
    return f"SELECT {', '.join(parts)} FROM {_legible(read, source, staged)}"


def _legible(columns: Container[str], source: TableSource, staged: Staged) -> str:
    """The staged relation, text as VARCHAR; in columns that expressions read without blanks and words for nothing."""
    replaced = []
    for name, type_ in staged.types.items():
        if is_text(type_):
            text = as_text(quote(name), type_)
            if name in columns:
                text = unless_nothing(bare(text, prose=True), source.formats, prose=True)
            if text != quote(name):
                replaced.append(f"{text} AS {quote(name)}")
    replace = f" REPLACE ({', '.join(replaced)})" if replaced else ""
    return f"(SELECT *{replace} FROM {quote(staged.relation)})"


def _no_number(column: str, formats: Formats) -> str:
    text = quote(column)
    return f"({text} IS NOT NULL AND {number_from_text(text, formats)} IS NULL)"


def _failed(name: str, scalar: Scalar) -> str:
    """A text that is no number fails the expression, unless a CASE chose another way around it."""
    failed = f"s_{name} IS NULL"
    if scalar.numeric:
        around = f" AND struct_extract(s_{name}, 'v') IS NULL" if "CASE" in scalar.sql else ""
        failed += f" OR (n_{name}{around})"
    return f"({failed})"


def _cleaned(connection: duckdb.DuckDBPyConnection, sql: str, source: TableSource, computed: frozenset[str]) -> Values:
    """Take blanks off what is text; an empty text and a word for nothing count as null."""
    described = {row[0]: row[1] for row in connection.execute(f"DESCRIBE {sql}").fetchall()}
    types = {name.removeprefix("x_"): type_ for name, type_ in described.items() if name.startswith("x_")}
    types.pop(WHERE, None)
    keys = {key_column(kind) for kind in source.keys}
    prose = {column.name: column.type == "text" for column in TABLES[source.table].columns}
    prose |= dict.fromkeys(keys, True)
    text = [name for name, type_ in types.items() if is_text(type_)]
    bared = [f"{bare(f'x_{name}', prose=prose[name])} AS x_{name}" for name in text]
    sql = f"SELECT * REPLACE ({', '.join(bared)}) FROM ({sql})" if text else sql
    worded = text if source.formats.nulls != () else []
    if worded:
        said = [f"{says_nothing(f'x_{name}', source.formats, prose=prose[name])} AS w_{name}" for name in worded]
        kept = [f"CASE WHEN NOT w_{name} THEN x_{name} END AS x_{name}" for name in worded]
        sql = f"SELECT * REPLACE ({', '.join(kept)}) FROM (SELECT *, {', '.join(said)} FROM ({sql}))"
    types = {name: type_ for name, type_ in types.items() if name not in keys}
    return Values(sql, types, computed - keys, frozenset(worded) - keys)
