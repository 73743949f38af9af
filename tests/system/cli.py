"""Drives `regulars` from outside, as a person or a script would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import forked

REGULARS = Path(sys.executable).with_name("regulars")


@dataclass(frozen=True)
class Ended:
    """A command that ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """What `--json` printed."""
        document: dict[str, Any] = json.loads(self.out)
        return document


def regulars(*arguments: object, folder: Path | None = None, code: int | None = 0, **variables: str) -> Ended:
    """Run `regulars` in a fork and check its exit code (None: any); a traceback is never an answer."""
    return _checked(Ended(*forked.run([*map(str, arguments)], folder, _environment(variables))), code)


def installed(*arguments: object, folder: Path | None = None, code: int | None = 0, **variables: str) -> Ended:
    """The same of the program that is installed, which loads everything itself."""
    done = subprocess.run(
        [str(REGULARS), *map(str, arguments)],
        cwd=folder,
        env=_environment(variables),
        capture_output=True,
        text=True,
        timeout=forked.SECONDS,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return _checked(Ended(done.returncode, done.stdout, done.stderr), code)


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("REGULARS_")}
    return {**own, "COLUMNS": "120", **variables}


def _checked(ended: Ended, code: int | None) -> Ended:
    assert "Traceback" not in ended.err + ended.out, ended.err[-3000:]
    if code is not None:
        assert ended.code == code, f"exit {ended.code}\n{ended.out[-2000:]}\n{ended.err[-3000:]}"
    return ended
