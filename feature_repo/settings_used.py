"""The settings that features are computed from."""

from __future__ import annotations

import json

from core.settings import Settings

SECTIONS = {"products", "churn", "segments", "demand", "recommendation"}
UNUSED = {
    "churn": {"trials", "timeout_s", "tiers", "actions", "actions_by_cause", "action_by"},
    "segments": {"health"},
    "demand": {"trials", "timeout_s", "levels", "lead_time_days", "service_level"},
    "recommendation": {"trials", "timeout_s"},
}
"""Those of the same sections that no value depends on; a new setting counts until it is named here."""


def settings_used(settings: Settings) -> str:
    """Their values, as a text that is another whenever one of them is."""
    return json.dumps(settings.model_dump(mode="json", include=SECTIONS, exclude=UNUSED), sort_keys=True)
