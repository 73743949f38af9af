"""Which source a workspace has: what its `mapping.yaml` says."""

from __future__ import annotations

from core.errors import NotReady
from core.workspace import Workspace
from pipelines.sources import complete_journey, mapping
from pipelines.sources.source import Source


def read(workspace: Workspace) -> Source:
    """The source of a workspace, every column and expression of it checked against what is really there.

    Raises:
        NotReady: there is no mapping.yaml.
        MappingError: it can't be meant as it stands.
        DataError: a file or database it names can't be read.
    """
    path = workspace.mapping_file
    if not path.is_file():
        raise NotReady(
            "there is no mapping.yaml",
            where=str(workspace.root),
            todo="draft one with: regulars init DIR --from FILE.csv",
        )
    config = mapping.load(path)
    if config.source:
        return complete_journey.source()
    return mapping.resolve(config, path)
