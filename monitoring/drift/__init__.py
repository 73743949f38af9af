"""Drift: which features, predictions and tables of a shop are no longer what their own past made likely."""
