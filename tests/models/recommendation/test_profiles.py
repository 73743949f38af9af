"""What a customer bought of each group is looked up, and is what a table of all customers and groups would hold."""

from __future__ import annotations

import numpy as np
import pytest

from models.recommendation.catalogue import GROUPS
from models.recommendation.dataset import Dataset
from models.recommendation.history import PurchaseHistories
from models.recommendation.item_statistics import ItemStatistics
from models.recommendation.profiles import UserProfiles

SUMS = ("weight", "purchases", "products", "first_28d", "first_84d")


@pytest.fixture(scope="module")
def profiles(dataset: Dataset, known: ItemStatistics) -> UserProfiles:
    return UserProfiles(dataset.histories.block(0, 50), dataset.index(known.neighbours))


def table(profiles: UserProfiles, name: str, values: np.ndarray) -> np.ndarray:
    """The sums of values of entries by customer and group, all cells of them."""
    size = profiles.index.catalogue.group_sizes[name]
    cell = profiles.row * size + profiles.index.catalogue.groups[name][profiles.product]
    cells = len(profiles.histories) * size
    return np.bincount(cell, weights=values, minlength=cells).astype(np.float32).reshape(-1, size)


@pytest.mark.parametrize("name", GROUPS)
def test_the_groups_of_a_block_are_those_of_a_table_of_all_cells(profiles: UserProfiles, name: str) -> None:
    first = profiles.of_entries("first_days")
    expected = {
        "weight": profiles.of_entries("weight_60d"),
        "purchases": profiles.of_entries("purchases"),
        "products": np.ones(len(first)),
        "first_28d": first <= 28,
        "first_84d": first <= 84,
    }
    found = profiles.group(name)
    tables = {each: table(profiles, name, values) for each, values in expected.items()}
    row, group = (part.ravel() for part in np.indices(tables["weight"].shape))
    place = found.places(row, group)
    for each, cells in tables.items():
        assert (getattr(found, each)[place] == cells.ravel()).all()
    last = np.full(tables["weight"].shape, np.inf, dtype=np.float32)
    np.minimum.at(
        last, (profiles.row, profiles.index.catalogue.groups[name][profiles.product]), profiles.of_entries("last_days")
    )
    assert (found.last_days[place] == last.ravel()).all()


def test_the_weight_of_the_targets_kinds_is_a_table_of_those_only(profiles: UserProfiles) -> None:
    kind = profiles.index.catalogue.kind
    groups = profiles.index.catalogue.groups[kind][profiles.index.targets]
    expected = table(profiles, kind, profiles.of_entries("weight_60d"))[:, groups]
    assert (profiles.group(kind).weight_of(len(profiles.histories), profiles.index.kinds) == expected).all()


def test_who_bought_nothing_has_nothing_in_any_group(dataset: Dataset, known: ItemStatistics) -> None:
    profiles = UserProfiles(PurchaseHistories.empty(("somebody",)), dataset.index(known.neighbours))
    found = profiles.group("category")
    place = found.places(np.zeros(3, dtype=np.int64), np.arange(3))
    assert all((getattr(found, each)[place] == 0).all() for each in SUMS)
    assert np.isinf(found.last_days[place]).all()
    assert (profiles.group(profiles.index.catalogue.kind).weight_of(1, profiles.index.kinds) == 0).all()
