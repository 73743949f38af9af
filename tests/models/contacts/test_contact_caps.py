"""Who refuses, is suppressed, or was contacted lately or often enough is left in peace, for the first such reason."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from core.consents import Consents
from core.errors import UsageError
from core.workspace import Workspace
from models.contacts.contact_caps import LEFT_OUT, ContactCaps
from tests.support.shop import commit

TODAY = date(2024, 6, 1)
PEOPLE = ["open", "lately", "often", "listed", "silent", "stranger"]


@pytest.fixture
def workspace(new_workspace: Workspace) -> Workspace:
    now = datetime(2024, 6, 1)
    rows = [("lately", "spring", now - timedelta(days=3), True), ("open", "spring", now - timedelta(days=200), True)]
    rows += [("often", f"c{n}", now - timedelta(days=40 + n), True) for n in range(12)]
    contacts = pd.DataFrame(rows, columns=["customer_id", "campaign_id", "at", "treated"])
    granted = [(who, purpose) for who in PEOPLE[:4] for purpose in ("marketing", "personalisation")]
    granted.append(("silent", "marketing"))
    consents = pd.DataFrame(granted, columns=["customer_id", "purpose"]).assign(granted=True, at=datetime(2024, 1, 1))
    commit(new_workspace, {"contacts": contacts, "consents": consents})
    return new_workspace


def why(workspace: Workspace, also: Path | None = None) -> dict[str, str]:
    caps = ContactCaps.load(workspace, TODAY, also)
    found = caps.left_out(PEOPLE, [Consents.load(workspace, TODAY)], workspace.settings.contacts)
    return dict(zip(PEOPLE, found, strict=True))


def test_the_first_reason_counts(workspace: Workspace, tmp_path: Path) -> None:
    never = tmp_path / "never.txt"
    never.write_text("listed\nlately\n")
    assert why(workspace, never) == {
        "open": "",
        "lately": "suppressed",
        "often": "contacted_too_often",
        "listed": "suppressed",
        "silent": "no_personalisation_consent",
        "stranger": "no_marketing_consent",
    }
    assert why(workspace)["lately"] == "contacted_lately"
    assert set(why(workspace).values()) - {""} <= set(LEFT_OUT)


def test_without_the_tables_everybody_may_be_contacted(new_workspace: Workspace) -> None:
    assert set(why(new_workspace).values()) == {""}


def test_each_state_of_the_consents_has_to_allow_it(workspace: Workspace) -> None:
    caps, later = ContactCaps(), Consents(tracked=True, default=False)
    found = caps.left_out(["open"], [Consents.load(workspace), later], workspace.settings.contacts)
    assert found.tolist() == ["no_marketing_consent"]


def test_a_list_that_cannot_be_read_stops_it(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="can't be read"):
        ContactCaps.load(workspace, TODAY, Path("nowhere.txt"))
