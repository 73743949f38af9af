"""The supervisor starts a worker again whenever it ends, whatever was connected meanwhile."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from pathlib import Path

import pytest

from serving import supervisor as supervising
from serving.supervisor import CANNOT_START, READY_FD, Supervisor

WORKER = f"""
import os, sys, time
from pathlib import Path
Path(sys.argv[1]).open("a").write("started\\n")
told = int(os.environ["{READY_FD}"])
os.write(told, b"1")
time.sleep(0.1)
os.close(told)
time.sleep(0.3)
"""


@pytest.mark.fault(
    "processes", "a worker that takes no more, and ends while others are told so", "another one is started"
)
def test_a_worker_that_ends_is_started_again_while_others_are_connected(tmp_path: Path) -> None:
    """The pipe's number is a connection's by then."""
    starts, answers = tmp_path / "starts", []

    async def scenario() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            command = [sys.executable, "-S", "-c", WORKER, str(starts)]
            supervisor = Supervisor(listener, command, os.environ, workers=1, stop_seconds=5)
            running = asyncio.create_task(supervisor.run())
            connected = []
            for _ in range(200):
                await asyncio.sleep(0.05)
                connected.append(await asyncio.open_connection("127.0.0.1", port))
                if starts.exists() and starts.read_text().count("started") >= 3:
                    break
            _, writer = connected[-1]
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            supervisor._stop()
            answers.append(await asyncio.wait_for(connected[-1][0].read(), 10))
            await asyncio.wait_for(running, 20)
            for _, writer in connected:
                writer.close()

    asyncio.run(scenario())
    assert starts.read_text().count("started") >= 3
    assert answers[0].startswith(b"HTTP/1.1 503 ")


LAME = f"""
import os, sys, time
from pathlib import Path
Path(sys.argv[1]).open("a").write(sys.argv[2])
if sys.argv[2] == "2":
    os._exit({CANNOT_START})
os.write(int(os.environ["{READY_FD}"]), b"1")
time.sleep(60)
"""


@pytest.mark.fault(
    "processes", "a worker that can't start beside one that answers", "it is tried again; the other answers on"
)
def test_a_worker_that_cannot_start_ends_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervising, "LONGEST_PAUSE_SECONDS", 0.05)
    starts = tmp_path / "starts"

    async def scenario() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            command = [sys.executable, "-S", "-c", LAME, str(starts), "{worker}"]
            supervisor = Supervisor(listener, command, os.environ, workers=2, stop_seconds=5)
            running = asyncio.create_task(supervisor.run())
            for _ in range(200):
                await asyncio.sleep(0.05)
                if starts.exists() and starts.read_text().count("2") >= 3:
                    break
            assert not running.done()
            supervisor._stop()
            await asyncio.wait_for(running, 20)

    asyncio.run(scenario())
    assert starts.read_text().count("1") == 1
    assert starts.read_text().count("2") >= 3


def test_where_no_worker_can_start_the_service_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervising, "LONGEST_PAUSE_SECONDS", 0.05)

    async def scenario() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            command = [sys.executable, "-S", "-c", f"import os; os._exit({CANNOT_START})"]
            await asyncio.wait_for(Supervisor(listener, command, os.environ, workers=2, stop_seconds=5).run(), 20)

    asyncio.run(scenario())
