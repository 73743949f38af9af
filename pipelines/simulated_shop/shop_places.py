"""Where things lie in the folder of a simulated shop."""

from __future__ import annotations

ORDERS = "orders"
TRUTH = "truth"
CUSTOMERS_FILE = "customers.parquet"
"""The customers as the shop knows them; in the truth, as they are."""
SHOP_FILE = "shop.json"
"""In the truth: the sizes, the whole scenario and the scale of rates, from which everything follows."""
