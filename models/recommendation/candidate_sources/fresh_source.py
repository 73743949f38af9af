"""What a source of candidates is."""

from __future__ import annotations

from typing import Protocol

from models.arrays import Float32Array
from models.recommendation.profiles import UserProfiles


class FreshSource(Protocol):
    """Scores the targets of a block of customers; the best ones that a customer never bought become candidates."""

    @property
    def name(self) -> str:
        """Its word in files and answers: the label of a `CandidateSource`."""
        ...

    @property
    def limit(self) -> int:
        """How many candidates it gives a customer, at most, where nothing else is set."""
        ...

    def scores(self, profiles: UserProfiles) -> Float32Array:
        """Shape (customers, targets); what is not above 0 is no candidate."""
        ...
