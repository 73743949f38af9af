"""What each customer will be worth and when they are back: the models that answer it, and the files they write."""

from models.value.kind import KIND

__all__ = ["KIND"]
