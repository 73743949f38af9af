"""A folder among the temporary files that is gone when its owner is."""

from __future__ import annotations

import tempfile
import weakref
from pathlib import Path


def folder_of(owner: object) -> Path:
    """A new folder that lasts as long as `owner`, and no longer than the process."""
    folder = tempfile.TemporaryDirectory(prefix="regulars-unpacked-", ignore_cleanup_errors=True)
    weakref.finalize(owner, folder.cleanup)
    return Path(folder.name)
