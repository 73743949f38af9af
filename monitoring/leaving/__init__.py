"""Whether more customers leave than should: by their own rhythm within days, and by what a model expected at last."""
