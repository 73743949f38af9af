"""Bundles: products that share baskets more often than chance has them, with what that is known by."""
