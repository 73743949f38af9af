"""A standalone cluster of Spark on this machine: a master and workers, each a process of its own that can be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from core.workspace import Workspace
from tests.support.ports import own_port
from tests.support.spark import on_spark

HOST = "127.0.0.1"
LOG = "daemon.log"
WORKER_MEMORY = "700M"
"""Of which an executor takes `EXECUTOR_MEMORY`; Spark begins none with less than 450 MB."""
EXECUTOR_MEMORY = "600m"
_JAVA = {"SPARK_DAEMON_MEMORY": "192m", "SPARK_DAEMON_JAVA_OPTS": "-XX:+UseSerialGC -XX:CICompilerCount=2"}
_SECONDS = 90


@dataclass(frozen=True)
class Daemon:
    """A master or a worker; the executor that a worker begins is in its group of processes."""

    process: subprocess.Popen[bytes]
    folder: Path

    @property
    def said(self) -> str:
        """Its log so far."""
        return (self.folder / LOG).read_text(errors="replace")

    def tasks_done(self) -> int:
        """How many tasks a worker's executors have finished so far."""
        logs = self.folder.glob("app-*/*/stderr")
        return sum(log.read_text(errors="replace").count("Finished task") for log in logs)

    def wait_for(self, said: str) -> None:
        """Until it has said so; fails with the end of its log."""
        until = time.monotonic() + _SECONDS
        while said not in self.said:
            assert self.process.poll() is None, self.said[-2000:]
            assert time.monotonic() < until, self.said[-2000:]
            time.sleep(0.1)

    def kill(self) -> None:
        """End it and its executor at once, with all that they hold (kill -9)."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@dataclass(frozen=True)
class Cluster:
    """A master's address, and its workers."""

    master: str
    workers: tuple[Daemon, ...]

    def computing(self, workspace: Workspace) -> Workspace:
        """The same workspace, its features computed here by one executor per worker, all there before the first task.

        Tasks go to whoever is free, so that no worker stays without any.
        """
        return on_spark(
            workspace,
            self.master,
            spark__driver__host=HOST,
            spark__driver__bindAddress=HOST,
            spark__executor__memory=EXECUTOR_MEMORY,
            spark__executor__cores="1",
            spark__executor__extraJavaOptions="-XX:+UseSerialGC -XX:CICompilerCount=2",
            spark__cores__max=str(len(self.workers)),
            spark__scheduler__minRegisteredResourcesRatio="1.0",
            spark__locality__wait="0s",
        )


@contextmanager
def standalone(folder: Path, workers: int = 2) -> Iterator[Cluster]:
    """A cluster of workers of one core each; its logs lie in the folder, and none of its processes outlives the block.

    Raises:
        AssertionError: one of them does not begin; with the end of its log.
    """
    with ExitStack() as running:
        port = own_port()
        master = _begun(running, folder / "master", "master.Master", "--port", str(port))
        master.wait_for("I have been elected leader")
        url, share = f"spark://{HOST}:{port}", ("--cores", "1", "--memory", WORKER_MEMORY)
        places = [folder / f"worker{number}" for number in range(workers)]
        begun = [_begun(running, place, "worker.Worker", *share, "--work-dir", str(place), url) for place in places]
        for worker in begun:
            worker.wait_for("Successfully registered with master")
        yield Cluster(url, tuple(begun))


def _begun(running: ExitStack, folder: Path, name: str, *words: str) -> Daemon:
    import pyspark

    folder.mkdir(parents=True)
    home = Path(pyspark.__file__).parent
    command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{name}"]
    chosen = {"SPARK_HOME": str(home), "SPARK_LOCAL_DIRS": str(folder), "SPARK_LOCAL_IP": HOST}
    environment = os.environ | chosen | _JAVA
    words = ("--host", HOST, "--webui-port", "0", *words)
    with (folder / LOG).open("wb") as log:
        process = subprocess.Popen(
            [*command, *words],
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=folder,
            start_new_session=True,
        )
    daemon = Daemon(process, folder)
    running.callback(daemon.kill)
    return daemon
