"""Draws the list: scores everybody, asks who may be contacted, chooses within the budget, and writes the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from core.clock import day_start
from core.consents import Consents
from core.errors import DataError, UsageError
from core.progress import current
from core.workspace import Workspace, of_one_generation
from feature_repo import facts
from models.arrays import Float64Array
from models.artifact_cache import MODEL
from models.churn import dataset
from models.churn.main_cause import main_causes
from models.churn.saving import saving
from models.churn.scorer import Scorer
from models.churn.tiers import action, tiers
from models.contacts.contact_history import contacts_in_a_year, days_since_contact, preferred_channels
from models.contacts.suppression import Suppressed, suppressed
from models.kinds import kind, refuse_hindsight
from models.registry import Registry
from models.uplift.model import UpliftModel
from models.value.model import ValueModel
from models.value.worth import worth
from pipelines.churn_list import expected_spend
from pipelines.churn_list.measured_effects import best_offers, costs_of, measured_by
from pipelines.churn_list.selection import Selection, Terms, select
from pipelines.contact_fields import CONTACT_FIELDS
from pipelines.output import require_writable, write

REASONS: Final = 3
COLUMNS: Final = pa.schema(
    [
        *CONTACT_FIELDS,
        ("cost", pa.float64()),
        ("rank", pa.int32()),
        ("risk_tier", pa.int32()),
        ("churn_probability", pa.float64()),
        ("main_cause", pa.string()),
        ("why", pa.string()),
        ("worth", pa.float64()),
        ("expected_value_saved", pa.float64()),
    ]
)
"""The file: what a contact is, then why."""


@dataclass(frozen=True)
class Wish:
    """What is asked for; None: as the settings say (a list of today's date, tiers 1 to 3, champion)."""

    budget: float
    output: Path
    tier: int | None = None
    cost: float | None = None
    hold_out: float | None = None
    campaign: str | None = None
    suppress: Path | None = None
    alias: str = "champion"


@dataclass(frozen=True)
class Drawn:
    """What was written; `spent` is in the unit of the budget, `saves` the expectation over the contacted."""

    version: str
    as_of: date
    campaign: str
    considered: int
    contacted: int
    held_out: int
    left_out: Mapping[str, int]
    counts_money: bool
    spent: float
    saves: float
    assumptions: tuple[str, ...]
    output: Path


@dataclass(frozen=True)
class ScoredPopulation:
    """Everybody active as of a date, with their features, and the version that scores them."""

    workspace: Workspace
    version: str
    scorer: Scorer
    features: pd.DataFrame
    as_of: date
    measured: UpliftModel | None = None
    valued: ValueModel | None = None


@of_one_generation
def draw(workspace: Workspace, wish: Wish, as_of: date) -> Drawn:
    """Choose whom to contact as of a date and write the list, whole or not at all.

    Raises:
        UsageError: an impossible budget, tier, cost, share or file.
        NotReady: no churn version carries the alias, or it was trained as of later.
        DataError: nobody is active.
    """
    terms = _terms(workspace, wish, as_of)
    require_writable(wish.output)
    population = _score(workspace, wish.alias, as_of)
    if population.measured is not None:
        costs = costs_of(population.measured, workspace.settings.contacts.costs, wish.cost)
        terms = replace(terms, counts_money=terms.counts_money or any(cost > 0 for cost in costs.values()))
    never = suppressed(workspace, wish.suppress)
    candidates = _candidates(population, wish, never)
    current().step(f"choosing among {len(candidates):,} customers")
    chosen = select(candidates, terms)
    write(_table(population, chosen, terms.campaign), wish.output)
    treated = chosen.rows[chosen.rows["treated"].astype(bool)]
    left_alone = len(chosen.rows) - len(treated)
    return Drawn(
        version=population.version,
        as_of=as_of,
        campaign=terms.campaign,
        considered=len(candidates),
        contacted=len(treated),
        held_out=left_alone,
        left_out=chosen.left_out,
        counts_money=terms.counts_money,
        spent=float(treated["cost"].sum()) if terms.counts_money else float(len(treated)),
        saves=float(treated["saves"].sum()),
        assumptions=(
            *_assumptions(population),
            *_unknown(workspace, never, as_of),
            *_unmeasured(len(treated), left_alone),
        ),
        output=wish.output,
    )


def _score(workspace: Workspace, alias: str, as_of: date) -> ScoredPopulation:
    registry = Registry(workspace)
    version = registry.version("churn", alias)
    scorer: Scorer = kind("churn").load(registry.fetch(version) / MODEL)
    refuse_hindsight("churn", version.version, scorer, as_of)
    current().step(f"scoring customers as of {as_of} with churn version {version.version}")
    features = dataset.unlabelled(workspace, as_of)
    if features.empty:
        days = workspace.settings.churn.active_days
        raise DataError(f"no customer bought anything in the {days} days before {as_of}")
    measured, valued = measured_by(registry, as_of), expected_spend.told_by(registry, as_of)
    return ScoredPopulation(workspace, version.version, scorer, features, as_of, measured, valued)


def _terms(workspace: Workspace, wish: Wish, as_of: date) -> Terms:
    settings = workspace.settings.contacts
    hold_out = settings.hold_out if wish.hold_out is None else wish.hold_out
    _possible("--budget", wish.budget, 0.0, np.inf, "a number, not below 0")
    _possible("--hold-out", hold_out, 0.0, 0.9, "a share from 0 to 0.9")
    if wish.cost is not None:
        _possible("--cost", wish.cost, 0.0, np.inf, "a number, not below 0")
    if wish.tier not in {None, 1, 2, 3}:
        raise UsageError(f"--tier {wish.tier} is not possible", todo="give 1, 2 or 3, or leave it out for all three")
    costs = settings.costs.values() if wish.cost is None else [wish.cost]
    return Terms(
        budget=wish.budget,
        counts_money=any(cost > 0 for cost in costs),
        tier=wish.tier,
        hold_out=hold_out,
        rest_days=settings.rest_days,
        most_per_year=settings.most_per_year,
        campaign=wish.campaign or f"churn-{as_of}",
        seed=workspace.settings.seed,
    )


def _possible(option: str, value: float, low: float, high: float, allowed: str) -> None:
    if not low <= value <= high or not np.isfinite(value):
        raise UsageError(f"{option} {value:g} is not possible", todo=f"give {allowed}")


def _candidates(population: ScoredPopulation, wish: Wish, never: Suppressed) -> pd.DataFrame:
    """What `selection.select` chooses from, with what the list says of each."""
    workspace, scorer, features = population.workspace, population.scorer, population.features
    settings, who = workspace.settings, features["customer_id"].astype(str)
    scores = scorer.score(features)
    reached = tiers(scores.risk_score, settings.churn)
    causes = main_causes(scorer, features)
    probability = np.asarray(scores.probability)
    valued = _worth(population)
    frame = pd.DataFrame(
        {
            "customer_id": who,
            "churn_probability": probability,
            "risk_tier": reached,
            "main_cause": causes,
            "offer": [action(int(tier), settings.churn, cause) for tier, cause in zip(reached, causes, strict=True)],
            "worth": valued,
            "saves": saving(probability, valued, settings.contacts),
            "channel": who.map(preferred_channels(workspace, population.as_of)).fillna(settings.contacts.channel),
            "rest": who.map(days_since_contact(workspace, population.as_of)).astype(float),
            "times": who.map(contacts_in_a_year(workspace, population.as_of)).fillna(0).astype(int),
            "refused": who.isin(_refused(workspace, who, population.as_of)),
            "suppressed": who.isin(never.customers),
        }
    )
    costs: Mapping[str, float] = settings.contacts.costs
    if population.measured is not None:
        costs = costs_of(population.measured, costs, wish.cost)
        told = best_offers(workspace, population.measured, list(who), population.as_of, costs)
        frame = frame.assign(offer=told.offers, saves=told.adds)
    return frame.assign(cost=[costs.get(each, 0.0) if wish.cost is None else wish.cost for each in frame["offer"]])


def _worth(population: ScoredPopulation) -> Float64Array:
    return worth(population.valued, population.features, population.workspace.settings.contacts.worth_days)


def _refused(workspace: Workspace, who: pd.Series[str], as_of: date) -> set[str]:
    """Who refused marketing by the list's date, or it or profiling since: the file is acted upon now."""
    then, now = Consents.load(workspace, as_of), Consents.load(workspace)
    return then.refused(who, "marketing") | now.refused(who, "marketing") | now.refused(who, "profiling")


def _unknown(workspace: Workspace, never: Suppressed, as_of: date) -> tuple[str, ...]:
    """What is said where a suppression list names others than the shop's customers."""
    unknown = never.unknown(facts.buyers(workspace, date.min, as_of)) if never.lines else 0
    if not unknown:
        return ()
    return (f"{unknown:,} of the {len(never.lines):,} lines of the suppression lists name no customer with an order",)


def _unmeasured(contacted: int, left_alone: int) -> tuple[str, ...]:
    if left_alone or not contacted:
        return ()
    return ("nobody of this list is held out (contacts.hold_out): it can't tell whether contacting helps",)


def _table(population: ScoredPopulation, chosen: Selection, campaign: str) -> pa.Table:
    rows, features = chosen.rows, population.features
    texts = features.set_index(features["customer_id"].astype(str)).loc[rows["customer_id"]]
    moment = day_start(population.as_of, population.workspace.tables.timezone)
    frame = rows.assign(
        campaign_id=campaign,
        at=pd.Timestamp(moment),
        cost=rows["cost"].where(rows["treated"].astype(bool), 0.0),
        rank=range(1, len(rows) + 1),
        why=_why(population.scorer, texts) if len(texts) else [],
        expected_value_saved=rows["saves"],
    )
    return pa.Table.from_pandas(frame[COLUMNS.names], schema=COLUMNS, preserve_index=False)


def _why(scorer: Scorer, features: pd.DataFrame) -> list[str]:
    """The strongest reasons that raise the odds of leaving, in words."""
    told = scorer.explain(features, len(scorer.about.inputs.names))
    raising = ([reason.text for reason in each.reasons if reason.effect > 0] for each in told)
    return ["; ".join(texts[:REASONS]) for texts in raising]


def _assumptions(population: ScoredPopulation) -> tuple[str, ...]:
    """Where the figures of the list come from: what was measured, what is expected, what is only assumed."""
    settings = population.workspace.settings.contacts
    days = settings.worth_days
    source = f"worth: {days} days at the mean daily spend of the last 84 and 364 days (no version of value is champion)"
    if population.valued is not None:
        source = f"worth: what the champion of value expects a customer to spend in {days} days"
    if population.measured is not None:
        added = f"what an offer adds to spend in {population.measured.horizon_days} days"
        return (f"saved: measured by the champion of uplift: {added} (docs/winning-back.md)", source)
    return (
        f"saved: assumed, not measured: a contact keeps {settings.save_rate:.0%} of those who would leave"
        " (contacts.save_rate)",
        source,
    )
