"""Where a shop's rows come from: the embedded data set, or what `mapping.yaml` names."""

from pipelines.sources.source import Source, TableSource
from pipelines.sources.workspace_source import read

__all__ = ["Source", "TableSource", "read"]
