"""Whom to leave in peace now: who refuses, who is suppressed, and who was contacted lately or often enough."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from core.consents import Consents, Purpose
from core.settings import ContactLists
from core.workspace import Workspace
from models.contacts.contact_history import contacts_in_a_year, days_since_contact
from models.contacts.suppression import suppressed

PURPOSES: Final[Mapping[Purpose, str]] = {
    "marketing": "no_marketing_consent",
    "personalisation": "no_personalisation_consent",
}
"""What somebody has to allow who is chosen by what they buy and then written to."""
LEFT_OUT: Final = (*PURPOSES.values(), "suppressed", "contacted_lately", "contacted_too_often")
"""Why a customer is not contacted: the first reason of each counts."""


@dataclass(frozen=True)
class ContactCaps:
    """Who was named in a suppression list, days since the last contact and contacts in a year, as of one day."""

    suppressed: Collection[str] = ()
    rest: Mapping[str, int] = field(default_factory=dict)
    times: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def load(cls, workspace: Workspace, as_of: date, also: Path | None = None) -> ContactCaps:
        """As of a day; `also` is one more suppression list.

        Raises:
            UsageError: a suppression list can't be read: nobody is contacted on the strength of half a list.
        """
        rest, times = days_since_contact(workspace, as_of), contacts_in_a_year(workspace, as_of)
        return cls(frozenset(suppressed(workspace, also).customers), _by_id(rest), _by_id(times))

    def left_out(
        self, customers: Sequence[str], consents: Sequence[Consents], settings: ContactLists
    ) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
        """For each customer the first reason to leave them in peace, '' where there is none.

        Of several states of the consents (the day's, now's) each has to allow it.
        """
        names = pd.Series(list(customers), dtype=object)
        reasons: dict[str, pd.Series[bool]] = {}
        for purpose, reason in PURPOSES.items():
            refused = {one for each in consents for one in each.refused(names, purpose)}
            reasons[reason] = names.isin(refused)
        reasons["suppressed"] = names.isin(set(self.suppressed))
        reasons["contacted_lately"] = contacted_lately(names.map(self.rest), settings.rest_days)
        reasons["contacted_too_often"] = contacted_too_often(names.map(self.times).fillna(0), settings.most_per_year)
        why = np.full(len(names), "", dtype=object)
        for reason in reversed(LEFT_OUT):
            why[reasons[reason].to_numpy(dtype=bool)] = reason
        return why


def _by_id(values: pd.Series[int]) -> dict[str, int]:
    return {str(customer): int(value) for customer, value in values.items()}


def contacted_lately(days: pd.Series[float], rest_days: int) -> pd.Series[bool]:
    """Whether the last contact is too fresh, by the days since; missing: there was none."""
    return days.astype(float) <= rest_days


def contacted_too_often(times: pd.Series[int], most_per_year: int) -> pd.Series[bool]:
    """Whether there were too many contacts in a year; with a limit of 0 there are never too many."""
    return (times >= most_per_year) & (most_per_year > 0)
