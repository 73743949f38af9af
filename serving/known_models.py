"""The versions that matter now, kept in memory: a question about them asks no registry."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from core.errors import RegularsError
from core.workspace import Workspace
from models import registry_tables
from models.kinds import names
from models.registry_place import exists, fingerprint
from models.version import Version


class KnownModels:
    """`versions` holds, per kind, those with an alias as the registry last told them; `complete`: it answers now."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._read_for: tuple[int, ...] | None = None
        self.versions: Mapping[str, tuple[Version, ...]] = MappingProxyType({})
        self.complete = False

    def refresh(self) -> None:
        """Read them where an embedded registry has changed; a server is asked each time, by three quick queries.

        Without a registry what was told last stays, and is not complete: nobody has trained yet, or its file is gone.
        """
        before = fingerprint(self._workspace)
        if self.complete and before is not None and before == self._read_for:
            return
        if not exists(self._workspace):
            self.complete = not any(self.versions.values()) and not self._served()
            return
        try:
            found = {
                name: tuple(version for version in registry_tables.versions(self._workspace, name) if version.aliases)
                for name in names()
            }
        except RegularsError:
            self.complete = False
            return
        self.versions, self._read_for, self.complete = MappingProxyType(found), before, True

    def _served(self) -> bool:
        """Whether a model ever served here: then there was a registry."""
        return any((self._workspace.models_dir / name / "serving.json").exists() for name in names())
