"""`regulars rules check`, `dry-run`, `apply` and `list`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.options import JsonOption, WorkspaceOption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.workspace import Workspace
    from models.recommendation.merchandising.rule import MerchandisingRule
    from pipelines.cli.console import Console


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Merchandisers' rules over recommendations: rules.yaml.", no_args_is_help=True)
    group.callback()(_group)
    group.command("check")(check)
    group.command("dry-run")(dry_run)
    group.command("apply")(apply)
    group.command("list")(list_)
    app.add_typer(group, name="rules")


def _group() -> None:
    """Merchandisers' rules over recommendations: rules.yaml."""


def check(workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """Check rules.yaml against the shop's tables, and say what each rule is about."""
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        space = Workspace.open(workspace)
        from core.clock import present
        from models.recommendation.merchandising import applied_rules
        from models.recommendation.merchandising.shop_terms import shop_terms
        from models.recommendation.merchandising.too_rarely_bought import never_kept

        file, applied = applied_rules.draft(space), applied_rules.latest(space)
        texts = shop_terms(space).texts
        counts = {rule.name: int(rule.selected(texts).sum()) for rule in file.rules}
        _told(console, file.rules, counts)
        warnings = never_kept(space, file.rules, present(space))
        for warning in warnings:
            console.print(f"warning: {warning}")
        same = applied is not None and applied.digest == file.digest
        now = f"version {applied.version} is applied" if applied else "none are applied yet"
        can = f"{len(warnings):,} of which can't be kept now" if warnings else "all of which can hold"
        text = f"{len(file.rules):,} rules, {can}; {now}"
        data: dict[str, Any] = {"rules": [rule.written() | {"matches": counts[rule.name]} for rule in file.rules]}
        data |= {"sha256": file.digest, "applied": applied.as_dict() if applied else None, "same": same}
        data["warnings"] = warnings
        console.finish(text + (", and it is the same" if same else ""), "" if same else _NEXT, data)


_NEXT = 'regulars rules apply --reason "WHY"'


def dry_run(
    sample: Annotated[int, typer.Option(metavar="N", help="So many customers, drawn by chance.", min=1)] = 500,
    k: Annotated[int, typer.Option(help="Products per list.", min=1, max=1000)] = 10,
    alias: Annotated[str, typer.Option(help="An alias, or the number of a version.")] = "champion",
    *,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Show what each rule of rules.yaml changes in the lists of a sample of customers; nothing is applied."""
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        space = Workspace.open(workspace)
        from core.clock import present
        from models import registry_tables
        from models.recommendation.merchandising.applied_rules import draft

        file = draft(space)
        registry_tables.version(space, "recommendation", alias)
        from models.artifact_cache import MODEL
        from models.recommendation import KIND
        from models.recommendation.merchandising.rules_trial import dry_run as tried
        from models.registry import Registry

        registry = Registry(space)
        model = KIND.load(registry.fetch(registry.version("recommendation", alias)) / MODEL)
        found = tried(space, model, present(space), file.rules, sample=sample, k=k)
        for each in found.effects:
            lists = f"{each.lists:,} of {found.customers:,} lists, {each.short:,} left short"
            places = f"{each.places:,} of {found.places:,} places"
            console.print(f"{each.rule}: {lists}; {places}, {each.score_lost:.3f} of a deviation lost")
        console.finish(f"{len(file.rules):,} rules tried on {found.customers:,} customers", _NEXT, found.as_dict())


def apply(
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; kept in the audit log.", show_default=False)],
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Let rules.yaml count as it is: in files at once, in the service within 30 seconds."""
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        space = Workspace.open(workspace)
        from core.audit import person
        from models.recommendation.merchandising import applied_rules

        done, new = applied_rules.apply(space, person(), reason)
        text = f"version {done.version} of the rules counts now" if new else f"nothing changed since {done.version}"
        console.finish(text, "", done.as_dict() | {"new": new, "rules": [rule.name for rule in done.file.rules]})


def list_(workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """Show the versions: since when, who, why."""
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        space = Workspace.open(workspace)
        from models.recommendation.merchandising import applied_rules

        found = applied_rules.versions(space)
        for each in found:
            console.print(f"{each.version}: {each.at} {each.who}: {each.reason} ({each.digest[:12]})")
        text = f"version {found[-1].version} counts" if found else "no rules were ever applied"
        console.finish(text, "" if found else _NEXT, {"versions": [each.as_dict() for each in found]})


def note_draft(console: Console, workspace: Workspace) -> None:
    """Say so where rules.yaml is not what counts: it is wrong, or was not applied."""
    if not workspace.rules_file.is_file():
        return
    from core.errors import RulesError
    from models.recommendation.merchandising import applied_rules

    try:
        file, applied = applied_rules.draft(workspace), applied_rules.latest(workspace)
    except RulesError as error:
        console.note(f"  rules.yaml is wrong, and the rules applied last go on counting: {error}")
        return
    if applied is None or applied.digest != file.digest:
        counting = f"version {applied.version} counts" if applied else "no rules count"
        console.note(f"  rules.yaml is not applied, {counting}; run: {_NEXT}")


def _told(console: Console, rules: Sequence[MerchandisingRule], counts: dict[str, int]) -> None:
    for rule in rules:
        days = f", {rule.from_ or 'ever'} to {rule.until or 'ever'}" if rule.from_ or rule.until else ""
        where = f", regions: {', '.join(rule.regions)}" if rule.regions else ""
        console.print(f"{rule.name}: {rule.kind}, {counts[rule.name]:,} products{days}{where}")
