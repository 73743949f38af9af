"""`regulars lineage`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import JsonOption, WorkspaceOption

if TYPE_CHECKING:
    from pipelines.cli.console import Console
    from pipelines.tracing import EntityTrace, FeatureTrace


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("lineage")(lineage)


def lineage(
    feature: Annotated[
        str, typer.Argument(metavar="FEATURE", help="Such as churn_v1.days_since_last_visit, or its name alone.")
    ],
    *,
    customer: Annotated[
        str | None,
        typer.Option("--customer", metavar="ID", help="Show the lines this customer's rests on.", show_default=False),
    ] = None,
    product: Annotated[
        str | None, typer.Option("--product", metavar="ID", help="The same of a product.", show_default=False)
    ] = None,
    n: Annotated[int, typer.Option("--n", min=1, help="How many lines.")] = 20,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Follow a feature back to the columns, the files and the lines of the source it comes from."""
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        from pipelines import tracing

        found = tracing.trace(Workspace.open(workspace), feature, customer=customer, product=product, lines=n)
        _show(console, found)
        source = found.feature
        text = f"{source.feature.name} comes from {len(found.columns)} columns and {len(found.files)} files"
        console.finish(text, _next(found), asdict(found))


def _show(console: Console, found: FeatureTrace) -> None:
    source = found.feature
    console.print(f"{source.feature.name}: {source.feature.meaning} ({source.feature.unit})")
    where = f"view {source.view}, family {source.family} (feature_repo/families/{source.family}.py)"
    console.print(f"{where}, served as {', '.join(found.services)}")
    console.print()
    console.table(
        ("table", "column", "from"), [(c.table, c.column, c.source or "nothing: not mapped") for c in found.columns]
    )
    for table, operations in found.operations.items():
        console.print(f"{table}, before its columns are read: {'; '.join(operations)}")
    console.print()
    files = [
        (f.table, f.file, (f.digest or "")[:12], f.rows, f"{f.unit} {f.first:,} to {f.last:,}", f.read_at[:16])
        for f in found.files
    ]
    console.table(("table", "file", "sha-256", "rows in force", "between", "read at (UTC)"), files)
    for table, rows in found.unplaced.items():
        console.print(f"{table}: the places of {rows:,} rows were not noted when they came in")
    if found.entity:
        console.print()
        _lines(console, found, found.entity)


def _lines(console: Console, found: FeatureTrace, entity: EntityTrace) -> None:
    value = found.feature.feature.say(entity.value) if isinstance(entity.value, int | float) else entity.value
    as_of = f"as of {entity.as_of}"
    console.print(f"{entity.key}: {value} {as_of}" if entity.built else f"{entity.key}: no snapshot is built; {as_of}")
    console.table(("table", "day", "place"), [(line.table, line.day, line.place) for line in entity.lines])
    if entity.rows > len(entity.lines):
        console.print(f"the latest {len(entity.lines):,} of {entity.rows:,} rows; more with --n")


def _next(found: FeatureTrace) -> str:
    if found.unplaced:
        return f"regulars ingest --replace {next(iter(found.unplaced))} notes where its rows stand"
    if found.entity is None and found.feature.view == "customer_features":
        return f"regulars lineage {found.feature.feature.name} --customer ID shows the lines of one customer"
    return ""
