"""What contacting a customer is expected to save, where nobody has measured it."""

from __future__ import annotations

from typing import TypeVar

from core.settings import ContactLists
from models.arrays import Float64Array

Numbers = TypeVar("Numbers", float, Float64Array)


def saving(probability: Numbers, worth: Numbers, contacts: ContactLists) -> Numbers:
    """Probability of leaving x worth x the share whom a contact keeps x margin, in the base currency."""
    return probability * worth * contacts.save_rate * contacts.margin
