"""The contacts a model of effects is fitted on: who was offered what, what was known of them, what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import cast
from zlib import crc32

import numpy as np
import pandas as pd

from core.clock import day_start
from core.consents import Consents
from core.errors import DataError, NotReady
from core.reads import Read
from core.workspace import Workspace
from feature_repo import catalog, facts, store
from feature_repo.feature_definition import Feature
from models.arrays import Float64Array, Int64Array
from models.uplift.trial import HELD_OUT

READS = (
    Read(
        "contacts",
        ("customer_id", "campaign_id", "treated", "channel", "offer", "cost"),
        "uplift: whether contacting helps, whom and with what",
    ),
)
SERVICE = "uplift_v1"
FOLDS = 5
MIN_ARM, MIN_BUYERS = 100, 20
MOST_DAYS = 12
UNIT = "\x1f"
"""Between the parts of a unit's name: customer, campaign and day."""


@dataclass(frozen=True)
class Contacts:
    """Contacts whose outcome is known, with features; `arm` numbers `offers` from 1, 0 is held out.

    `shares` has shape (rows, offers + 1): how the arms are shared out where the row was drawn (its campaign; where a
    campaign says what the held out would have got, those of that offer). `left_out` says of how many rows nothing can
    be learnt, and why.
    """

    frame: pd.DataFrame
    offers: tuple[str, ...]
    costs: Float64Array
    arm: Int64Array
    shares: Float64Array
    fold: Int64Array
    left_out: tuple[str, ...]


def features() -> tuple[Feature, ...]:
    """The data dictionary of the feature service, in order."""
    return tuple(feature for view in catalog.service(SERVICE) for feature in view.features)


def collect(workspace: Workspace, as_of: date) -> Contacts:
    """Every contact whose days are over at `as_of`, of customers who allow profiling.

    Raises:
        NotReady: there is no table of contacts.
        DataError: nobody was held out, nobody contacted, or too few were.
    """
    if not workspace.tables.has("contacts"):
        raise NotReady(
            "there is no table 'contacts'",
            why="who was contacted, and who was held out of it, is what effects are learnt from",
            todo="draw a list by regulars churn-list, contact, and bring it as contacts (docs/winning-back.md)",
        )
    told = facts.contacted(workspace, date.min, as_of)
    refused = Consents.load(workspace, as_of).refused(told["customer_id"].unique(), "profiling")
    told = told[~told["customer_id"].isin(refused)].reset_index(drop=True)
    _require(workspace, told, as_of)
    drawn = named(told)
    offers, kept = offers_used(drawn)
    placed, shares, alone = shares_of(kept, offers)
    small = len(drawn) - len(kept)
    left = [f"{alone:,} contacts of campaigns that held nobody out, or contacted nobody"] if alone else []
    left += [f"{small:,} contacts of offers with fewer than {MIN_ARM} beside customers held out"] if small else []
    return _contacts(workspace, placed, offers, shares, tuple(left))


def _contacts(
    workspace: Workspace, placed: pd.DataFrame, offers: tuple[str, ...], shares: Float64Array, left: tuple[str, ...]
) -> Contacts:
    arm = np.where(placed["treated"].astype(bool), placed["offer_"].map({o: n for n, o in enumerate(offers, 1)}), 0)
    arm = np.asarray(arm, dtype=float).astype("int64")
    held_out = int((arm == HELD_OUT).sum())
    if held_out < MIN_ARM:
        raise _too_few(f"{held_out} were held out")
    if int(placed["bought"].sum()) < MIN_BUYERS:
        raise _too_few(f"{int(placed['bought'].sum())} bought afterwards")
    paid = placed["cost"].fillna(0.0).to_numpy(dtype=float)
    costs = np.array([paid[arm == n].mean() if (arm == n).any() else 0.0 for n in range(1, len(offers) + 1)])
    fold = np.array([crc32(who.encode()) % FOLDS for who in placed["customer_id"].astype(str)], dtype="int64")
    return Contacts(with_features(workspace, placed), offers, costs, arm, shares, fold, left)


def with_features(workspace: Workspace, rows: pd.DataFrame) -> pd.DataFrame:
    """Add the features known at each row's `day`, through the feature store's point-in-time join."""
    zone = workspace.tables.timezone
    first = workspace.tables.first_day() + timedelta(days=1)
    known = _known_on(list(rows["day"].unique()), first)
    moments = {day: pd.Timestamp(day_start(when, zone)) for day, when in known.items()}
    found = store.historical(workspace, SERVICE, rows.assign(event_timestamp=rows["day"].map(moments)))
    return found.drop(columns="event_timestamp")


def _known_on(days: Sequence[date], first: date) -> dict[date, date]:
    """As of which day features are looked up: the contact's own, or, where there are many, the Monday before."""
    mondays = len(days) > MOST_DAYS
    return {day: max(day - timedelta(days=day.weekday()) if mondays else day, first) for day in days}


def _require(workspace: Workspace, told: pd.DataFrame, as_of: date) -> None:
    horizon = workspace.settings.churn.horizon_days
    if told.empty:
        raise DataError(
            f"of no contact it is known at {as_of} what came of it",
            why=f"purchases are counted for churn.horizon_days ({horizon}) after a contact",
            todo="train as of a later date, or bring earlier contacts",
        )
    treated = told["treated"].astype(bool)
    if treated.all():
        raise DataError(
            f"everybody in contacts was contacted ({len(told):,} rows)",
            why="without customers held out nothing tells what would have happened without a contact",
            todo="hold some out, as regulars churn-list does, and bring them with treated = false",
        )
    if not treated.any():
        raise DataError(
            f"nobody in contacts was contacted ({len(told):,} rows)",
            why="nothing tells what a contact does",
            todo="bring those who were contacted with treated = true",
        )


def _too_few(what: str) -> DataError:
    return DataError(
        f"too few contacts to tell an effect: {what}",
        why=f"at least {MIN_ARM} customers with one offer, {MIN_ARM} held out and {MIN_BUYERS} buyers are needed",
        todo="go on contacting and holding out, and train again",
    )


def offers_of(told: pd.DataFrame) -> pd.Series[str]:
    """What each row was about: the offer; where no offers are told apart, the channel; else just a contact.

    Of the held out it is what they would have got, where that is told, else empty.
    """
    treated = told["treated"].astype(bool)
    counts = {column: told.loc[treated, column].nunique() for column in ("offer", "channel")}
    column = "channel" if counts["channel"] > 1 >= counts["offer"] else "offer"
    nameless = pd.Series(np.where(treated, "contact", ""), index=told.index, dtype="object")
    return cast("pd.Series[str]", told[column].astype("object").fillna(nameless))


def named(told: pd.DataFrame) -> pd.DataFrame:
    """The rows with what each was about (`offer_`) and where it was drawn (`draw_`): its campaign; where most of those
    a campaign held out say which offer they would have got, those of that offer.
    """
    offer, treated, campaign = offers_of(told), told["treated"].astype(bool), told["campaign_id"]
    meant = offer.isin(offer[treated].unique()) & ~treated
    by_offer = meant.groupby(campaign).sum() * 2 > (~treated).groupby(campaign).sum()
    draw = campaign.astype(str) + UNIT
    return told.assign(offer_=offer, draw_=draw.where(~campaign.map(by_offer), draw + offer.astype(str)))


def offers_used(drawn: pd.DataFrame) -> tuple[tuple[str, ...], pd.DataFrame]:
    """The offers with enough contacts beside customers held out, and the rows without those of the others.

    Only such contacts count: of one beside whom nobody was left alone nothing can be learnt, however many there are.

    Raises:
        DataError: no offer has enough.
    """
    treated = drawn["treated"].astype(bool)
    beside = drawn["draw_"].isin(drawn.loc[~treated, "draw_"])
    sizes = drawn.loc[treated & beside, "offer_"].value_counts()
    offers = tuple(sorted(sizes.index[sizes >= MIN_ARM]))
    if not offers:
        tried = drawn.loc[treated, "offer_"].nunique()
        most = int(sizes.max()) if len(sizes) else 0
        raise _too_few(f"the largest of {tried} offers reached {most} customers beside others held out")
    # Rows of a draw that held nobody out stay here: they are left out, and counted, for that.
    small = treated & beside & ~drawn["offer_"].isin(offers)
    return offers, drawn[~small].reset_index(drop=True)


def shares_of(kept: pd.DataFrame, offers: Sequence[str]) -> tuple[pd.DataFrame, Float64Array, int]:
    """The rows of draws in which some were contacted and some were not, and how the arms were shared out there."""
    draw, arm = kept["draw_"], kept["offer_"].where(kept["treated"].astype(bool), "")
    counts = pd.crosstab(draw, arm).reindex(columns=["", *offers], fill_value=0)
    both = counts.index[(counts[""] > 0) & (counts[list(offers)].sum(axis=1) > 0)]
    there = draw.isin(both)
    shares = counts.div(counts.sum(axis=1), axis=0).reindex(draw[there].tolist()).to_numpy(dtype=float)
    return kept[there].reset_index(drop=True), shares, int((~there).sum())
