"""By what a policy of contacts is measured, each computed from the frame of `evaluation`."""

from __future__ import annotations

from collections.abc import Mapping

from models.intervals import Mean, Statistic

PRIMARY = "policy_value"
STATISTICS: Mapping[str, Statistic] = {
    "policy_value": Mean("policy_value"),
    "gain_over_nobody": Mean("gain_over_nobody"),
    "gain_over_single": Mean("gain_over_single"),
    "purchases_gained": Mean("purchases_gained"),
    "qini": Mean("qini"),
    "contacted": Mean("contacted"),
}
"""All per customer: what following the model brings; that less no contact, and less the best single offer for all;
purchases beyond those without a contact; the Qini coefficient; the share that is contacted."""
