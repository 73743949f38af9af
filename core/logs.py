"""Logging: structlog, JSON lines on stderr, UTC, no customer data."""

from __future__ import annotations

import logging
import sys
import traceback
from pathlib import Path
from typing import TextIO, cast

import structlog


class _Stderr:
    """Whatever stderr is when a line is written: a logger that was made while it was another keeps working."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


STDERR = cast(TextIO, _Stderr())  # one, since its lock is: threads of before and after another set-up share it
FRAMES = 12


def configure(level: int = logging.WARNING) -> None:
    """Set structlog up once per process; libraries that log through `logging` tell warnings and worse."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, force=True)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=STDERR),  # a line and its end at once: others write there, too
        cache_logger_on_first_use=False,  # who logged before this set-up follows it, too
    )


def trail(error: BaseException) -> list[str]:
    """Where an error comes from, the last frames, and those of its cause: without what it says, which may be data."""
    told: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(told) < 3 * FRAMES:
        frames = traceback.extract_tb(cause.__traceback__)[-FRAMES:]
        told += [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
        told.append(type(cause).__name__)
        cause = cause.__cause__ or cause.__context__
    return told
