"""docs/your-data.md is true: its tables are the contract's, its mapping is one."""

from __future__ import annotations

import re

import yaml

from core.settings import Settings
from feature_repo.contract import TABLES, ColumnSpec, TableSpec
from pipelines import uses
from pipelines.sources.mapping_form import Mapping
from tests.docs import pages

PAGE = pages.DOCS / "your-data.md"


def contract_as_markdown() -> str:
    settings = Settings.model_validate({"demand": {"series": ["category", "store_id", "region"]}})
    purposes, columns = uses.of_tables(settings), uses.of_columns(settings)
    unread = {
        column for column, reading in columns.items() if not reading and column[1] not in TABLES[column[0]].required
    }
    return "\n".join(_table(spec, purposes[spec.name], unread) for spec in TABLES.values())


def _table(spec: TableSpec, purpose: str, unread: set[tuple[str, str]]) -> str:
    head = [
        f"**{spec.name}**: one row is {spec.row}; for {purpose}",
        "",
        "| column | type | means |",
        "|---|---|---|",
    ]
    return "\n".join([*head, *(_row(column, (spec.name, column.name) in unread) for column in spec.columns), ""])


def _row(column: ColumnSpec, unread: bool) -> str:
    name = f"**{column.name}**" if column.required else column.name
    choices = f": {', '.join(column.choices)}" if column.choices else ""
    return f"| {name} | {column.type} | {column.description}{choices}{'; nothing reads it yet' if unread else ''} |"


def test_the_page_lists_the_contract() -> None:
    """Run with REGULARS_WRITE_DOCS=1 to write the list anew."""
    assert pages.written(PAGE, "contract", contract_as_markdown())


def test_the_example_is_a_mapping() -> None:
    block, *operations = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    config = yaml.safe_load(block)
    for operation in [{}, *map(yaml.safe_load, operations)]:
        table = config["tables"]["orders"]
        columns = {**table["columns"], **operation.get("columns", {})}
        tables = {**config["tables"], "orders": {**table, **operation, "columns": columns}}
        read = Mapping.model_validate({**config, "tables": tables})
        assert set(read.tables["orders"].columns) >= set(TABLES["orders"].required)


def test_every_key_of_a_table_is_explained() -> None:
    from pipelines.sources.mapping_form import TableMapping

    keys = {field.alias or name for name, field in TableMapping.model_fields.items()}
    assert keys == set(re.findall(r"^\| `(\w+)` \|", PAGE.read_text(), re.MULTILINE))
