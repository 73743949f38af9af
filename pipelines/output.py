"""A table as the file that `--output` names: Parquet or CSV by its suffix, whole or not there."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import UsageError
from core.files import replacing

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyarrow import csv

SUFFIXES = (".parquet", ".csv")
_FORMULA = r"^([=@\t\r]|[-+][^0-9.,]|[-+][0-9.,]*[^0-9.,])"
"""What spreadsheets take for a formula; a number with its sign is none."""


def require_writable(output: Path) -> None:
    """Refuse early what `write` could not write.

    Raises:
        UsageError: the kind of file is not known, its folder is not there, or it is a folder itself.
    """
    require_suffix(output)
    if not output.parent.is_dir():
        raise UsageError(f"--output {output}: there is no folder {output.parent}", todo=f"mkdir -p {output.parent}")
    if output.is_dir():
        raise UsageError(f"--output {output} is a folder", todo="name a file")


def require_suffix(output: Path) -> None:
    """Refuse a name that does not tell which kind of file is meant.

    Raises:
        UsageError: with the suffixes there are.
    """
    if output.suffix not in SUFFIXES:
        todo = f"name a file that ends in {' or '.join(SUFFIXES)}"
        raise UsageError(f"--output {output}: the kind of file is not known by {output.suffix!r}", todo=todo)


def write(table: pa.Table, output: Path) -> None:
    """Write the table; in a CSV file lists become JSON, and what a spreadsheet would run as a formula a plain text.

    Raises:
        UsageError: the file can't be written.
    """
    write_parts([table], output)


def write_parts(tables: Iterable[pa.Table], output: Path) -> int:
    """Write tables of the same columns one after the other, holding one at a time; returns their rows.

    Raises:
        UsageError: the file can't be written.
    """
    rows = 0
    try:
        with replacing(output) as staged, ExitStack() as opened:
            writer = None
            for table in tables:
                part = _without_formulas(_flat(table)) if output.suffix == ".csv" else table
                writer = writer or opened.enter_context(_writer(part.schema, staged, output.suffix))
                writer.write_table(part)
                rows += part.num_rows
    except OSError as error:
        raise UsageError(f"{output} can't be written", why=str(error), todo="choose another --output") from error
    return rows


def _writer(schema: pa.Schema, path: Path, suffix: str) -> pq.ParquetWriter | csv.CSVWriter:
    import pyarrow.parquet as pq
    from pyarrow import csv

    if suffix == ".csv":
        return csv.CSVWriter(path, schema, write_options=csv.WriteOptions(quoting_style="needed"))
    return pq.ParquetWriter(path, schema)


def _flat(table: pa.Table) -> pa.Table:
    import pyarrow as pa

    for index, field in enumerate(table.schema):
        if pa.types.is_list(field.type):
            texts = [None if value is None else json.dumps(value) for value in table.column(index).to_pylist()]
            table = table.set_column(index, field.name, pa.array(texts, pa.string()))
    return table


def _without_formulas(table: pa.Table) -> pa.Table:
    """Texts that a spreadsheet would run have an apostrophe before them, as when a person writes such a text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for index, field in enumerate(table.schema):
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            column = table.column(index)
            marked = pc.binary_join_element_wise(pa.scalar("'", field.type), column, pa.scalar("", field.type))
            formula = pc.fill_null(pc.match_substring_regex(column, _FORMULA), False)
            table = table.set_column(index, field, pc.if_else(formula, marked, column))
    return table
