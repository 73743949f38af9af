"""How much to order: stock levels from a forecast, the stock there is, and what the policy would have earned."""
