"""Where things lie in the folder of a simulated shop."""

from __future__ import annotations

ORDERS = "orders"
TRUTH = "truth"
SHOP_FILE = "shop.json"
"""In the truth: the sizes, the whole scenario and the scale of rates, from which everything follows."""
