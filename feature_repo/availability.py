"""Which products can't be had now. A fact of the moment: lists of products are made with it, no model learns it."""

from __future__ import annotations

from core.reads import Read
from core.workspace import Workspace, of_one_generation

READS = (Read("products", ("product_id", "available"), "recommending only what can be bought now"),)


@of_one_generation
def unavailable(workspace: Workspace) -> frozenset[str]:
    """The ids of the products that the shop marks `available = false`; an empty value counts as available."""
    files = workspace.tables.files("products")
    if not files:
        return frozenset()
    import pyarrow.compute
    import pyarrow.dataset

    gone = pyarrow.compute.field("available") == pyarrow.scalar(False)
    rows = pyarrow.dataset.dataset([str(path) for path in files]).to_table(["product_id"], filter=gone)
    return frozenset(rows["product_id"].to_pylist())
