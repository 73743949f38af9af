"""A MariaDB server of the test session, reached by a socket in a folder of its own."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa


@contextmanager
def served(install: str, server: str, folder: Path) -> Iterator[str]:
    """Make a database, serve it, and give the URL of an empty schema in it."""
    data, socket = folder / "data", folder / "s.sock"
    user = ["--user=root"] if os.getuid() == 0 else []
    made = [install, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal", *user]
    subprocess.run(made, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    options = [f"--datadir={data}", f"--socket={socket}", "--skip-networking", "--innodb-buffer-pool-size=32M"]
    process = subprocess.Popen(
        [server, "--no-defaults", *options, *user], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _create(f"mysql+pymysql://root@localhost/?unix_socket={socket}", process)
        yield f"mysql://root@localhost/shop?unix_socket={socket}&charset=utf8mb4"
    finally:
        process.terminate()
        process.wait(60)


def _create(url: str, process: subprocess.Popen[bytes]) -> None:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    for _ in range(600):
        assert process.poll() is None, "the server has ended"
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql("CREATE DATABASE shop CHARACTER SET utf8mb4")
            break
        except sa.exc.OperationalError:
            time.sleep(0.1)
    engine.dispose()
