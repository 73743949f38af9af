"""What the shop is about, over the months: money, running, and whether customers like it; funnels and campaigns."""
