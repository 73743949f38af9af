"""How well demand is told, by the product and by forecasting libraries instead, on shops that are known."""
