"""EASE's weights, whichever of the two matrices they come from."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from models.recommendation import cooccurrence, item_item
from models.recommendation.catalogue import Catalogue
from models.recommendation.dataset import Dataset
from models.recommendation.item_item import Neighbours


def by_definition(x: np.ndarray, regularisation: float) -> np.ndarray:
    """B = -P / diag(P), without a diagonal; negative weights left out as the table does."""
    p = np.linalg.inv(x.T @ x + regularisation * np.eye(x.shape[1]))
    weights = -p / np.diag(p)[None, :]
    np.fill_diagonal(weights, 0)
    return np.maximum(weights, 0)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 12), st.integers(2, 12), st.integers(0, 2**16), st.floats(0.5, 50))
def test_both_ways_give_the_weights_of_the_definition(
    customers: int, products: int, seed: int, regularisation: float
) -> None:
    x = (np.random.default_rng(seed).random((customers, products)) < 0.4).astype(float)
    targets = np.arange(products)
    expected = by_definition(x, regularisation)
    for way in (item_item._dual, item_item._primal):
        found = way(sp.csr_matrix(x), targets, regularisation, products).toarray()
        np.testing.assert_allclose(found, expected, atol=2e-5, rtol=2e-4)


def test_beyond_a_bounded_number_of_customers_the_matrix_is_that_of_the_products(monkeypatch) -> None:
    x = sp.csr_matrix((np.random.default_rng(0).random((20, 30)) < 0.3).astype(float))
    expected = by_definition(x.toarray(), 2.0)
    monkeypatch.setattr(item_item, "MOST_CUSTOMERS", 19)
    monkeypatch.setattr(item_item, "_dual", None)
    np.testing.assert_allclose(item_item.ease(x, np.arange(30), 2.0, 30).toarray(), expected, atol=2e-5)


def test_only_the_strongest_weights_of_the_targets_stay() -> None:
    x = sp.csr_matrix((np.random.default_rng(0).random((40, 12)) < 0.5).astype(float))
    targets = np.array([1, 4, 7, 8])
    full, pruned = (item_item.ease(x, targets, 1.0, keep).toarray() for keep in (12, 2))
    assert set(np.flatnonzero(full.sum(axis=0))) <= set(targets)
    for row in range(12):
        best = np.sort(full[row])[::-1][:2]
        np.testing.assert_allclose(np.sort(pruned[row])[::-1][:2], best, atol=1e-6)


def test_a_product_does_not_speak_for_itself(dataset: Dataset) -> None:
    found = item_item.fit(dataset.histories, dataset.catalogue)
    assert len(found.weight)
    assert not (found.source == found.target).any()


def test_the_table_survives_saving_and_another_catalogue(tmp_path, dataset: Dataset) -> None:
    found = item_item.fit(dataset.histories, dataset.catalogue)
    found.save(tmp_path / "n.parquet")
    again = Neighbours.load(tmp_path / "n.parquet")
    assert (again.bind(dataset.catalogue) != found.bind(dataset.catalogue)).nnz == 0
    frame = dataset.catalogue.frame().iloc[5:].sample(frac=1, random_state=1)
    other = Catalogue.of({name: frame[name].tolist() for name in frame.columns})
    there, here = again.bind(other), found.bind(dataset.catalogue)
    codes = dataset.catalogue.codes(other.ids)
    np.testing.assert_allclose(there.toarray(), here[codes][:, codes].toarray())


def test_bought_together_is_the_shrunk_cosine_of_baskets(dataset: Dataset) -> None:
    rng = np.random.default_rng(5)
    baskets = sp.csr_matrix((rng.random((300, len(dataset.catalogue))) < 0.15).astype(np.float32))
    found = cooccurrence.fit(baskets, dataset.catalogue).bind(dataset.catalogue).toarray()
    dense = baskets.toarray()
    for p, q in zip(*np.nonzero(found), strict=True):
        shared = (dense[:, p] * dense[:, q]).sum()
        size = np.sqrt((dense[:, p].sum() + cooccurrence.SHRINKAGE) * (dense[:, q].sum() + cooccurrence.SHRINKAGE))
        assert shared >= cooccurrence.LEAST_BASKETS
        assert np.isclose(found[p, q], shared / size)
    assert (np.count_nonzero(found, axis=1) <= cooccurrence.KEEP).all()
