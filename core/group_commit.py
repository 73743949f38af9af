"""Writes of many threads that share a transaction: the disk is waited for once for all of them.

A thread of its own takes what waits, writes it, commits, and tells each who waits what came of it. While a commit is
under way the next group gathers, so that a busy service needs hardly more commits than a quiet one.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from typing import Final, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from core.database import is_away, is_full
from core.errors import StoreError

MOST_TOGETHER: Final = 500
MOST_WAITING: Final = 2_000
PATIENCE_SECONDS: Final = 10.0

Item = TypeVar("Item")
Told = TypeVar("Told")


class GroupCommit(Generic[Item, Told]):
    """Writes items by `write`, which gets some at once and gives for each what is told of it, or an error to raise.

    commit = GroupCommit(engine, lambda connection, rows: ..., "feedback")
    commit.wait_for(row)  # returns once it is on disk
    """

    def __init__(
        self,
        engine: Engine,
        write: Callable[[sa.Connection, Sequence[Item]], Sequence[Told | Exception]],
        name: str,
    ) -> None:
        self._engine = engine
        self._write = write
        self._name = name
        self._waiting: deque[tuple[Item, Future[Told]]] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    def wait_for(self, item: Item, seconds: float = PATIENCE_SECONDS) -> Told:
        """Write an item together with what others write; returns what `write` told of it, once it is on disk.

        Raises:
            StoreError: too many wait, or it was not written in time.
            SQLAlchemyError: the database refused or did not answer; nothing of the item is kept.
        """
        future = self._submit(item)
        try:
            return future.result(seconds)
        except NotInTime:
            if future.cancel():
                raise StoreError("the database is busy", why=f"{self._name} waited {seconds:g} s for it") from None
            raise StoreError("the database does not answer", why=f"not within {seconds:g} s") from None

    def close(self) -> None:
        """Write what waits, and stop; who comes later starts it again."""
        with self._changed:
            thread, self._closed = self._thread, True
            self._changed.notify()
        if thread is not None:
            thread.join()
        with self._changed:
            self._thread, self._closed = None, False

    def _submit(self, item: Item) -> Future[Told]:
        future: Future[Told] = Future()
        with self._changed:
            if len(self._waiting) >= MOST_WAITING:
                raise StoreError("the database is busy", why=f"{MOST_WAITING:,} wait for it")
            self._waiting.append((item, future))
            if self._thread is None:
                self._thread = threading.Thread(target=self._go, name=f"{self._name} commits", daemon=True)
                self._thread.start()
            self._changed.notify()
        return future

    def _go(self) -> None:
        while group := self._collect():
            self._commit(group)

    def _collect(self) -> list[tuple[Item, Future[Told]]]:
        """Who waits, and has not gone away meanwhile; nobody: it is closed."""
        while True:
            with self._changed:
                while not self._waiting and not self._closed:
                    self._changed.wait()
                some = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_TOGETHER))]
                if not some:
                    return []
            if group := [(item, future) for item, future in some if future.set_running_or_notify_cancel()]:
                return group

    def _commit(self, group: Sequence[tuple[Item, Future[Told]]]) -> None:
        try:
            told = self._written([item for item, _ in group])
        except Exception as error:
            lone = len(group) == 1 or (isinstance(error, SQLAlchemyError) and (is_away(error) or is_full(error)))
            for each in group:
                if lone:
                    each[1].set_exception(error)
                else:  # one of them can't be written: the others need not suffer for it
                    self._commit([each])
            return
        for (_, future), outcome in zip(group, told, strict=True):
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

    def _written(self, items: Sequence[Item]) -> Sequence[Told | Exception]:
        with self._engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")  # what is read first is still so when it is written
            told = self._write(connection, items)
            connection.commit()
        return told
