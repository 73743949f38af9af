"""The `mapping.yaml` of a simulated shop: its columns are called what the data contract calls them."""

from __future__ import annotations

from collections.abc import Iterable

from pipelines.simulated_shop.shop_scenario import ShopScenario

_COLUMNS = {
    "orders": "customer_id order_id line_id product_id ordered_at quantity revenue discount currency channel store_id"
    " region",
    "products": "product_id name category department brand list_price unit_cost launched_on",
    "customers": "customer_id region signed_up_on",
    "promotions": "product_id starts_on ends_on kind",
    "calendar": "date name value",
    "fx_rates": "date currency rate",
    "contacts": "customer_id campaign_id at treated channel offer cost",
    "protected": "customer_id attribute value",
}


def mapping_text(scenario: ShopScenario, brought: Iterable[str]) -> str:
    """The file's text; `brought` are the tables beside the orders."""
    lines = [
        "# A simulated shop; the truth about it is in truth/, see docs/simulation.md.",
        f"timezone: {scenario.timezone}",
        f"base_currency: {scenario.base_currency}",
        "tables:",
    ]
    for table in ("orders", *brought):
        lines += [f"  {table}:", f"    from: {'orders/*.parquet' if table == 'orders' else f'{table}.parquet'}"]
        lines += ["    columns:", *(f"      {name}: {name}" for name in _COLUMNS[table].split())]
    return "\n".join(lines) + "\n"
