"""What would sell at another price, or promoted: how each series answers, and what a scenario makes of a forecast."""
