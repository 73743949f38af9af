"""How often a customer was contacted is counted by contacts, not by rows: a list may be brought twice."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from models.contacts.contact_history import contacts_in_a_year, preferred_channels
from tests.support.shop import commit, empty_workspace

TODAY = date(2024, 6, 1)
ROWS = [
    ("a", "spring", "2024-05-01 00:00", True, "email"),
    ("a", "spring", "2024-05-01 15:30", True, "email"),
    ("a", "spring", "2024-05-02 15:30", True, "phone"),
    ("a", "summer", "2024-05-02 15:30", True, "phone"),
    ("b", "spring", "2024-05-01 00:00", True, "email"),
    ("b", "spring", "2024-05-01 15:30", False, "email"),
    ("c", "spring", "2024-06-01 00:00", True, "email"),
    ("d", "spring", "2023-05-01 00:00", True, "email"),
]


def test_a_list_brought_as_drawn_and_as_carried_out_counts_once(tmp_path: Path) -> None:
    workspace = empty_workspace(tmp_path / "shop")
    frame = pd.DataFrame(ROWS, columns=["customer_id", "campaign_id", "at", "treated", "channel"])
    commit(workspace, {"contacts": frame.assign(at=pd.to_datetime(frame["at"]))})
    assert contacts_in_a_year(workspace, TODAY).to_dict() == {"a": 3}
    assert preferred_channels(workspace, TODAY).to_dict() == {"a": "phone"}
