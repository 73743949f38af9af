"""A port is called taken where something listens on it; of an address that is none, or not ours, that is said."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.errors import UsageError
from core.workspace import Workspace
from pipelines.cli import main
from pipelines.doctor import examine
from pipelines.processes import free_port, is_free
from tests.support.ports import own_port

NOT_OURS = ["300.1.1.1", "192.0.2.1", "2001:db8::1", "nowhere.invalid", "a" * 70]
"""No address, addresses of nobody (RFC 5737 and 3849), names of nobody."""


def test_only_a_port_on_which_something_listens_is_taken() -> None:
    port = own_port()
    assert is_free("127.0.0.1", port)
    with socket.create_server(("127.0.0.1", port)):
        assert not is_free("127.0.0.1", port)
        assert free_port("127.0.0.1", port) > port


@pytest.mark.parametrize("host", NOT_OURS)
@pytest.mark.parametrize("ask", [is_free, free_port])
def test_an_address_that_is_not_this_machines_is_named_and_no_port_blamed(
    ask: Callable[[str, int], object], host: str
) -> None:
    with pytest.raises(UsageError, match=f"^{host} is no address that this machine can listen on .+; name one") as said:
        ask(host, own_port())
    assert "port" not in str(said.value)


def test_a_port_that_only_the_system_may_take_is_no_taken_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: socket.socket, address: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(UsageError, match=r"port 80 on 127.0.0.1 .*Permission denied.*name a port from 1024 on"):
        free_port("127.0.0.1", 80)


@pytest.mark.parametrize("command", [["serve"], ["review"], ["ui", "mlflow"]], ids=" ".join)
def test_every_server_says_so(small_shop: Workspace, command: list[str]) -> None:
    told = CliRunner().invoke(main.build(), [*command, "--workspace", str(small_shop.root), "--host", "300.1.1.1"])  # type: ignore[arg-type]
    assert (told.exit_code, "300.1.1.1 is no address" in f"{told.output} {told.exception}") == (2, True)


def test_doctor_says_so_of_the_settings(small_shop: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGULARS_SERVING__HOST", "300.1.1.1")
    found = {check.name: check for check in examine(Path(small_shop.root))}["service"]
    assert not found.ok
    assert "300.1.1.1 is no address" in found.found
    assert "`host` in regulars.toml" in found.todo
