"""A shop that is invented with its truth: `regulars simulate`."""
