"""`regulars markdown-plan`: refused where series are no products."""

from __future__ import annotations

from pathlib import Path

from tests.system.cli import regulars


def test_series_of_many_products_have_no_one_price(own_shop: Path) -> None:
    said = regulars("markdown-plan", "--output", "plan.csv", folder=own_shop, code=2).err
    assert "prices are lowered by product" in said
