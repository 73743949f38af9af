"""A folder among the temporary files that is gone when its owner is."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path


def folder_of(owner: object) -> Path:
    """A new folder that lasts as long as `owner`, and no longer than the process."""
    folder = Path(tempfile.mkdtemp(prefix="regulars-unpacked-"))
    weakref.finalize(owner, shutil.rmtree, folder, ignore_errors=True)
    return folder
