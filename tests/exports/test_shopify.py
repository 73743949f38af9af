"""Shopify's orders, in two versions and as they come after a spreadsheet or an app has had them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.exports import shopify
from tests.exports.dirt import DIRT


@pytest.mark.parametrize("dirt", DIRT)
def test_the_export_is_taken_in_to_the_cent(taken: Callable, dirt: str) -> None:
    made, held = taken(DIRT[dirt](shopify.EXPORT))
    assert "recognised as Shopify: Orders > Export" in made.notes
    assert held == shopify.TRUTH


def test_the_first_version_is_too_and_what_it_lacks_is_said(taken: Callable) -> None:
    made, held = taken(DIRT["plain"](shopify.OLD_EXPORT))
    assert held == shopify.OLD_TRUTH
    assert any(note.startswith("orders.refund is left out") for note in made.notes)
