"""`regulars churn-list`: the list is a file a person can read, and a table of contacts as it stands."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.system.cli import regulars

CONTACTS = """
  contacts:
    from: {file}
    columns: {{campaign_id: campaign_id, customer_id: customer_id, at: at, treated: treated, channel: channel,
              offer: offer, cost: cost}}
"""
FREE = {"REGULARS_CONTACTS__HOLD_OUT": "0.3"}


def test_the_list_is_brought_back_as_contacts_and_leaves_the_contacted_in_peace(a_copy: Path, tmp_path: Path) -> None:
    drawn = regulars("churn-list", "--budget", "8", "--json", folder=a_copy, **FREE).document
    assert drawn["contacted"] <= 8
    assert not drawn["counts_money"]
    file = pd.read_csv(drawn["output"], dtype={"customer_id": str})
    assert list(file.columns)[:7] == ["campaign_id", "customer_id", "at", "treated", "channel", "offer", "cost"]
    assert (len(file), int(file["treated"].sum())) == (drawn["contacted"] + drawn["held_out"], drawn["contacted"])
    assert set(file["channel"]) <= {"email", "web", "shop"}
    assert file["risk_tier"].min() >= 1
    assert file["why"].str.contains("raises the odds of leaving").all()
    mapping = a_copy / "mapping.yaml"
    mapping.write_text(mapping.read_text() + CONTACTS.format(file=drawn["output"]))
    regulars("ingest", folder=a_copy)
    again = regulars("churn-list", "--budget", "8", "--json", folder=a_copy, code=None).document
    assert again["contacted"] == drawn["contacted"], "contacts of the day itself are no facts before it"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--budget", "0"], "a budget of 0 pays for no contact"),
        (["--budget", "100", "--cost", "1e9"], "costs more than it saves"),
    ],
)
def test_a_list_of_nobody_says_why(own_shop: Path, tmp_path: Path, words: list[str], said: str) -> None:
    done = regulars("churn-list", *words, "--output", tmp_path / "list.parquet", folder=own_shop)
    assert said in done.out
    assert pd.read_parquet(tmp_path / "list.parquet").empty


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--budget", "-1"], "--budget -1 is not possible"),
        (["--budget", "9", "--tier", "4"], "--tier 4 is not possible"),
        (["--budget", "9", "--hold-out", "1"], "--hold-out 1 is not possible"),
        (["--budget", "9", "--suppress", "nobody.txt"], "nobody.txt can't be read"),
    ],
)
def test_what_cannot_be_meant_is_refused(own_shop: Path, words: list[str], said: str) -> None:
    assert said in regulars("churn-list", *words, folder=own_shop, code=2).err
