"""Run a command and print what it cost, as JSON: `python -I -S counted_process.py LOG COMMAND...`.

A small process of its own, because a system counts the highest memory of a process from that of the one that started
it: beside a training in the same process, every step would have its size. Imports nothing but a few standard modules.
"""

import json
import os
import sys
import time


def counted(log: str, command: list[str]) -> dict[str, float]:
    """Seconds, CPU seconds, highest resident memory (KiB) and exit code of a command whose words go to a file."""
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    said = [(os.POSIX_SPAWN_DUP2, output, 1), (os.POSIX_SPAWN_DUP2, output, 2)]
    started = time.monotonic()
    process = os.posix_spawnp(command[0], command, os.environ, file_actions=said)
    _, status, used = os.wait4(process, 0)
    return {
        "seconds": time.monotonic() - started,
        "cpu": used.ru_utime + used.ru_stime,
        "peak": used.ru_maxrss,
        "code": os.waitstatus_to_exitcode(status),
    }


if __name__ == "__main__":
    print(json.dumps(counted(sys.argv[1], sys.argv[2:])))
