"""`regulars features build|export|describe` and `regulars materialize`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from core.settings import FeatureEngine
from pipelines.cli.options import AsOfOption, JsonOption, WorkspaceOption
from pipelines.cli.telling import tell


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Feature snapshots.", no_args_is_help=True)
    group.command("build")(build)
    group.command("export")(export)
    group.command("describe")(describe)
    app.add_typer(group, name="features")
    app.command()(materialize)


def build(
    as_of: AsOfOption = None,
    engine: Annotated[
        FeatureEngine | None,
        typer.Option(help="What computes them [default: the setting features.engine].", show_default=False),
    ] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Build the features as of a date, where they are missing or stale."""
    from core.clock import resolve_as_of
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        opened = Workspace.open(workspace)
        if engine is not None:
            opened.settings = opened.settings.computed_by(engine)
        day = resolve_as_of(opened, as_of)
        from pipelines import features

        reports = features.build(opened, day)
        rows = [(r.view, "built" if r.built else "reused", r.rows, round(r.seconds, 2)) for r in reports]
        console.table(("view", "snapshot", "rows", "seconds"), rows)
        views = [dict(zip(("view", "snapshot", "rows", "seconds"), row, strict=True)) for row in rows]
        built = sum(bool(r.built) for r in reports)
        console.finish(
            f"features as of {day}: {built} of {len(reports)} views built, the others were there",
            "regulars train churn",
            {"as_of": day.isoformat(), "views": views},
        )


def export(
    output: Annotated[Path, typer.Option("--output", "-o", help="A .parquet or .csv file.", show_default=False)],
    as_of: AsOfOption = None,
    view: Annotated[str, typer.Option(help="The view whose matrix is written.")] = "customer_features",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Write the feature matrix as of a date, one row per entity."""
    from core.clock import resolve_as_of
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        opened = Workspace.open(workspace)
        day = resolve_as_of(opened, as_of)
        from pipelines import features

        rows = features.export(opened, day, output, view)
        console.finish(
            f"{rows} rows of {view} as of {day} are in {output}",
            "their meaning is in docs/features.md",
            {"as_of": day.isoformat(), "view": view, "rows": rows, "output": str(output)},
        )


def describe(
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write it all to a .html or .json file.", show_default=False),
    ] = None,
    of: Annotated[
        str | None,
        typer.Option("--of", metavar="NAME", help="Show this table or view, field by field.", show_default=False),
    ] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """The data dictionary: what every field of the tables and every feature means, its unit, source and owner."""
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        from pipelines import describing

        space = Workspace.open(workspace)
        if output:
            describing.require_page(output)
        found = describing.described(space, of)
        for section in found.sections:
            if of:
                rows = [
                    (
                        f.name,
                        f.meaning,
                        f.unit,
                        ", ".join(f.source),
                        f.missing or "",
                        f.cause or "",
                        _share(f.completeness),
                    )
                    for f in section.fields
                ]
                console.table(("field", "means", "unit", "comes from", "if nothing", "cause", "complete"), rows)
        if not of:
            listed = [
                (s.name, s.kind, len(s.fields), s.rows, s.owner, s.refreshed_at, s.rhythm) for s in found.sections
            ]
            console.table(("name", "kind", "fields", "rows", "owner", "refreshed at (UTC)", "rhythm"), listed)
        fields = sum(len(section.fields) for section in found.sections)
        written = describing.write(space, found, output) if output else None
        text = f"{fields} fields" + (f" are described in {written}" if written else "")
        next_step = "" if output or of else "regulars features describe --output dictionary.html"
        console.finish(text, next_step, found.as_document())


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"


def materialize(as_of: AsOfOption = None, workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """Fill the online store with the features as of a date."""
    from core.clock import resolve_as_of
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        opened = Workspace.open(workspace)
        day = resolve_as_of(opened, as_of)
        from pipelines import features

        report = features.materialize(opened, day)
        tell(console, opened)
        console.table(("view", "rows"), list(report.rows.items()))
        console.finish(
            f"the online store shows {sum(report.rows.values())} entities as of {report.as_of}",
            "regulars serve",
            {"as_of": report.as_of.isoformat(), "rows": report.rows},
        )
