"""Measures a model's groups attribute by attribute, then by two attributes at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.fairness_result import GroupFigure
from monitoring.fairness import intersections, judge
from monitoring.fairness.counting import confusions
from monitoring.fairness.judge import Limits
from monitoring.fairness.ratio_intervals import Floats, Side


def measured(
    groups: pd.DataFrame, figures: Callable[[str, pd.Series[str]], list[GroupFigure]], limits: Limits
) -> list[GroupFigure]:
    """The figures of each attribute (a column of `groups`) and of each pair of them."""
    alone = [figure for name in map(str, groups.columns) for figure in figures(name, groups[name])]
    return alone + intersections.measure(groups, figures, limits)


def rates(
    groups: pd.DataFrame, selected: npt.NDArray[np.bool_], actual: npt.NDArray[np.bool_], limits: Limits
) -> list[GroupFigure]:
    """Selection, true- and false-positive rate; one row per customer, in the same order."""

    def of(attribute: str, names: pd.Series[str]) -> list[GroupFigure]:
        return judge.rates(attribute, confusions(names.tolist(), selected, actual), limits)

    return measured(groups, of, limits)


def sides(names: pd.Series[str], numerators: Floats, denominators: Floats) -> dict[str, Side]:
    """Numerators and denominators of each group's units; one row per unit, in the same order."""
    of = names.to_numpy(object)
    return {str(name): (numerators[of == name], denominators[of == name]) for name in sorted(set(of))}
