"""`regulars`, or a part of it, in a fork of a process that has loaded the libraries: most of what a command takes.

A fork has its own environment, folder, streams and exit code, as a process that starts from nothing has, and imports
all of Regulars itself.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory

LIBRARIES = (
    "prometheus_client.values",  # before Feast, as `feature_repo.feast_api` has it
    "alembic.config",
    "duckdb",
    "feast",
    "feast.infra.offline_stores.duckdb",
    "matplotlib.figure",
    "mlflow",
    "mlflow.pyfunc",
    "optuna",
    "pandas",
    "pyarrow.parquet",
    "scipy.optimize",
    "scipy.stats",
    "sklearn.linear_model",
    "typer",
    "xgboost",
)
SECONDS = 550
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(list(LIBRARIES))


def run(words: Sequence[str], folder: Path | None, environment: Mapping[str, str]) -> tuple[int, str, str]:
    """The exit code of `regulars` and what it wrote to its two streams."""
    with TemporaryDirectory() as written:
        out, err = Path(written, "out"), Path(written, "err")
        process = _FORKS.Process(target=_become_regulars, args=(list(words), folder, dict(environment), out, err))
        process.start()
        process.join(SECONDS)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"regulars {' '.join(words)} has not ended")
        return process.exitcode, out.read_text(), err.read_text()


def start(target: Callable[..., None], *arguments: object, written: Path) -> BaseProcess:
    """A process that does what `target` does, with the environment of this one and `written` for its two streams."""
    process = _FORKS.Process(target=_become, args=(target, arguments, dict(os.environ), written), daemon=True)
    process.start()
    return process


def _become(
    target: Callable[..., None], arguments: Sequence[object], environment: dict[str, str], written: Path
) -> None:
    _write_to({1: written, 2: written})
    os.environ.clear()
    os.environ.update(environment)
    target(*arguments)


def _write_to(streams: Mapping[int, Path]) -> None:
    for number, path in streams.items():
        with path.open("ab") as file:
            os.dup2(file.fileno(), number)


def _become_regulars(words: list[str], folder: Path | None, environment: dict[str, str], out: Path, err: Path) -> None:
    _write_to({1: out, 2: err})
    os.environ.clear()
    os.environ.update(environment)
    if folder:
        os.chdir(folder)
    sys.argv = ["regulars", *words]
    atexit._clear()  # what the libraries do at the end of the process that loaded them
    from pipelines.cli.main import main

    try:
        main()
    finally:
        atexit._run_exitfuncs()
