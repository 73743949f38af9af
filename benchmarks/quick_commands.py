"""How long quick commands take beside another release of the product: the ratio, both in one run, in turns.

    python benchmarks/quick_commands.py BEFORE/.venv/bin/regulars WORKSPACE_OF_BEFORE NOW/.venv/bin/regulars WORKSPACE

Each release reads a workspace of its own. CPU seconds count: what else the machine does hardly moves them.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from statistics import median

COMMANDS = ("status", "doctor", "keys list", "audit verify")
ROUNDS = 3


def main(before: str, old: str, now: str, new: str) -> None:
    """Print the CPU seconds of each command in both releases, and their ratio."""
    print(f"{'command':15}{'before':>9}{'now':>9}{'ratio':>8}")
    for command in COMMANDS:
        pairs = [(_seconds(before, command, old), _seconds(now, command, new)) for _ in range(ROUNDS)]
        then, today = median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
        print(f"{command:15}{then:8.2f}s{today:8.2f}s{today / then:8.2f}")


def _seconds(regulars: str, command: str, workspace: str) -> float:
    started = _children()
    call = [regulars, *command.split(), "--workspace", workspace]
    subprocess.run(call, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return _children() - started


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main(*sys.argv[1:5])
