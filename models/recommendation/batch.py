"""The prediction file: k products for every customer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from datetime import date
from typing import TypedDict, Unpack

import numpy as np
import pandas as pd

from core.consents import Consents
from core.progress import current
from core.workspace import Workspace
from feature_repo import facts, store
from feature_repo.availability import unavailable
from models.arrays import BoolArray
from models.kinds import refuse_hindsight
from models.recommendation.candidates import CandidateSource
from models.recommendation.catalogue import Catalogue
from models.recommendation.dataset import AT_ONCE, SERVICE, Dataset, catalogue
from models.recommendation.history import KEY, PurchaseHistories
from models.recommendation.interests import RecentInterest, by_place
from models.recommendation.merchandising.applied_rules import in_force_on, latest
from models.recommendation.merchandising.bound_rules import RuleSet, RulesInForce
from models.recommendation.model import Recommender
from models.recommendation.pipeline import Pipeline, RankedLists, RankingQuery
from models.recommendation.profiles import BLOCK, UserProfiles
from models.recommendation.rankers import Mode, TwoStage
from models.recommendation.variety.list_variety import ListVariety

COLUMNS = ["customer_id", "rank", "product_id", "score", "source", "model_version"]
_LABELS = np.array([source.label for source in CandidateSource], dtype=object)


class ListOptions(TypedDict, total=False):
    """What lists may be asked for besides: see `blocks`."""

    others: Sequence[str]
    unavailable: Set[str]
    rules: RuleSet | None
    variety: ListVariety | None


def predict_file(
    workspace: Workspace,
    model: Recommender,
    as_of: date,
    version: str,
    *,
    mode: Mode = "all",
    k: int = 10,
    diversity: float | None = None,
) -> pd.DataFrame:
    """`predict_parts` in one."""
    parts = predict_parts(workspace, model, as_of, version, mode=mode, k=k, diversity=diversity)
    return pd.concat(parts, ignore_index=True)


def predict_parts(
    workspace: Workspace,
    model: Recommender,
    as_of: date,
    version: str,
    *,
    mode: Mode = "all",
    k: int = 10,
    diversity: float | None = None,
) -> Iterator[pd.DataFrame]:
    """Every customer with an order line before the date; ranks 1..k, fewer only where the shop has fewer products.

    By customer_id and rank, the customers a part at a time. Who does not allow personalisation, or has bought nothing
    that may be recommended, gets what sells best. In mode `new` no list has a product that the customer bought before.
    What can't be had now is in no list, whatever the date. Rules of a merchandiser are those that count on the date,
    of the version applied last. Without a `diversity` lists have that of `recommendation.diversity`.
    """
    refuse_hindsight("recommendation", version, model, as_of)
    rules = in_force_on(workspace, as_of, latest(workspace))
    gone, asked = unavailable(workspace), ListVariety.asked(workspace.settings.recommendation, diversity)
    for dataset, others in _parts(workspace, as_of):
        found = dataset.with_strangers(workspace, others)
        frame = lists(workspace, model, found, mode, k, others=others, unavailable=gone, rules=rules, variety=asked)
        frame = frame.sort_values(["customer_id", "rank"], ignore_index=True)
        yield frame.assign(model_version=version)[COLUMNS]


def _parts(workspace: Workspace, as_of: date) -> Iterator[tuple[Dataset, list[str]]]:
    """The customers in ascending order of their ids: those with a history, and those without who belong among them."""
    products, known = catalogue(workspace, as_of), store.entities(workspace, SERVICE, as_of, key=KEY).sort_values(KEY)
    ids = known[KEY].to_numpy(dtype=object)
    others = np.array(_without_history(workspace, as_of, ids), dtype=object)
    starts = list(range(0, max(len(ids), 1), AT_ONCE))
    cuts = [0, *(int(np.searchsorted(others, ids[start])) for start in starts[1:]), len(others)]
    for start, first, end in zip(starts, cuts[:-1], cuts[1:], strict=True):
        some = known.iloc[start : start + AT_ONCE]
        yield Dataset.of(workspace, as_of, products, some), others[first:end].tolist()


def lists(
    workspace: Workspace,
    model: Recommender,
    dataset: Dataset,
    mode: Mode,
    k: int,
    **options: Unpack[ListOptions],
) -> pd.DataFrame:
    """customer_id, rank, product_id, score, source of every customer with a history, and of `others` without one.

    As varied as the shop's settings have it where nothing else is asked: what is evaluated is what is served.
    """
    found = lists_by_mode(workspace, model, dataset, (mode,), k, **options)
    return found[mode]


def lists_by_mode(
    workspace: Workspace,
    model: Recommender,
    dataset: Dataset,
    modes: Sequence[Mode],
    k: int,
    **options: Unpack[ListOptions],
) -> dict[Mode, pd.DataFrame]:
    """The lists of several modes, from one look at each customer's profile."""
    parts: dict[Mode, list[pd.DataFrame]] = {mode: [] for mode in modes}
    for block in blocks(workspace, model, dataset, modes, k, **options):
        for mode, pipeline in block.items():
            parts[mode].append(_frame(pipeline.profiles.histories, dataset.catalogue, pipeline.run()))
    none = pd.DataFrame(columns=COLUMNS[:-1])
    return {mode: pd.concat(found, ignore_index=True) if found else none for mode, found in parts.items()}


def blocks(
    workspace: Workspace,
    model: Recommender,
    dataset: Dataset,
    modes: Sequence[Mode],
    k: int,
    *,
    others: Sequence[str] = (),
    unavailable: Set[str] = frozenset(),
    rules: RuleSet | None = None,
    variety: ListVariety | None = None,
) -> Iterator[dict[Mode, Pipeline]]:
    """Block after block of customers, what makes their lists of each mode; without rules in the dataset's order.

    `others` have no history, `unavailable` can't be had; without a `variety` it is the settings'.
    """
    if isinstance(model.ranker, TwoStage):
        model.ranker.use_threads(workspace.settings.threads)
    bound = model.bind(dataset.catalogue)
    variety = variety or ListVariety.asked(workspace.settings.recommendation)
    query = RankingQuery(k, modes[0], bound.mask(unavailable), np.zeros(0, dtype=np.int64), variety=variety)
    recent = _allowed(workspace, dataset.as_of, dataset.recent)
    unknown = PurchaseHistories.empty(others), np.zeros(len(others), dtype=bool)
    for customers, allow in ((dataset.histories, _personal(workspace, dataset)), unknown):
        for histories, personal, in_force in _ruled(customers, allow, rules, dataset.catalogue):
            asked = [replace(query, mode=mode, rules=in_force) for mode in modes]
            starts = range(0, len(histories), BLOCK)
            for first in current().track(starts, f"recommendation: ranking for {', '.join(modes)}", total=len(starts)):
                block = histories.block(first, first + BLOCK)
                profiles, known = UserProfiles(block, bound.index), by_place(recent, block.customers)
                allowed = personal[first : first + BLOCK]
                yield {each.mode: model.pipeline(bound, profiles, allowed, each, known) for each in asked}


def _allowed(
    workspace: Workspace, as_of: date, recent: Mapping[str, Sequence[RecentInterest]]
) -> Mapping[str, Sequence[RecentInterest]]:
    """The interests of those who allow personalisation."""
    if not recent:
        return recent
    refused = Consents.load(workspace, as_of).refused(recent, "personalisation")
    return {customer: interests for customer, interests in recent.items() if customer not in refused}


def _ruled(
    histories: PurchaseHistories, personal: BoolArray, rules: RuleSet | None, catalogue: Catalogue
) -> Iterator[tuple[PurchaseHistories, BoolArray, RulesInForce | None]]:
    """The customers by what rules count for them: all at once where no rule is one of a region."""
    if rules is None:
        yield histories, personal, None
        return
    ruled = rules.bind(catalogue)
    audiences = [rules.audience(customer) for customer in histories.customers]
    for audience in dict.fromkeys(audiences):
        rows = np.flatnonzero([each == audience for each in audiences]).astype(np.int64)
        yield histories.of_customers(rows), personal[rows], ruled.in_force(audience)


def strangers(workspace: Workspace, dataset: Dataset) -> list[str]:
    """Customers with an order line before the dataset's date who bought nothing that counts, in ascending order."""
    return _without_history(workspace, dataset.as_of, [*dataset.histories.customers, *dataset.not_drawn])


def strangers_lists(
    workspace: Workspace, model: Recommender, dataset: Dataset, modes: Sequence[Mode], k: int
) -> dict[Mode, pd.DataFrame]:
    """The lists of those customers alone: customer_id, rank, product_id of each mode."""
    nobody = replace(dataset, histories=PurchaseHistories.empty([]))
    found = lists_by_mode(workspace, model, nobody, modes, k, others=strangers(workspace, dataset))
    return {mode: lists[["customer_id", "rank", "product_id"]] for mode, lists in found.items()}


def _without_history(workspace: Workspace, as_of: date, known: Iterable[str]) -> list[str]:
    """Customers with an order line before a date who are not among those known, in ascending order."""
    return sorted(facts.buyers(workspace, date.min, as_of).difference(known))


def _personal(workspace: Workspace, dataset: Dataset) -> BoolArray:
    """Who has bought something that may be recommended and allows personalisation."""
    histories = dataset.histories
    refused = Consents.load(workspace, dataset.as_of).refused(histories.customers.tolist(), "personalisation")
    return histories.telling & ~np.isin(histories.customers, list(refused))


def _frame(histories: PurchaseHistories, catalogue: Catalogue, ranked: RankedLists) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": histories.customers[ranked.row],
            "rank": ranked.rank,
            "product_id": catalogue.ids[ranked.product],
            "score": ranked.score.astype(float),
            "source": _LABELS[ranked.source],
        }
    )
