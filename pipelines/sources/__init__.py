"""Where a shop's rows come from: the embedded data set, or what `mapping.yaml` names."""

from pipelines.sources.catalog import read
from pipelines.sources.model import Source, TableSource

__all__ = ["Source", "TableSource", "read"]
