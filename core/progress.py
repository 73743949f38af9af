"""Progress of long work, told to whoever listens: silent by default, a bar on the command line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol, TypeVar

T = TypeVar("T")


class Progress(Protocol):
    """Where long work says how far it is."""

    def step(self, text: str) -> None:
        """A new part of the work begins."""

    def note(self, text: str) -> None:
        """Something worth a line happened."""

    def track(self, items: Iterable[T], text: str, total: int | None = None) -> Iterator[T]:
        """Pass the items on, counting them."""
        ...


class Silent:
    """Says nothing."""

    def step(self, text: str) -> None:
        """Say nothing."""

    def note(self, text: str) -> None:
        """Say nothing."""

    def track(self, items: Iterable[T], text: str, total: int | None = None) -> Iterator[T]:
        """Pass the items on."""
        return iter(items)


_current: ContextVar[Progress | None] = ContextVar("progress", default=None)


def current() -> Progress:
    """The progress of the work under way."""
    return _current.get() or Silent()


@contextmanager
def using(progress: Progress) -> Iterator[None]:
    """Let the work inside tell `progress`."""
    token = _current.set(progress)
    try:
        yield
    finally:
        _current.reset(token)
