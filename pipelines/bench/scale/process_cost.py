"""What a process costs: time, CPU and memory, as the system counted them."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import StoreError

_KIB = 1024


@dataclass(frozen=True)
class ProcessCost:
    """Seconds on the wall, seconds of CPU of all threads and of children that ended, and the highest memory (bytes).

    The memory is never less than that of the process that started it: so the system counts it.
    """

    seconds: float
    cpu: float
    peak: int


def cost_of(command: Sequence[str], log: Path, environment: Mapping[str, str]) -> ProcessCost:
    """Run a command to its end.

    Raises:
        StoreError: it failed; says what it said last.
    """
    started = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env={**os.environ, **environment})
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)  # it is told, or Popen would wait for it again
    if process.returncode:
        last = [line for line in log.read_text(errors="replace").splitlines() if line.strip()][-3:]
        raise StoreError(f"`{' '.join(command)}` ended with {process.returncode}", why=" / ".join(last))
    return ProcessCost(time.monotonic() - started, used.ru_utime + used.ru_stime, used.ru_maxrss * _KIB)


def bytes_in(folder: Path) -> int:
    """Of all files in a folder."""
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file() and not each.is_symlink())
