"""Which contacts can be learnt from, and what is said of those that can't."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from core.errors import DataError, NotReady
from core.workspace import Workspace
from feature_repo import facts
from models.uplift import dataset
from tests.support.shop import FIRST_DAY, commit, empty_workspace

DAY = FIRST_DAY + timedelta(days=30)
KNOWN = DAY + timedelta(days=28)


def shop(tmp_path, contacts: pd.DataFrame) -> Workspace:
    """400 customers who bought before, and of whom every second bought on the fifth day after."""
    rows = [
        {"customer_id": f"k{n}", "order_id": f"{n}-{when}", "product_id": "p", "quantity": 1.0, "revenue": 10.0,
         "ordered_at": pd.Timestamp(DAY) + pd.Timedelta(days=when)}
        for n in range(400)
        for when in ((-9, 5) if n % 2 else (-9,))
    ]  # fmt: skip
    end = {**rows[0], "customer_id": "z", "order_id": "z", "ordered_at": pd.Timestamp(DAY) + pd.Timedelta(days=60)}
    workspace = empty_workspace(tmp_path / "shop")
    commit(workspace, {"orders": pd.DataFrame([*rows, end]), "contacts": contacts})
    return workspace


def contacts(treated: list[bool], **columns: object) -> pd.DataFrame:
    """A campaign among the first customers."""
    who = [f"k{n}" for n in range(len(treated))]
    plain = {"customer_id": who, "campaign_id": "a", "at": pd.Timestamp(DAY) + pd.Timedelta(hours=9)}
    return pd.DataFrame({**plain, "treated": treated, **columns})


HALF = [bool(n // 2 % 2) for n in range(400)]


def test_what_came_of_a_contact_is_counted_from_its_day_on_once_its_days_are_over(tmp_path) -> None:
    workspace = shop(tmp_path, contacts(HALF, cost=2.0))
    told = facts.contacted(workspace, date.min, KNOWN).set_index("customer_id")
    assert (bool(told.loc["k1", "bought"]), told.loc["k1", "spend"]) == (True, 10.0)
    assert (bool(told.loc["k2", "bought"]), told.loc["k2", "spend"]) == (False, 0.0)
    assert facts.contacted(workspace, date.min, KNOWN - timedelta(days=1)).empty


def arms(told: pd.DataFrame) -> tuple[list[str], np.ndarray]:
    """The offers of a campaign, and how they were shared out for each row."""
    named = dataset.named(told)
    offers = sorted(named.loc[named["treated"], "offer_"].unique())
    return offers, dataset.shares_of(named, offers)[1]


def test_arms_are_offers_and_shares_those_of_the_campaign() -> None:
    given = np.where(HALF, np.where(np.arange(400) % 4 == 2, "mail", "call"), None)
    offers, shares = arms(contacts(HALF, offer=given, channel="post"))
    assert offers == ["call", "mail"]
    assert np.allclose(shares, [0.5, 0.25, 0.25])


def test_where_the_held_out_have_an_offer_they_are_compared_within_it() -> None:
    given = np.where(np.arange(400) < 200, "mail", "call")
    _, shares = arms(contacts(HALF, offer=given, channel="post"))
    assert {tuple(row) for row in shares} == {(0.5, 0.0, 0.5), (0.5, 0.5, 0.0)}


def test_they_still_are_where_another_offer_of_the_campaign_is_left_out() -> None:
    given = pd.Series(np.where(np.arange(400) < 340, "mail", "gift"))
    told = contacts([n % 2 == 0 if n < 340 else n < 360 for n in range(400)], offer=given, channel="post")
    offers, kept = dataset.offers_used(dataset.named(told))
    placed, shares, alone = dataset.shares_of(kept, offers)
    assert (offers, alone) == (("mail",), 40)
    assert set(placed["offer_"]) == {"mail"}
    assert np.allclose(shares, 0.5)


@pytest.mark.parametrize("beside", [0, 4])
def test_an_offer_counts_by_contacts_beside_whom_others_were_held_out(
    beside: int, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset, "with_features", lambda _workspace, rows: rows)
    lot = contacts(HALF, offer=[("gift" if n < 2 * beside else "mail") if HALF[n] else None for n in range(400)])
    everybody = contacts([True] * 150, offer="gift").assign(campaign_id="b")
    found = dataset.collect(shop(tmp_path, pd.concat([lot, everybody])), KNOWN)
    assert found.offers == ("mail",)
    assert np.bincount(found.arm).tolist() == [200, 200 - beside]
    said = ["150 contacts of campaigns that held nobody out, or contacted nobody"]
    said += [f"{beside} contacts of offers with fewer than 100 beside customers held out"] if beside else []
    assert list(found.left_out) == said


def test_where_no_offer_has_such_contacts_nothing_is_learnt() -> None:
    told = pd.concat([contacts([True] * 200), contacts([False] * 200).assign(campaign_id="b")], ignore_index=True)
    told = told.assign(offer=None, channel=None)
    with pytest.raises(DataError, match="the largest of 1 offers reached 0 customers beside others held out"):
        dataset.offers_used(dataset.named(told))


@pytest.mark.parametrize("reached", [False, True])
def test_of_a_list_brought_as_drawn_and_as_carried_out_the_later_row_holds(reached: bool, tmp_path) -> None:
    drawn = contacts([not reached], offer="mail", cost=1.0).assign(at=pd.Timestamp(DAY))
    done = contacts([reached], offer="mail", cost=2.0)
    told = facts.contacted(shop(tmp_path, pd.concat([done, drawn])), date.min, KNOWN)
    assert told[["treated", "cost"]].to_numpy().tolist() == [[reached, 2.0]]


@pytest.mark.parametrize(
    ("offer", "channel", "arms_of_it"),
    [
        ("mail", None, ["mail"]),
        (None, None, ["contact"]),
        ("mail", "two", ["app", "post"]),
        (None, "two", ["app", "post"]),
    ],
)
def test_without_offers_to_tell_apart_channels_are_arms(offer, channel, arms_of_it) -> None:
    by = np.where(np.arange(400) % 3 == 0, "post", "app") if channel else None
    assert arms(contacts(HALF, offer=offer, channel=by))[0] == arms_of_it


@pytest.mark.long
def test_contacts_come_with_what_was_known_on_their_day(tmp_path) -> None:
    found = dataset.collect(shop(tmp_path, contacts(HALF, offer="mail", cost=2.0)), KNOWN)
    assert found.offers == ("mail",)
    assert np.allclose(found.costs, 2.0)
    assert found.frame["days_since_last_visit"].eq(9).all()


@pytest.mark.parametrize(
    ("treated", "columns", "said"),
    [
        ([True] * 400, {}, "everybody in contacts was contacted"),
        ([False] * 400, {}, "nobody in contacts was contacted"),
        ([True] * 90 + [False] * 200, {}, "at least 100 customers with one offer, 100 held out"),
        ([True] * 200 + [False] * 90, {}, "90 were held out"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused_with_what_is_missing(tmp_path, treated, columns, said) -> None:
    with pytest.raises(DataError, match=said):
        dataset.collect(shop(tmp_path, contacts(treated, **columns)), KNOWN)


def test_contacts_whose_days_are_not_over_are_not_known(tmp_path) -> None:
    with pytest.raises(DataError, match="of no contact it is known"):
        dataset.collect(shop(tmp_path, contacts(HALF)), DAY)


def test_without_the_table_the_command_that_makes_one_is_named(new_workspace: Workspace) -> None:
    with pytest.raises(NotReady, match="regulars churn-list"):
        dataset.collect(new_workspace, KNOWN)
