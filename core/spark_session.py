"""The one door to Spark: a session by the settings, in UTC, that says nothing on the terminal.

What Spark, its driver and the Java machine say goes to a file of the workspace (`LOG`). The session begins when it is
first needed, serves all builds of a process and ends with it, so that no executor outlives its driver.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from core import query_engine
from core.database import expand
from core.errors import NotReady, StoreError
from core.workspace import Workspace

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LOG = ".spark.log"
"""In the workspace: what the session of the last process that used Spark said."""
OLDEST_JAVA = 17
_INSTALL_JAVA = "install one (Debian and Ubuntu: apt-get install openjdk-17-jre-headless), or set JAVA_HOME to it"
_QUIET = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "WARN",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
}
"""ANSI: a number that does not fit and a text that is none are errors, as they are in the embedded engine."""
_TASKS_PER_CORE = 2
_LOCAL = re.compile(r"local\[(?P<cores>\d+|\*)(?:,\s*\d+)?\]|local")
_CAUSE = re.compile(r"^Caused by: (?P<cause>.+)$", re.MULTILINE)
_CLASS = re.compile(r"^(?:[\w$]+\.)+(?P<name>[\w$]+(?:Exception|Error))(?::\s*|$)")
_UNREADABLE = re.compile(r"FAILED_READ_FILE.*? file (?:file:/*(?=/))?(?P<file>\S+?)\.? ")
_LAST_ERROR = re.compile(r"^\S+ \S+ ERROR \w+: (?:.*Reason: )?(.+)$", re.MULTILINE)


@dataclass
class _Running:
    """The session of this process, and what it was begun with."""

    wanted: tuple[str, ...] = ()
    session: SparkSession | None = None
    ending: ExitStack = field(default_factory=ExitStack)


_running = _Running()


def session(workspace: Workspace) -> SparkSession:
    """The process's session, begun by the settings of the workspace if there is none by the same.

    Raises:
        NotReady: pyspark or Java is not installed, or Java is too old.
        StoreError: the master does not answer, or the session can't begin.
    """
    wanted = (str(workspace.root), *(f"{key}={value}" for key, value in sorted(properties(workspace).items())))
    if _running.session is None or _running.wanted != wanted or not answers(_running.session):
        stop()
        _require()
        with errors(workspace):
            _begin(workspace)
        _running.wanted = wanted
    assert _running.session is not None
    return _running.session


@contextmanager
def apart(workspace: Workspace) -> Iterator[SparkSession]:
    """A session of the same process with names and settings of its own, which is the active one meanwhile.

    Rows go to it and come from it by columns (Arrow).

    Raises:
        NotReady, StoreError: as `session`.
    """
    from pyspark.sql import SparkSession

    usual = session(workspace)
    own, java = usual.newSession(), SparkSession._get_j_spark_session_class(usual._jvm)
    own.conf.set("spark.sql.execution.arrow.pyspark.enabled", "true")
    java.setActiveSession(own._jsparkSession)
    SparkSession._activeSession = own  # which pyspark keeps beside Java's
    try:
        yield own
    finally:
        SparkSession._activeSession = usual
        if answers(usual):
            java.setActiveSession(usual._jsparkSession)


def stop() -> None:
    """End the process's session, if there is one, and the Java machine of its driver."""
    ending, _running.session, _running.ending = _running.ending, None, ExitStack()
    ending.close()


atexit.register(stop)


def properties(workspace: Workspace) -> dict[str, str]:
    """What the session is begun with: what suits, and over it `spark.config`.

    In one process (`local[n]`) tables lie on the same cores and spill where the embedded engine does; there a shuffle
    has few parts. A cluster decides its own folders, and adapts from Spark's 200 parts on.
    """
    chosen = workspace.settings.spark
    found = _QUIET | {"spark.master": chosen.master, "spark.app.name": f"regulars {workspace.root.name}"}
    if (local := _LOCAL.fullmatch(chosen.master)) is not None:
        cores = local["cores"] or "1"
        parts = _TASKS_PER_CORE * (os.cpu_count() or 1 if cores == "*" else int(cores))
        found |= {
            "spark.driver.memory": f"{workspace.settings.memory_mb}m",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.sql.shuffle.partitions": str(parts),
            "spark.pyspark.python": sys.executable,
        }
    return found | {key: expand(value) for key, value in chosen.config.items()}


@contextmanager
def errors(workspace: Workspace) -> Iterator[None]:
    """Where Spark works: what it fails of is said in a line, with the file that has the rest.

    Raises:
        StoreError: the session, a stage or an executor failed for good.
    """
    try:
        yield
    except Exception as error:
        if not type(error).__module__.startswith(("py4j", "pyspark")) and not isinstance(error, ConnectionError):
            raise
        raise StoreError(
            "Spark failed",
            where=workspace.settings.spark.master,
            why=_why(workspace, error),
            todo=f"all of it is in {workspace.root / LOG}; what was built before is kept, so run the command again",
        ) from error


def _why(workspace: Workspace, error: Exception) -> str:
    """The cause of an error; its text comes from the driver, which may be gone."""
    try:
        return _last_words(workspace) if isinstance(error, ConnectionError) else cause(error)
    except Exception:
        return _last_words(workspace)


def cause(error: BaseException) -> str:
    """The innermost cause that Java names, without its class and what follows its first line."""
    text = str(error)
    said = [found["cause"] for found in _CAUSE.finditer(text)]
    first = next((line for line in (said[-1] if said else text).splitlines() if line.strip()), type(error).__name__)
    while found := _CLASS.match(first):
        rest = first[found.end() :].strip()
        if not rest:
            return found["name"]
        first = rest
    unreadable = _UNREADABLE.search(text)
    return f"{unreadable['file']} can't be read: {first}" if unreadable else first


def _last_words(workspace: Workspace) -> str:
    """Why a driver that no longer answers has ended, as far as it has said."""
    said = _LAST_ERROR.findall((workspace.root / LOG).read_text(encoding="utf-8", errors="replace"))
    return f"the driver has ended: {said[-1]}" if said else "the driver has ended; it may have been killed"


def answers(spark: SparkSession) -> bool:
    """Whether the driver is there still: it may have been killed, or run out of memory."""
    try:
        return not spark.sparkContext._jsc.sc().isStopped()
    except Exception:
        return False


def _begin(workspace: Workspace) -> None:
    """Begin it with a Java machine of its own, whose output is the log: pyspark would let it speak on the terminal."""
    from pyspark import SparkConf, SparkContext
    from pyspark.java_gateway import launch_gateway
    from pyspark.sql import SparkSession

    chosen, stack = properties(workspace), ExitStack()
    with stack:
        spill = query_engine.spill_folder(workspace)
        spill.mkdir(parents=True, exist_ok=True, mode=0o700)
        chosen = {"spark.sql.warehouse.dir": (spill / "warehouse").as_uri()} | chosen
        if _LOCAL.fullmatch(chosen["spark.master"]):
            chosen = {"spark.local.dir": str(spill)} | chosen
        log = stack.enter_context((workspace.root / LOG).open("w", encoding="utf-8"))
        stack.callback(shutil.rmtree, spill, ignore_errors=True)
        conf = SparkConf(loadDefaults=False).setAll(list(chosen.items()))
        gateway = launch_gateway(  # type: ignore[no-untyped-call]
            conf, popen_kwargs={"stdout": log, "stderr": subprocess.STDOUT}
        )
        stack.callback(_end_java, gateway)
        _running.session = SparkSession(SparkContext(conf=conf, gateway=gateway))
        stack.callback(_end_session, _running.session)
        _running.ending = stack.pop_all()


def _end_session(spark: SparkSession) -> None:
    """Whether or not the driver is there still: pyspark would else give the next one this one's remains."""
    from pyspark import SparkContext

    with suppress(Exception):
        spark.stop()
    SparkContext._active_spark_context = SparkContext._gateway = SparkContext._jvm = None
    type(spark)._instantiatedSession = type(spark)._activeSession = None


def _end_java(gateway: object) -> None:
    """The Java machine ends when its standard input does."""
    process = getattr(gateway, "proc", None)
    with suppress(Exception):
        gateway.shutdown()  # type: ignore[attr-defined]
    if process is not None:
        process.stdin.close()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _require() -> None:
    """pyspark and a Java machine that it runs on."""
    if find_spec("pyspark") is None:
        raise NotReady("Spark is not installed", todo="install it: pip install 'regulars[spark]'; it needs Java too")
    home = os.environ.get("JAVA_HOME")
    java = shutil.which(str(Path(home) / "bin" / "java")) if home else shutil.which("java")
    if java is None:
        where = f"JAVA_HOME={home}" if home else None
        raise NotReady(
            "Java is not installed", where=where, why=f"Spark needs {OLDEST_JAVA} or later", todo=_INSTALL_JAVA
        )
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(?:1\.)?(?P<number>\d+)', said)
    if found and int(found["number"]) < OLDEST_JAVA:
        why = f"it is {found['number']}, and Spark needs {OLDEST_JAVA} or later"
        raise NotReady("Java is too old", where=java, why=why, todo=_INSTALL_JAVA)
