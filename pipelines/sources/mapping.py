"""`mapping.yaml`: which columns of the shop's files become which columns of the data contract."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import ValidationError

from core.errors import MappingError, did_you_mean
from core.expressions import analyse
from feature_repo.contract import TABLES, TableSpec
from pipelines.parsing.formats import Formats
from pipelines.sources.file_form import FileForm
from pipelines.sources.file_set import headed_files, is_sheet
from pipelines.sources.form_parts import Part
from pipelines.sources.locations import locate
from pipelines.sources.mapping_form import Mapping, TableMapping
from pipelines.sources.newer import Newer, NewerRows
from pipelines.sources.operations.operation import Types, known_column
from pipelines.sources.source import Source, TableSource
from pipelines.sources.sql_database import SqlTable
from pipelines.sources.workbook_cells import CELL_FORMATS


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands twice: one of the two would be lost in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} stands twice", node.start_mark)
        return super().construct_mapping(node, deep=deep)


def load(path: Path) -> Mapping:
    """Read the file and check its form; what it names is looked up by `resolve`.

    Raises:
        MappingError: with the key, what is wrong and what is allowed.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}, line {mark.line + 1}" if mark else str(path)
        problem = getattr(error, "problem", None) or str(error)
        raise MappingError("not valid YAML", where=place, why=problem, todo="mend that line") from None
    if not isinstance(content, dict):
        raise MappingError("it holds no mapping", where=str(path), todo="see docs/your-data.md")
    try:
        return Mapping.model_validate(content)
    except ValidationError as error:
        raise _explain(error, path) from None


def resolve(config: Mapping, path: Path) -> Source:
    """Look up everything the mapping names: tables and columns of the contract, files, their columns.

    Raises:
        MappingError: something is not there; says what is.
        DataError: a file or database can't be read.
    """
    for name in config.tables:
        if name not in TABLES:
            raise MappingError(f"the contract has no table {name!r}", where=str(path), todo=did_you_mean(name, TABLES))
    if "orders" not in config.tables:
        raise MappingError("tables.orders is missing", where=str(path), todo="every other table is optional")
    _check_identity(config, path)
    tables = {name: _resolve_table(name, table, config, path) for name, table in config.tables.items()}
    return Source("mapping.yaml", config.timezone, config.base_currency, tables, config.identity)


def _check_identity(config: Mapping, path: Path) -> None:
    """Refuse keys of a table that is not mapped, or whose rows are about no customer."""
    for name in config.identity.tables if config.identity else ():
        able = [table for table in config.tables if may_have_keys(TABLES[table])]
        if name not in able:
            raise MappingError(
                f"identity.tables.{name} is not possible",
                where=str(path),
                why="it is none of the tables mapped here that have a customer_id",
                todo=did_you_mean(name, able),
            )
    if "identities" in config.tables and config.identity is None:
        raise MappingError(
            "tables.identities is not read without a block identity",
            where=str(path),
            todo="add one: identity: {tables: {orders: {email: Email}}}",
        )


def may_have_keys(spec: TableSpec) -> bool:
    """Whether rows of a table can tell who they are about; `identities` tells it by its own columns."""
    return "customer_id" in spec.names and spec.name != "identities"


def _resolve_table(name: str, table: TableMapping, config: Mapping, path: Path) -> TableSource:
    where = f"{path.name}, {name}"
    spec = TABLES[name]
    origin = locate(table.from_, FileForm(table.csv, rows=table.rows), path.parent, where)
    cells = CELL_FORMATS if is_sheet(origin) else ()
    formats = Formats(
        table.timestamps.format and (*table.timestamps.format, *cells),
        table.dates.format and (*table.dates.format, *cells),
        table.timestamps.zone or config.timezone,
        table.csv.decimal,
        table.csv.thousands,
        table.csv.nulls if "nulls" in table.csv.model_fields_set else None,
        None if {"currency"} & {*table.columns, *table.constants} else config.base_currency,
    )
    keys = config.identity.tables.get(name) if config.identity else None
    source = TableSource(
        name,
        origin,
        table.columns,
        table.constants,
        table.where,
        formats,
        table.distinct,
        table.identical_rows,
        table.operations,
        keys=keys.expressions if keys else {},
        known_as=keys.source if keys else None,
    )
    source = _by_newer(source, table.newer, where)
    types = _operated(source, where)
    _check_targets(spec, table, where, list(types))
    repeated = tuple(name for file in headed_files(origin) for name in file.dialect.repeated)
    for column, text in table.columns.items():
        used = analyse(text, types, where=f"{where}.{column}").columns
        _refuse_repeated(used, repeated, f"{where}.{column}")
    for kind, text in source.keys.items():
        analyse(text, types, where=f"{path.name}, identity.tables.{name}.{kind}")
    if table.where:
        analyse(table.where, types, where=f"{where}.where")
    return source


def _by_newer(source: TableSource, newer: Newer | None, where: str) -> TableSource:
    """The table, of which only what is new is to be read.

    Raises:
        MappingError: that can't be done, or would not give the rows that reading all of it gives.
    """
    if newer is None:
        return source
    spec, origin = TABLES[source.table], source.origin
    if not isinstance(origin, SqlTable):
        todo = "leave newer out; of an export name the files by a pattern"
        raise MappingError(f"newer is for tables of a database, and {origin.label} is none", where=where, todo=todo)
    if source.distinct or (source.identical_rows == "keep" and not spec.revised):
        other = "distinct" if source.distinct else "identical_rows: keep"
        raise MappingError(f"newer does not go with {other}", where=where, why="that looks at all rows at once")
    types = origin.columns()
    by = known_column(newer.by, types, f"{where}.newer.by")
    names = {name.lower(): name for name in types}
    keys = ["order_id"] if "order_id" in spec.revised else list(spec.key)
    plain = [names.get(source.columns.get(key, "").strip().strip('"').lower()) for key in keys]
    if spec.revised and None in plain:
        why = "an order of which a line changed is read whole"
        raise MappingError(
            "newer needs order_id to be a column of the table", where=where, why=why, todo="make a view that has it"
        )
    whole = () if None in plain else tuple(name for name in plain if name)
    newer = newer.model_copy(update={"by": by})
    return replace(source, newer=newer, origin=origin.reading(NewerRows(by, None, whole)))


def _operated(source: TableSource, where: str) -> Types:
    """The columns of a source once its operations have run, with DuckDB's types."""
    types = source.origin.columns()
    for operation in source.operations:
        types = operation.columns_after(source, types, f"{where}.{operation.key}")
    return types


def _refuse_repeated(used: tuple[str, ...], repeated: tuple[str, ...], where: str) -> None:
    for name in used:
        if name.lower() in repeated:
            raise MappingError(
                f"the column {name!r} stands more than once in the file's header",
                where=where,
                why="which of them is meant can't be told",
                todo=f"rename one of them in the file; {name}_1 is the second as it stands",
            )


def _check_targets(spec: TableSpec, table: TableMapping, where: str, source: list[str]) -> None:
    for column in [*table.columns, *table.constants]:
        if column not in spec.names:
            raise MappingError(
                f"the contract's {spec.name} has no column {column!r}",
                where=where,
                todo=did_you_mean(column, spec.names),
            )
    if twice := sorted(set(table.columns) & set(table.constants)):
        raise MappingError(f"{twice[0]} stands in columns and in constants", where=where, todo="leave one of them out")
    if missing := [c for c in spec.required if c not in table.columns and c not in table.constants]:
        raise MappingError(
            f"required columns are not mapped: {', '.join(missing)}",
            where=where,
            todo=f"name a source column or an expression for each; there are: {', '.join(source)}",
        )


def _explain(error: ValidationError, path: Path) -> MappingError:
    first = error.errors()[0]
    key = ".".join("from" if part == "from_" else str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        *parents, last = first["loc"]
        return MappingError(f"unknown key {key!r}", where=str(path), todo=did_you_mean(str(last), _siblings(parents)))
    text = first["msg"].removeprefix("Value error, ")
    value = first["input"]
    shown = f"{key} = {value!r} is not possible" if key and isinstance(value, str | int | float) else key or "mapping"
    return MappingError(shown, where=str(path), why=text[0].lower() + text[1:], todo="see docs/your-data.md")


def _siblings(parents: list[int | str]) -> list[str]:
    """The keys that are allowed at a place of the file."""
    block: type[Part] = Mapping
    for parent in parents:
        block = _block(block, str(parent)) or block
    return [field.alias or name for name, field in block.model_fields.items()]


def _block(outer: type[Part], key: str) -> type[Part] | None:
    """The block that stands behind a key, alone or as one of several that have names."""
    field = outer.model_fields.get(key)
    kinds = [field.annotation, *get_args(field.annotation)] if field else []
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Part)), None)
