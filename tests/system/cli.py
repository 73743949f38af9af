"""Drives the installed `regulars` from outside, as a person or a script would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    """Run `regulars` and check its exit code (None: any); a traceback is never an answer."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("REGULARS_")}
    done = subprocess.run(
        [str(REGULARS), *map(str, arguments)],
        cwd=folder,
        env={**environment, "COLUMNS": "120", **variables},
        capture_output=True,
        text=True,
        timeout=550,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert "Traceback" not in done.stderr + done.stdout, done.stderr[-3000:]
    if code is not None:
        assert done.returncode == code, f"exit {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
    return Ended(done.returncode, done.stdout, done.stderr)
