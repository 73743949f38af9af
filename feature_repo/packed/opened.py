"""The online store of a workspace, opened once per process."""

from __future__ import annotations

import threading

from core.database import expand
from core.workspace import Workspace
from feature_repo.packed.backend import Backend, open_backend

_OPENED: dict[str, Backend] = {}
_OPENING = threading.Lock()


def online_url(workspace: Workspace) -> str:
    """Where the online store is: what `stores.online` says, else a file of the workspace.

    Raises:
        SettingsError: a variable in the setting is not set.
    """
    url = workspace.settings.stores.online
    return expand(url) if url else f"sqlite:///{workspace.feast_dir / 'online.db'}"


def online_backend(workspace: Workspace) -> Backend:
    """The store, which all of the process share.

    Raises:
        SettingsError: the setting names none that can be used.
    """
    url = online_url(workspace)
    with _OPENING:
        if url not in _OPENED:
            _OPENED[url] = open_backend(url)
        return _OPENED[url]
