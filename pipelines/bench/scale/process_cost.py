"""What a process costs: time, CPU and memory, as the system counted them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import StoreError
from pipelines.bench.scale import counted_process

_KIB = 1024


@dataclass(frozen=True)
class ProcessCost:
    """Seconds on the wall, seconds of CPU of all threads and of children that ended, and the highest memory (bytes)."""

    seconds: float
    cpu: float
    peak: int


def cost_of(command: Sequence[str], log: Path, environment: Mapping[str, str]) -> ProcessCost:
    """Run a command to its end.

    Raises:
        StoreError: it failed; says what it said last.
    """
    counting = [sys.executable, "-I", "-S", counted_process.__file__, str(log), *command]
    counted = subprocess.run(counting, stdout=subprocess.PIPE, env={**os.environ, **environment}, check=True)
    cost = json.loads(counted.stdout)
    if cost["code"]:
        last = [line for line in log.read_text(errors="replace").splitlines() if line.strip()][-3:]
        raise StoreError(f"`{' '.join(command)}` ended with {cost['code']}", why=" / ".join(last))
    return ProcessCost(cost["seconds"], cost["cpu"], cost["peak"] * _KIB)


def bytes_in(folder: Path) -> int:
    """Of all files in a folder."""
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file() and not each.is_symlink())
