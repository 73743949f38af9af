"""What a training says its figures are of."""

from datetime import UTC, datetime

import pytest

from models.version import Version
from pipelines.cli.train import judged_on


@pytest.mark.parametrize(
    ("evaluated_from", "said"),
    [
        ("2024-02-02", "on the window from 2024-02-02"),
        ("2024-03-01", "on windows that were over by 2024-03-01"),
    ],
)
def test_figures_of_contacts_are_of_no_window_to_come(evaluated_from: str, said: str) -> None:
    tags = {"as_of": "2024-03-01", "evaluated_from": evaluated_from}
    assert judged_on(Version("uplift", "1", "run", datetime(2024, 3, 1, tzinfo=UTC), (), tags, "")) == said
