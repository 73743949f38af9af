"""Which products count for demand and recommendation, as SQL over the table of products."""

from __future__ import annotations

from core.expressions import parse_scalar
from core.settings import Settings
from feature_repo.contract import TABLES


def counted_products(settings: Settings) -> str:
    """A condition over the columns of `products`, true of those that `products.exclude` does not match.

    Raises:
        MappingError: the setting is no scalar expression over these columns.
    """
    exclude = settings.products.exclude.strip() or "false"
    excluded = parse_scalar(exclude, TABLES["products"].names, where="products.exclude")
    return f"({excluded}) IS NOT TRUE"
