"""How the tables of segments show their figures."""

import pytest

from pipelines.cli.segments import shown


@pytest.mark.parametrize(
    ("column", "value", "seen"),
    [
        ("revenue", 723159.6, "723,159.60"),
        ("share", 0.225, "22.5%"),
        ("health", 76.93, "76.9"),
        ("health", None, None),
        ("customers", 495, 495),
        ("group", "loyal", "loyal"),
    ],
)
def test_figures_are_shown_as_people_write_them(column: str, value: object, seen: object) -> None:
    assert shown(column, value) == seen
