"""A store that does not answer, in the words of the command line."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from core.errors import RegularsError, StoreError


@contextlib.contextmanager
def store_errors(what: str) -> Iterator[None]:
    """Any failure of a store (`what`, such as "the online store") as a StoreError that says what to do."""
    try:
        yield
    except RegularsError:
        raise
    except Exception as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise StoreError(f"{what} does not answer", why=why, todo="run: regulars doctor") from error
