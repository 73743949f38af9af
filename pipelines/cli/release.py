"""`regulars compare|canary|promote|approve|refuse|rollback|retire`."""

from __future__ import annotations

from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from pipelines.cli.options import JsonOption, WorkspaceOption

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from core.workspace import Workspace
    from models.experiment import Experiment
    from models.version import GateResult
    from monitoring.side_by_side.beside import SideBySide
    from pipelines.cli.console import Console

_USUAL_ARM: Final = "canary"
ModelArgument = Annotated[
    str, typer.Argument(help="churn, demand, recommendation, value or uplift.", show_default=False)
]
VersionArgument = Annotated[str, typer.Argument(help="The number of a version, or an alias.", show_default=False)]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it stays in the audit log.", show_default=False)]
KeyFileOption = Annotated[
    Path | None,
    typer.Option(
        "--key-file",
        help="A file with your key of the right review [default: REGULARS_KEY, else nobody verifies your account].",
        show_default=False,
    ),
]
StateOption = Annotated[
    str | None,
    typer.Option(
        help="The state you decide on, as a refusal prints it: over somebody else's decision.", show_default=False
    ),
]
OptionalReason = Annotated[str, typer.Option("--reason", help="Why; it stays in the audit log.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (compare, canary, promote, approve, refuse, rollback, retire):
        app.command()(command)


def compare(
    model: ModelArgument,
    a: VersionArgument,
    b: VersionArgument,
    live: Annotated[
        bool, typer.Option("--live", help="By what came of their answers while both answered (docs/experiments.md).")
    ] = False,
    *,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Compare two versions on the same later time, with intervals of the paired differences."""
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        space = _having(workspace, model, a, b)
        if live:
            _compare_live(console, space, model, a, b)
            return
        from monitoring.side_by_side import kept_comparisons

        beside = kept_comparisons.made(space, model, a, b)
        found = beside.comparison
        header = ("metric", f"version {found.a}", f"version {found.b}", "difference", "certain")
        rows = [(row.statistic, row.a, row.b, row.difference, "yes" if row.certain else "no") for row in found.rows]
        console.table(header, rows, f"{model} as of {found.as_of}, {found.units:,} units, 95% intervals")
        if worst := [each for each in found.slices if each.worse]:
            lines = [(e.attribute, e.group, e.units, f"{e.pooled:.4f} [{e.low:.4f}, {e.high:.4f}]") for e in worst]
            title = f"where version {found.a} is certainly worse on {found.primary} (all groups: --json)"
            console.table(("attribute", "group", "units", "difference"), lines, title)
        for line in _changes(beside):
            console.print(line)
        data = beside.as_dict()
        if model == "recommendation":
            data["off_policy"] = _off_policy(console, space, a, b)
        console.finish(found.verdict, data=data)


def _changes(beside: SideBySide) -> Iterator[str]:
    """What becomes of the answers, and how fair each version is, a line each."""
    changes, (a, b) = beside.changes, (beside.comparison.a, beside.comparison.b)
    if changes.tiers:
        moved = f"{changes.up:,} move to a higher tier by version {a}, {changes.down:,} to a lower one"
        yield f"of {changes.customers:,} customers {moved}"
    if changes.places:
        yield f"two lists of ten have {changes.shared:.1f} products in common in the mean"
    for each in changes.series[:1]:
        forecasts = f"{each.a:,.0f} units by version {a}, {each.b:,.0f} by version {b}, {each.sold:,.0f} sold"
        yield f"forecasts differ most of {each.series_id}: {forecasts}"
    for fair in [each for each in beside.fairness if each.judged][:1]:
        figure = fair.figure
        told = " and ".join(f"{side.ratio:.2f}" if side and side.ratio else "-" for side in (fair.a, fair.b))
        group = f"{figure.attribute} = {figure.group}"
        yield f"farthest from even: {figure.metric} of {group}, {told} times the rest by version {a} and {b}"


def _compare_live(console: Console, workspace: Workspace, model: str, a: str, b: str) -> None:
    """What came of the answers of both."""
    from monitoring.served import live_comparison

    found = live_comparison.compare(workspace, model, a, b)
    header = ("figure", f"version {found.a}", "n", f"version {found.b}", "n", "difference", "certain")
    rows = [
        (
            each.name,
            _known(each.a),
            each.n_a,
            _known(each.b),
            each.n_b,
            "-" if isnan(each.difference.low) else each.difference,
            "yes" if each.certain else "no",
        )
        for each in (found.outcome, *found.guardrails)
    ]
    console.table(header, rows, f"{model}, answers from {found.since} to {found.until}; the bounds hold at every look")
    better = found.b if found.worse == found.a else found.a
    console.finish(found.verdict, f"regulars promote {model} {better}" if found.worse else "look again later",
                   found.as_dict())  # fmt: skip


def _known(value: float) -> str:
    return "-" if isnan(value) else f"{value:.4f}"


def canary(
    model: Annotated[str, typer.Argument(help="churn, demand or recommendation.", show_default=False)],
    version: Annotated[
        str, typer.Argument(help="The number of a version, or an alias; none: what runs.", show_default=False)
    ] = "",
    *,
    percent: Annotated[
        float | None,
        typer.Option("--percent", help="Share it answers; else variants.canary_percent.", min=0.01, max=99.99),
    ] = None,
    name: Annotated[
        str, typer.Option("--name", help="The arm (canary, unless named): several of them are an A/B test.")
    ] = "",
    shadow: Annotated[bool, typer.Option("--shadow", help="Score it beside the champion; it answers nobody.")] = False,
    stop: Annotated[
        bool, typer.Option("--stop", help="End the arm of --name, or all; the champion answers again.")
    ] = False,
    reason: OptionalReason = "",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Let a version answer a share of customers beside the champion, or nobody, to compare what comes of it."""
    from core.audit import person
    from core.errors import UsageError
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        if stop and (version or shadow or percent is not None):
            raise UsageError("--stop takes no version and no share", todo=f"regulars canary {model} --stop")
        space = _having(workspace, model, *([version] if version else []))
        from models import experiment_release
        from models.gates import Refused

        if stop:
            done = experiment_release.end(space, model, person(), name or None, reason)
            console.finish(done.text, f"regulars compare {model} A B", done.as_dict())
            return
        if not version:
            _running_experiment(console, space, model)
            return
        try:
            done = experiment_release.begin(
                space, model, version, person(), arm=name or _USUAL_ARM, percent=percent, shadow=shadow
            )
        except Refused as refusal:
            print_gates(console, refusal.gates)
            raise
        print_gates(console, done.gates)
        _print_arms(console, done.experiment)
        next_step = f"regulars compare {model} champion {version} --live"
        console.finish(done.text, f"{next_step}; end it: regulars canary {model} --stop", done.as_dict())


def _running_experiment(console: Console, workspace: Workspace, model: str) -> None:
    """What runs now."""
    from models.experiment_release import Change
    from models.registry import Registry

    found = Registry(workspace).experiment(model)
    _print_arms(console, found)
    text, next_step = f"{model}: no other version answers", f"regulars canary {model} VERSION"
    if found:
        arms = ", ".join(arm.name for arm in found.arms)
        text = f"{model}: {arms} beside version {found.champion}"
        next_step = f"regulars compare {model} champion {found.arms[0].version} --live"
    console.finish(text, next_step, Change(text, model, found).as_dict())


def _print_arms(console: Console, experiment: Experiment | None) -> None:
    if experiment is None:
        return
    rest = 100 - sum(arm.percent for arm in experiment.arms)
    rows = [("champion", experiment.champion, f"{rest:g}%")]
    rows += [
        (arm.name, arm.version, "answers nobody" if arm.shadow else f"{arm.percent:g}%") for arm in experiment.arms
    ]
    console.table(("arm", "version", "share"), rows, f"since {experiment.started_at}")


def promote(
    model: ModelArgument, version: VersionArgument, workspace: WorkspaceOption = None, json: JsonOption = False
) -> None:
    """Let a version become champion, if every gate lets it through."""
    from core.audit import person
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        space = _having(workspace, model, version)
        from models import release
        from models.gates import Refused

        try:
            done = release.promote(space, model, version, person())
        except Refused as refusal:
            print_gates(console, refusal.gates)
            raise
        print_gates(console, done.gates)
        console.finish(done.text, after_promotion(space, model), done.as_dict())


def approve(
    model: ModelArgument,
    version: VersionArgument,
    reason: ReasonOption,
    *,
    key_file: KeyFileOption = None,
    state: StateOption = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Approve a version; this lifts a fairness block."""
    _review("approve", model, version, reason, key_file=key_file, state=state, workspace=workspace, json=json)


def refuse(
    model: ModelArgument,
    version: VersionArgument,
    reason: ReasonOption,
    *,
    key_file: KeyFileOption = None,
    state: StateOption = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Refuse a version: it can't become champion until it is approved."""
    _review("refuse", model, version, reason, key_file=key_file, state=state, workspace=workspace, json=json)


def rollback(
    model: ModelArgument, reason: OptionalReason = "", workspace: WorkspaceOption = None, json: JsonOption = False
) -> None:
    """Restore the champion before the present one, in one step."""
    _withdraw("rollback", model, reason, workspace=workspace, json=json)


def retire(
    model: ModelArgument, reason: OptionalReason = "", workspace: WorkspaceOption = None, json: JsonOption = False
) -> None:
    """Take the champion out of service: its best baseline answers, at once."""
    _withdraw("retire", model, reason, workspace=workspace, json=json)


def print_gates(console: Console, gates: Iterable[GateResult]) -> None:
    """What each gate says of a version, a line each."""
    for gate in gates:
        console.print(f"{'PASS' if gate.passed else 'FAIL'}  {gate.name:14} {gate.text}")


def after_promotion(workspace: Workspace, model: str) -> str:
    """What comes next: without a filled online store the service would know nobody."""
    from feature_repo import materialization

    if materialization.as_of(workspace) is None:
        return "regulars materialize (until then the service knows nobody)"
    return "the service picks it up by itself; back: regulars rollback " + model


def _off_policy(console: Console, workspace: Workspace, a: str, b: str) -> dict[str, object]:
    """What served lists with explored places say of both versions."""
    from monitoring.served import logged_exploration

    judged = logged_exploration.judge(workspace, a, b)
    if judged.a and judged.b:
        header = ("products bought per list", "IPS", "self-normalised", "doubly robust", "matches", "covered")
        rows = [
            (
                f"version {name}",
                each.ips,
                each.self_normalised,
                each.doubly_robust,
                f"{each.effective:.0f}",
                f"{each.covered:.0%}",
            )
            for name, each in ((a, judged.a), (b, judged.b))
        ]
        console.table(
            header, rows, f"{judged.lists:,} answers to {judged.customers:,} customers, {', '.join(judged.days)}"
        )
    console.print(judged.verdict)
    return judged.as_dict()


def _having(root: Path | None, model: str, *versions: str) -> Workspace:
    """The workspace; what it has no such version of is refused at once, before what takes seconds to import."""
    from core.workspace import Workspace
    from models import registry_tables
    from models.kinds import require_name

    require_name(model)
    workspace = Workspace.open(root)
    for version in versions:
        registry_tables.version(workspace, model, version)
    return workspace


def _review(
    verdict: Literal["approve", "refuse"],
    model: str,
    version: str,
    reason: str,
    *,
    key_file: Path | None,
    state: str | None,
    workspace: Path | None,
    json: bool,
) -> None:
    """Keep what a reviewer says of a version: the holder of a key, else the account, which nobody has verified."""
    from core import actors
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        space = _having(workspace, model, version)
        who = actors.acting(space, actors.shown_key(key_file))
        from models import release

        keep = {"approve": release.approve, "refuse": release.refuse}[verdict]
        done = keep(space, model, version, who, reason, state=state)
        next_step = f"regulars promote {model} {done.version}" if verdict == "approve" else ""
        console.finish(done.text, next_step, done.as_dict())


def _withdraw(
    action: Literal["rollback", "retire"], model: str, reason: str, *, workspace: Path | None, json: bool
) -> None:
    """Take the champion away, for the one before it or for its best baseline."""
    from core.audit import person
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        space = _having(workspace, model, *(["champion"] if action == "retire" else []))
        from models import release

        act, next_step = {
            "rollback": (release.rollback, "the service picks it up by itself"),
            "retire": (release.retire, f"regulars train {model}, or regulars promote {model} VERSION"),
        }[action]
        done = act(space, model, person(), reason)
        console.finish(done.text, next_step, done.as_dict())
