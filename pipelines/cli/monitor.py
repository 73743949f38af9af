"""`regulars monitor`, `regulars review` and `regulars ui`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import AsOfOption, JsonOption, WorkspaceOption
from pipelines.cli.telling import tell

if TYPE_CHECKING:
    from datetime import date

    from core.workspace import Workspace
    from monitoring.results import ModelReport, MonitorReport
    from pipelines.acting import Act
    from pipelines.cli.console import Console

PAGES = ("mlflow", "evidently")
LOOPBACK = "127.0.0.1"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(monitor)
    app.command()(review)
    app.command()(ui)


def monitor(
    as_of: AsOfOption = None,
    act: Annotated[
        bool,
        typer.Option(
            "--act",
            help="Train a model anew where its rules request it: at most once a day, never over a refusal; "
            "nothing is promoted (docs/monitoring.md#acting).",
        ),
    ] = False,
    *,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Compare the last days with the models' training data: drift, quality, fairness, business figures, rules."""
    from core.clock import present, resolve_as_of
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        opened = Workspace.open(workspace)
        day = resolve_as_of(opened, as_of)
        from monitoring import monitor as monitoring

        report = monitoring.run(opened, day)
        _show(console, report)
        asking = len(report.alerts)
        flagged = sum(rule.flagged for rule in report.rules)
        text = f"monitored as of {day}: {asking} {'rule asks' if asking == 1 else 'rules ask'} for somebody"
        text += f", {flagged} {'flags' if flagged == 1 else 'flag'} something" if flagged else ""
        acts = _act(console, opened, report, present(opened)) if act else ()
        delivery = tell(console, opened)
        more = {"delivery": delivery} | ({"acts": [each.as_dict() for each in acts]} if act else {})
        console.finish(text, "regulars review", report.as_document() | more)


def review(
    workspace: WorkspaceOption = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on [default: review.host].")] = None,
    port: Annotated[int | None, typer.Option(help="Port [default: review.port].", min=1, max=65535)] = None,
    json: JsonOption = False,
) -> None:
    """Start the review desk: see every model's state, open reports, approve or refuse; Ctrl-C stops it."""
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        opened = Workspace.open(workspace)
        settings = opened.settings.review
        host, port = host or settings.host, port or settings.port
        _refuse_taken(host, port, "review.port")
        from monitoring.desk import app

        url = f"http://{host}:{port}/"
        console.finish(f"the review desk is at {url}; Ctrl-C stops it", _how_to_sign_in(), {"url": url})
        app.serve(opened, host, port)


def ui(
    pages: Annotated[str, typer.Argument(metavar="mlflow|evidently", help="Whose pages.")],
    workspace: WorkspaceOption = None,
    host: Annotated[str, typer.Option(help="Address to listen on: anybody who reaches it sees all.")] = LOOPBACK,
    port: Annotated[
        int | None, typer.Option(help="Port [default: pages.mlflow_port, pages.evidently_port].", min=1, max=65535)
    ] = None,
    json: JsonOption = False,
) -> None:
    """Start the pages of MLflow (runs, versions) or Evidently (reports); Ctrl-C stops them."""
    from core.errors import UsageError, did_you_mean
    from core.workspace import Workspace
    from pipelines import library_pages
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        if pages not in PAGES:
            raise UsageError(f"there are no pages of {pages!r}", todo=did_you_mean(pages, PAGES))
        opened = Workspace.open(workspace)
        settings = opened.settings.pages
        port = port or (settings.mlflow_port if pages == "mlflow" else settings.evidently_port)
        _refuse_taken(host, port, f"pages.{pages}_port")
        url = f"http://{host}:{port}/"

        def told() -> None:
            console.finish(f"the pages of {pages} are at {url}; Ctrl-C stops them", data={"url": url})

        code = library_pages.serve(opened, pages, host, port, told)
    if code:
        raise SystemExit(code)


def _act(console: Console, workspace: Workspace, report: MonitorReport, today: date) -> tuple[Act, ...]:
    """Do what the run asks for, and say what was done and why not."""
    from pipelines import acting

    acts = acting.act(workspace, report, today)
    console.print()
    for each in acts:
        console.print(f"act: {each}")
    if not acts:
        console.print("act: no rule requests a retraining")
    return acts


def _show(console: Console, report: MonitorReport) -> None:
    rows = [_model_row(model) for model in report.models]
    console.table(("model", "version", "metric now", "floor", "drift", "fairness"), rows, "models")
    _show_served(console, report)
    for model in report.models:
        if model.note:
            console.print(f"{model.kind}: {model.note}")
    console.print()
    rules = [
        ("flagged" if rule.flagged else rule.status, rule.name, rule.about, str(rule.says))
        for rule in report.rules
        if not rule.quiet
    ]
    console.table(("state", "rule", "about", "says"), rules, "rules")
    checks = [*report.quality, *(check for model in report.models for check in model.quality)]
    judged = [check for check in checks if check.judged]
    passed = sum(check.passed for check in judged)
    text = f"checks of data and of models' inputs: {passed} of {len(judged)} passed"
    console.print()
    console.print(text + (f", {len(checks) - len(judged)} can't be judged" if len(judged) < len(checks) else ""))


def _show_served(console: Console, report: MonitorReport) -> None:
    """What the service really said, where something came of it."""
    rows = [
        (
            model.kind,
            each.name,
            each.value,
            f"[{each.low:.4f}, {each.high:.4f}]",
            model.served.n,
            model.served.by_orders,
        )
        for model in report.models
        if model.served
        for each in model.served.figures
    ]
    if rows:
        console.print()
        console.table(("model", "figure", "value", "95% interval", "n", "by orders"), rows, "as served")


def _model_row(model: ModelReport) -> tuple[object, ...]:
    performance, drift, fairness = model.performance, model.drift, model.fairness
    return (
        model.kind,
        model.version or "none",
        f"{performance.value:.4f} {performance.metric}" if performance else "-",
        f"{performance.floor:.4f}" if performance and performance.floor is not None else "-",
        f"{len(drift.drifted)} of {len(drift.columns)}" if drift else "-",
        fairness.state if fairness else "-",
    )


def _refuse_taken(host: str, port: int, key: str) -> None:
    """Say which port is busy and which is free.

    Raises:
        NotReady: something listens there already.
        UsageError: nothing can listen there.
    """
    from core.errors import NotReady
    from pipelines.processes import free_port, is_free

    if not is_free(host, port):
        other = free_port(host, port + 1)
        raise NotReady(f"port {port} on {host} is busy", todo=f"use --port {other}, or set {key}")


def _how_to_sign_in() -> str:
    return "sign in with a key; make one: regulars keys create NAME --right review"
