"""Secrets: from the environment, else a random one in a 0600 file of the workspace, made on first use."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from core.errors import StoreError
from core.files import create_once
from core.workspace import Workspace


def secret(workspace: Workspace, name: str) -> bytes:
    """The secret `name`: the variable `REGULARS_<NAME>`, else the file `secrets/<name>`.

    Raises:
        StoreError: others may read the file, or it is empty.
    """
    given = os.environ.get(f"REGULARS_{name.upper().replace('-', '_')}")
    if given:
        return given.encode()
    path = workspace.secrets_dir / name
    if not path.exists():
        _create(path)
    return _read(path)


def _create(path: Path) -> None:
    """Of two processes that create it at once, one wins and both read the same secret."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    create_once(path, secrets.token_urlsafe(32), mode=0o600)


def _read(path: Path) -> bytes:
    if path.stat().st_mode & 0o077:
        raise StoreError("others may read this secret", where=str(path), todo=f"make it private: chmod 600 {path}")
    content = path.read_bytes().strip()
    if not content:
        raise StoreError("this secret is empty", where=str(path), todo="restore it from a backup")
    return content
