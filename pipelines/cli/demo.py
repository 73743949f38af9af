"""`regulars demo`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import JsonOption, WorkspaceOption

if TYPE_CHECKING:
    from pipelines.cli.console import Console
    from pipelines.demo import Prepared
    from pipelines.processes import Processes, Server

DIRECTORY = Path("workspace")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Stop before serving.")] = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Take real purchases through the whole product, and end with the service and the review desk running.

    Makes and uses ./workspace; run again, it reuses what is done. Ctrl-C stops everything.
    """
    from pipelines import demo as the_demo
    from pipelines.cli.console import Console

    with Console(json).running() as console:
        prepared = the_demo.prepare(workspace or DIRECTORY)
        _show_metrics(console, prepared)
        if no_serve:
            console.finish(
                "the demo is prepared",
                f"regulars demo, or regulars serve -w {prepared.workspace.root}",
                prepared.as_dict(),
            )
            return
        _serve(console, prepared)


def _show_metrics(console: Console, prepared: Prepared) -> None:
    console.print()
    console.table(("model", "who", "metric", "value", "95% interval"), prepared.metrics())
    console.print()
    for outcome in prepared.models.values():
        console.print(outcome.text)


def _serve(console: Console, prepared: Prepared) -> None:
    from core import progress
    from pipelines.processes import Processes

    servers = _servers(prepared)
    with Processes() as processes:
        progress.current().step("starting the service, the review desk and MLflow")
        for server in servers:
            processes.start(server)
        for server in servers:
            processes.wait_ready(server)
        _show_addresses(console, prepared, servers)
        _wait(console, processes)


def _servers(prepared: Prepared) -> list[Server]:
    """The three servers, each on its own port or, where that is busy, on the next free one."""
    from core import progress
    from pipelines.processes import Server, free_port

    settings, root = prepared.workspace.settings, prepared.workspace.root
    wanted = [
        ("service", ["serve"], settings.serving.host, settings.serving.port, "/readyz"),
        ("review desk", ["review"], settings.review.host, settings.review.port, "/"),
        ("MLflow", ["ui", "mlflow"], "127.0.0.1", settings.pages.mlflow_port, "/"),
    ]
    servers: list[Server] = []
    taken: list[int] = []
    for name, command, host, port, ready in wanted:
        taken.append(free_port(host, port, taken=taken))
        if taken[-1] != port:
            progress.current().note(f"port {port} is busy: the {name} takes {taken[-1]}")
        arguments = [*command, "--workspace", str(root), "--port", str(taken[-1])]
        log = root / "logs" / f"{name.replace(' ', '-').lower()}.log"
        servers.append(Server(name, arguments, f"http://{host}:{taken[-1]}{ready}", log))
    return servers


def _show_addresses(console: Console, prepared: Prepared, servers: list[Server]) -> None:
    console.print()
    for server in servers:
        console.print(f"{server.name:12} {_base(server)}")
    console.print(f"{'demo key':12} {prepared.key_file}")
    console.print()
    console.print("try:")
    for line in _curl_lines(prepared, _base(servers[0])):
        console.print(f"  {line}")
    data = {"addresses": {server.name: _base(server) for server in servers}, **prepared.as_dict()}
    console.finish("the demo is running", "try a curl line above; Ctrl-C stops everything", data)


def _base(server: Server) -> str:
    return server.ready_url.rsplit("/", 1)[0]


def _curl_lines(prepared: Prepared, address: str) -> list[str]:
    """Requests that work as printed, about customers and products of this shop."""
    customers, series = prepared.examples()
    key = f'-H "Authorization: Bearer $(cat {prepared.key_file})" -H "Content-Type: application/json"'
    bodies = {
        "churn": f'{{"customer_ids": ["{customers[0]}", "{customers[1]}"], "explain": true}}',
        "recommendations": f'{{"customer_id": "{customers[0]}", "k": 5, "mode": "all"}}',
        "demand": f'{{"series": [{series}], "horizon": 7}}',
    }
    return [f"curl -s {key} -d '{body}' {address}/v1/{name}" for name, body in bodies.items()]


def _wait(console: Console, processes: Processes) -> None:
    from core.errors import StoreError

    try:
        ended = processes.wait()
    except KeyboardInterrupt:
        console.print("stopping ...")
        return
    raise StoreError(f"the {ended} ended by itself", todo="look into the workspace's logs folder")
