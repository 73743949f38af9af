"""What counts as a reason: the same on the command line, on the desk and in Python."""

from __future__ import annotations

from typing import Final

from core.errors import UsageError

SHORTEST: Final = 3
LONGEST: Final = 2000
"""Characters; the desk's form says so, too."""


def reason_given(text: str) -> str:
    """The reason without the spaces around it.

    Raises:
        UsageError: none, or too long to be read by the next who looks.
    """
    said = text.strip()
    if len(said) < SHORTEST:
        raise UsageError("a reason is needed", todo="say in a sentence why, with --reason TEXT")
    return _not_too_long(said)


def reason_if_given(text: str) -> str:
    """The same where none is needed.

    Raises:
        UsageError: it is too long.
    """
    return _not_too_long(text.strip())


def _not_too_long(said: str) -> str:
    if len(said) > LONGEST:
        raise UsageError(
            f"a reason of {len(said):,} characters is too long",
            why=f"at most {LONGEST:,} are kept and shown",
            todo="say it in short; name the document that says more",
        )
    return said
