"""Lines come back from the log's text as they went in."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import answer_lines
from core.answer_lines import ToldLine

TEXT = st.text(max_size=12)
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
LINES = st.lists(
    st.builds(ToldLine, TEXT, *(st.none() | each for each in (NUMBER, TEXT, TEXT, NUMBER, TEXT, TEXT, TEXT)))
)


@given(LINES)
def test_whatever_is_in_a_line_is_read_back(lines: list[ToldLine]) -> None:
    assert answer_lines.decode(answer_lines.encode(lines)) == lines


def test_what_is_null_takes_no_room() -> None:
    assert answer_lines.encode([ToldLine("7", 0.25)]) == '[{"subject":"7","value":0.25}]'


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_no_number_is_null(value: float) -> None:
    (line,) = answer_lines.decode(answer_lines.encode([ToldLine("7", value)]))
    assert line.value is None


def test_numbers_of_arrays_are_numbers() -> None:
    (line,) = answer_lines.decode(answer_lines.encode([ToldLine("7", np.float64(0.1), propensity=np.float32(0.5))]))  # type: ignore[arg-type]
    assert (line.value, line.propensity) == (0.1, 0.5)
