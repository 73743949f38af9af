"""Exports of platforms, generated in their shape, and what is known to be in them."""
