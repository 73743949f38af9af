"""`python -m monitoring.experiment_process`: one look at the experiments, in a process of its own at low priority.

It is what `regulars monitor` does for them, and nothing else of it.
"""

from __future__ import annotations

import os
from typing import Final

from core import idle_threads, logs, telemetry
from core.errors import RegularsError
from core.workspace import Workspace

NICE: Final = 15


def main() -> None:
    """Look once; the exit code is 1 where a store did not answer."""
    telemetry.switch_off()
    idle_threads.let_sleep()
    logs.configure()
    os.nice(NICE)
    from monitoring import experiment_watch

    try:
        experiment_watch.look(Workspace.open())
    except RegularsError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
