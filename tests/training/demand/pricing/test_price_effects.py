"""How sales go with prices, as a run keeps it."""

import pytest

from models.demand.pricing.responses import NO_RESPONSES
from tests.support.price_panel import make_responses
from training.demand.pricing.price_effects import draw, table


def test_each_series_has_its_elasticity_with_its_error_and_the_prices_it_was_learnt_between() -> None:
    row = table(make_responses(elasticity=-1.5, deviation=0.3)).iloc[0]
    assert (row["series_id"], row["elasticity"], row["error"]) == ("a", -1.5, pytest.approx(0.3))
    assert (row["lowest"], row["highest"], row["refused"]) == (1.5, 2.4, "")


def test_one_that_is_not_answered_by_is_in_the_table_with_its_reason_and_not_in_the_picture() -> None:
    refused = make_responses(refused="its price never moved")
    assert table(refused)["refused"].tolist() == ["its price never moved"]
    assert draw(refused).axes[0].get_yticklabels() == []
    assert [text.get_text() for text in draw(make_responses()).axes[0].get_yticklabels()] == ["a"]


def test_a_shop_whose_prices_tell_nothing_has_an_empty_table() -> None:
    assert table(NO_RESPONSES).empty
    assert "0 of 0 series" in draw(NO_RESPONSES).axes[0].get_title()
