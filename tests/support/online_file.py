"""An online store's file as another process holds it: read once by a thread that then rests, as a worker's do."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_OTHER = """
import sys, threading
from feature_repo.packed.sqlite_backend import SqliteBackend

store, has_read = SqliteBackend(sys.argv[1]), threading.Event()

def read_and_rest():
    store.ping()
    has_read.set()
    threading.Event().wait()

threading.Thread(target=read_and_rest, daemon=True).start()
has_read.wait()
print("open", flush=True)
for _ in sys.stdin:
    try:
        state = store.state()
        print(state and f"{state.filling} {state.folded}", flush=True)
    except Exception as error:
        print(type(error).__name__, flush=True)
"""


class OtherProcess:
    """Says what it finds in the store."""

    def __init__(self, said: IO[str], asked: IO[str]) -> None:
        self._said, self._asked = said, asked

    def finds(self) -> str:
        """The filling and how far events are folded in; "None", or the kind of the error."""
        self._asked.write("look\n")
        self._asked.flush()
        return self._said.readline().strip()


@contextmanager
def held_open(path: Path) -> Iterator[OtherProcess]:
    """While another process has the file open."""
    command = [sys.executable, "-c", _OTHER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "open"
        yield OtherProcess(process.stdout, process.stdin)
