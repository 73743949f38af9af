"""Which code runs: what a model is trained by, and what a kept answer was computed by."""

from __future__ import annotations

import subprocess
from importlib.metadata import version
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent


def code_version() -> str:
    """The package's version and, from a checkout, its commit (`+changes`: with changes not committed)."""
    commit = _git("rev-parse", "--short=12", "HEAD")
    if not commit:
        return version("regulars")
    changed = "+changes" if _git("status", "--porcelain", "--untracked-files=no") else ""
    return f"{version('regulars')}+{commit}{changed}"


def commit() -> str | None:
    """The whole hash of the commit that runs; None where it is no checkout, and the package's version says all."""
    return _git("rev-parse", "HEAD") or None


def _git(*arguments: str) -> str:
    if not (_ROOT / ".git").exists():
        return ""
    try:
        done = subprocess.run(
            ["git", "-C", str(_ROOT), *arguments], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
