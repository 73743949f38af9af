"""The products of the shop's table, sold or not, read when one is asked for that the model does not know."""

from __future__ import annotations

from collections.abc import Sequence

from core.workspace import Workspace
from models.recommendation.audience.asked_product import AskedProduct, asked_product
from models.recommendation.audience.shop_products import ShopProducts
from models.recommendation.catalogue import Catalogue


class DescribedProducts:
    """Safe to use from several threads: what two of them read at once is the same."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._held: tuple[int, ShopProducts] | None = None

    def now(self) -> ShopProducts:
        """As the table is now; read again once it changed."""
        held = self._held
        if held is None or held[0] != self._workspace.tables.generation:
            with self._workspace.pinned() as workspace:
                held = workspace.tables.generation, ShopProducts.load(workspace)
            self._held = held
        return held[1]

    def asked(self, product_id: str, catalogue: Catalogue) -> AskedProduct | None:
        """The product, or those like it; None where nothing tells of it. Of a known one nothing has to be read."""
        if product_id in catalogue.index:
            return AskedProduct.known(product_id, catalogue)
        return asked_product(product_id, catalogue, self.now())

    def nearest(self, product_id: str, catalogue: Catalogue) -> str | None:
        """What was meant by an id that nobody knows, if anything is near; None too for one that does not count."""
        described = self.now()
        if described.excluded(product_id):
            return None
        others: Sequence[str] = [] if len(described.rows) else [str(each) for each in catalogue.ids]
        return described.nearest(product_id, others)
