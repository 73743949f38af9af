"""What contacting a customer is expected to save, where nobody has measured it."""

from __future__ import annotations

from core.settings import ContactLists
from models.arrays import Float64Array


def saving(probability: Float64Array, worth: Float64Array, contacts: ContactLists) -> Float64Array:
    """Probability of leaving x worth x the share whom a contact keeps x margin, in the base currency."""
    saved: Float64Array = probability * worth * contacts.save_rate * contacts.margin
    return saved
