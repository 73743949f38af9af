"""Which outside signals are worth using, and how far, learnt on a shop's own past."""
