"""What the shop is about, over the months: money, running, and whether customers like it; funnels and campaigns."""

from monitoring.shop_figures.shop_measurement import measure

__all__ = ["measure"]
