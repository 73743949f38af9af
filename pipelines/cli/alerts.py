"""`regulars alerts list|silence|close|send|test`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import JsonOption, WorkspaceOption
from pipelines.cli.release import KeyFileOption

if TYPE_CHECKING:
    from core.alerts import Alert

HELP = """What somebody has to look at: who answers, until when, and whether they were told.

Alerts are raised by `regulars monitor`, `regulars train` and the service, and close by themselves when they are over.
One that nobody answers in time (alerts.answer_hours) rises a level, and is told again. To answer is to close it, or to
silence it with a reason and an end. Channels are set in [alerts] of regulars.toml; see docs/monitoring.md."""
NumberArgument = Annotated[int, typer.Argument(help="The alert's number, as `alerts list` shows it.", min=1)]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it stays in the audit log.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help=HELP, no_args_is_help=True)
    for name, command in (
        ("list", show),
        ("silence", silence),
        ("close", close),
        ("send", send),
        ("test", try_channels),
    ):
        group.command(name)(command)
    app.add_typer(group, name="alerts")


def show(
    closed: Annotated[bool, typer.Option("--all", help="Those that were closed, too: the last 50.")] = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """List the open alerts, the most urgent first: owner, time to answer, silences, and who was told."""
    from core.alerts import Alerts, severest
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        store = Alerts(Workspace.open(workspace))
        alerts = store.recent() if closed else severest(store.open())
        header = ("number", "level", "about", "since", "owner", "answer by", "state")
        rows = [
            (each.id, each.urgency, each.name, each.first_at, each.owner or "-", each.due_at or "-", each.state)
            for each in alerts
        ]
        if rows:
            console.table(header, rows)
        for alert in alerts:
            for line in _details(alert):
                console.print(line)
        overdue = sum(alert.is_overdue for alert in alerts)
        open_now = sum(alert.closed_at is None for alert in alerts)
        text = f"{open_now} open, {overdue} overdue" if open_now else "no alert is open"
        answer = "regulars alerts close NUMBER --reason WHY, or: regulars alerts silence NUMBER --for 7d --reason WHY"
        console.finish(text, answer if open_now else "", {"alerts": [alert.as_dict() for alert in alerts]})


def silence(
    number: NumberArgument,
    reason: ReasonOption,
    lasts: Annotated[str, typer.Option("--for", metavar="TIME", help="How long: 7d, 12h, 30m; at most 366d.")],
    *,
    key_file: KeyFileOption = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Tell nobody of an alert for a while, unless it gets worse; one that is open after that is overdue."""
    from core import alert_answers, utc
    from core.actors import acting, shown_key
    from core.workspace import Workspace
    from pipelines.cli.console import Console
    from pipelines.cli.times import duration

    with Console(json).running() as console:
        until = utc.now() + duration(lasts, "--for")
        opened = Workspace.open(workspace)
        actor = acting(opened, shown_key(key_file))
        kept = alert_answers.silence(opened, number, actor, reason, until)
        text = f"alert {number} ({kept.source}: {kept.subject}) is silent until {kept.until}, unless it gets worse"
        console.finish(text, "regulars alerts list", {"alert": number, "silence": vars(kept)})


def close(
    number: NumberArgument,
    reason: ReasonOption,
    *,
    key_file: KeyFileOption = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Close an alert that was dealt with; where its cause lasts, the next look raises it anew."""
    from core import alert_answers
    from core.actors import acting, shown_key
    from core.alert_delivery import deliver
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        opened = Workspace.open(workspace)
        actor = acting(opened, shown_key(key_file))
        alert = alert_answers.close(opened, number, actor, reason)
        told = deliver(opened)
        data = {"alert": number, "closed_by": actor.name, "delivery": told.as_dict()}
        console.finish(f"alert {number} ({alert.name}) is closed", "", data)


def send(workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """Escalate what nobody answered in time, and send what waits; the service and the desk do so by themselves."""
    from core.alert_delivery import deliver
    from core.alerts import Alerts
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        opened = Workspace.open(workspace)
        told = deliver(opened)
        waiting = Alerts(opened).undelivered()
        for each in waiting:
            console.print(f"alert {each.alert_id}: {each}")
        text = str(told) or ("nothing is due yet" if waiting else "nothing waits to be sent")
        data = {"delivery": told.as_dict(), "undelivered": [vars(each) for each in waiting]}
        console.finish(text, "regulars alerts list" if waiting else "", data)


def try_channels(
    channel: Annotated[str, typer.Argument(help="Its name in alerts.channels; all, where none is given.")] = "",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Send a message to a channel now, to see whether it arrives; exit code 1 where it does not."""
    from core.alert_channels import Channel
    from core.errors import NotReady, RegularsError, UsageError, did_you_mean
    from core.workspace import Workspace
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        settings = Workspace.open(workspace).settings.alerts
        if not settings.channels:
            raise NotReady("alerts.channels names no channel", todo="see docs/monitoring.md#where-alerts-are-told")
        if channel and channel not in settings.channels:
            raise UsageError(f"there is no channel {channel!r}", todo=did_you_mean(channel, settings.channels))
        failed: dict[str, str] = {}
        for name in [channel] if channel else settings.channels:
            try:
                Channel(name, settings.channels[name]).send(
                    "Regulars: a test", "This channel is told of alerts. Nothing is wrong.", settings.send_s
                )
            except RegularsError as error:
                failed[name] = str(error)
            console.print(f"{'FAIL' if name in failed else 'PASS'}  {name}  {failed.get(name, 'took the message')}")
        text = f"{len(failed)} did not take the message" if failed else "each took the message: see whether it arrived"
        console.finish(text, "", {"ok": not failed, "failed": failed})
        if failed:
            raise SystemExit(1)


def _details(alert: Alert) -> list[str]:
    """What there is to read of an alert below the table."""
    lines = [f"{alert.id}: {alert.text}"]
    if alert.silence and alert.closed_at is None:
        lines.append(f"   silent until {alert.silence.until}: {alert.silence.who}: {alert.silence.reason}")
    lines += [f"   nobody had answered it as {level} at {at}" for level, at in alert.escalated.items()]
    lines += [f"   {each}" for each in alert.deliveries if each.state in ("waiting", "given up")]
    if told := sorted({each.channel for each in alert.deliveries if each.state == "sent"}):
        lines.append(f"   told: {', '.join(told)}")
    return lines
