"""The values of a staged source as they came, one `x_<column>` per mapped column of the contract.

A source column is taken as it is. An expression runs inside TRY, so a row it can't be computed for becomes
a bad row (`f_<column>` is true), not a failed ingest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from core.errors import MappingError
from core.expressions import Scalar, analyse, literal, quote
from pipelines.ingest.conversion import is_text, number_from_text, trimmed
from pipelines.ingest.filling import filled
from pipelines.sources.model import ROW, Formats, Staged, TableSource
from pipelines.sources.readers import first_line

WHERE = "where_"
IDENTITY = "identity_"


@dataclass(frozen=True)
class Values:
    """A query with `ROW`, `x_` columns of these DuckDB types, and `f_` columns for the computed ones.

    `IDENTITY` is among its columns where the source has one that tells equal rows apart.
    """

    sql: str
    types: Mapping[str, str]
    computed: frozenset[str]


def values(connection: duckdb.DuckDBPyConnection, source: TableSource, staged: Staged) -> Values:
    """The query of a table's values.

    Raises:
        MappingError: an expression does not fit the types of its columns.
    """
    staged = filled(connection, source, staged)
    scalars = {name: _analyse(source, staged, name, text) for name, text in source.columns.items()}
    if source.where:
        scalars[WHERE] = _analyse(source, staged, WHERE, source.where)
    computed = {name: scalar for name, scalar in scalars.items() if not _is_column(scalar)}
    for name, scalar in scalars.items():
        _bind(connection, source, staged, name, scalar)
    attempted = _attempted(computed, source, staged)
    plain = [f"{quote(scalar.columns[0])} AS x_{name}" for name, scalar in scalars.items() if _is_column(scalar)]
    plain += [f"{literal(value)} AS x_{name}" for name, value in source.constants.items()]
    if source.identity:
        plain.append(f"{quote(source.identity)} AS {IDENTITY}")
    extracted = [
        f"struct_extract(s_{name}, 'v') AS x_{name}, {_failed(name, s)} AS f_{name}" for name, s in computed.items()
    ]
    sql = f"SELECT {', '.join([ROW, *plain, *extracted])} FROM ({attempted})"
    if source.where:
        sql = f"SELECT * FROM ({sql}) WHERE x_{WHERE} IS TRUE" + (f" OR f_{WHERE}" if WHERE in computed else "")
    return _trimmed(connection, sql, frozenset(computed))


def _analyse(source: TableSource, staged: Staged, name: str, text: str) -> Scalar:
    return analyse(
        text,
        staged.types,
        text_columns=[column for column, type_ in staged.types.items() if is_text(type_)],
        number=number_from_text("{}", source.formats),
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
        described = f"DESCRIBE SELECT {scalar.sql} FROM {quote(staged.relation)}"
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
    return f"SELECT {', '.join(parts)} FROM {quote(staged.relation)}"


def _no_number(column: str, formats: Formats) -> str:
    text = f"nullif(trim({quote(column)}), '')"
    return f"({text} IS NOT NULL AND {number_from_text(text, formats)} IS NULL)"


def _failed(name: str, scalar: Scalar) -> str:
    """A text that is no number fails the expression, unless a CASE chose another way around it."""
    failed = f"s_{name} IS NULL"
    if scalar.numeric:
        around = f" AND struct_extract(s_{name}, 'v') IS NULL" if "CASE" in scalar.sql else ""
        failed += f" OR (n_{name}{around})"
    return f"({failed})"


def _trimmed(connection: duckdb.DuckDBPyConnection, sql: str, computed: frozenset[str]) -> Values:
    """Trim what is text; an empty text counts as null."""
    described = {row[0]: row[1] for row in connection.execute(f"DESCRIBE {sql}").fetchall()}
    types = {name.removeprefix("x_"): type_ for name, type_ in described.items() if name.startswith("x_")}
    text = [f"{trimmed(f'x_{name}', type_)} AS x_{name}" for name, type_ in types.items() if is_text(type_)]
    replace = f" REPLACE ({', '.join(text)})" if text else ""
    types.pop(WHERE, None)
    return Values(f"SELECT *{replace} FROM ({sql})", types, computed)
