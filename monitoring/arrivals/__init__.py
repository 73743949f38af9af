"""What arrives of the shop's orders, week beside week: shares of lines, places that fell silent, units that moved."""
