"""Sources of candidates: each has a name that answers may tell, and gives what it says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from models.recommendation import candidate_sources as sources
from models.recommendation.candidate_sources import FreshSource
from models.recommendation.candidates import CandidateLimits, CandidateSource, candidates
from models.recommendation.catalogue import GROUPS, Catalogue
from models.recommendation.dataset import Dataset
from models.recommendation.item_item_index import ItemItemIndex
from models.recommendation.item_statistics import ItemStatistics
from models.recommendation.profiles import UserProfiles

NAMES = [source.name for source in sources.FRESH]
OFF = CandidateLimits(**dict.fromkeys(vars(CandidateLimits()), 0))


@pytest.fixture(scope="module")
def everybody(dataset: Dataset, known: ItemStatistics) -> UserProfiles:
    return UserProfiles(dataset.histories, dataset.index(known.neighbours))


def test_every_source_has_a_label_and_a_limit() -> None:
    every = (sources.OWN, *sources.FRESH, sources.INTEREST)
    assert vars(CandidateLimits()) == {source.name: source.limit for source in every}
    assert set(vars(CandidateLimits())) == {source.label for source in CandidateSource} - {"basket"}


def test_of_several_sources_the_one_that_stands_first_is_told() -> None:
    told = [CandidateSource[name.upper()] for name in (sources.OWN.name, *NAMES)]
    assert told == sorted(told)


@pytest.mark.parametrize("source", sources.FRESH, ids=NAMES)
def test_a_source_gives_the_targets_it_scores_highest(source: FreshSource, everybody: UserProfiles) -> None:
    pairs = candidates(everybody, replace(OFF, **{source.name: 4}))
    scores = source.scores(everybody)
    assert scores.shape == everybody.owned.shape
    assert {CandidateSource(each).label for each in pairs.source} <= {source.name}
    for row in range(5):
        open_to = np.where(everybody.owned[row], 0, scores[row])
        chosen = everybody.index.column[pairs.product[pairs.row == row]]
        expected = np.sort(open_to[open_to > 0])[::-1][:4]
        np.testing.assert_allclose(np.sort(open_to[chosen])[::-1], expected)


@pytest.mark.parametrize(
    ("names", "categories", "kind"),
    [
        (["milk", "milk", "bread", "bread"], ["food", "food", "food", "food"], "name"),
        ([None, None, None, None], ["milk", "milk", "bread", "bread"], "category"),
        (["a 1l", "b 1l", "c 750g", "d 500g"], ["milk", "milk", "bread", "bread"], "category"),
        ([None, None, None, None], ["a", "b", "c", None], "department"),
    ],
)
def test_the_kind_of_a_product_is_the_finest_group_that_most_share(
    dataset: Dataset, names: list[str | None], categories: list[str | None], kind: str
) -> None:
    assert Catalogue.of(_columns(dataset, name=names, category=categories, department=["x"] * 4)).kind == kind


def test_a_shop_without_names_gets_more_of_the_categories_its_customers_buy(
    dataset: Dataset, known: ItemStatistics
) -> None:
    products = len(dataset.catalogue)
    nameless = Catalogue.of(_columns(dataset, products, name=[None] * products))
    profiles = UserProfiles(dataset.histories, ItemItemIndex.of(nameless, known.neighbours))
    pairs = candidates(profiles, replace(OFF, category=4))
    category = nameless.groups["category"]
    assert len(pairs)
    for row, product in zip(pairs.row, pairs.product, strict=True):
        assert category[product] in category[profiles.product[profiles.row == row]]


def test_a_shop_without_kinds_of_products_gets_none_of_them(dataset: Dataset, known: ItemStatistics) -> None:
    products = len(dataset.catalogue)
    bare = Catalogue.of(_columns(dataset, products, **{name: [None] * products for name in GROUPS}))
    profiles = UserProfiles(dataset.histories, ItemItemIndex.of(bare, known.neighbours))
    assert len(candidates(profiles, replace(OFF, category=4))) == 0


def _columns(dataset: Dataset, products: int = 4, **changed: list[str | None]) -> dict[str, list[Any]]:
    """The first products of the catalogue with other attributes."""
    frame = dataset.catalogue.frame().head(products)
    return {name: frame[name].tolist() for name in frame} | changed


def test_a_limit_of_zero_turns_a_source_off(everybody: UserProfiles) -> None:
    assert len(candidates(everybody, OFF)) == 0
