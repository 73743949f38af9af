"""Why a churn probability is what it is: effects on the log-odds, summed by kind and by cause, and told in words.

base + the effects of all causes = the log-odds. Features of one family say much the same (visits of 28 and of 56 days),
and a model shares an effect out among them as it happens to have split: so their effects are summed, and told by the
one among them that has most of it. What is summed moves less from day to day, and five reasons are five things.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.settings import Cause
from feature_repo import catalog
from feature_repo.feature_definition import Feature
from models.arrays import Float32Array, Float64Array
from models.churn.inputs import Columns, Inputs


@dataclass(frozen=True)
class Contribution:
    """What one kind of feature adds to the log-odds of leaving, told by its strongest feature, and in words.

    `related` are the other features whose effects are summed in `effect`.
    """

    feature: str
    value: float | None
    effect: float
    text: str
    cause: Cause | None = None
    related: tuple[str, ...] = ()


@dataclass(frozen=True)
class CauseEffect:
    """What all features of a cause add to the log-odds: those that raise it, those that lower it, and both together."""

    cause: Cause | None
    effect: float
    raises: float
    lowers: float


@dataclass(frozen=True)
class Explanation:
    """Of one customer: `base` + the effects of `causes` = the log-odds; `reasons` are the strongest, in words."""

    base: float
    causes: tuple[CauseEffect, ...]
    reasons: tuple[Contribution, ...]


@dataclass(frozen=True)
class _Kind:
    """Features that are told as one: of a family and a cause. `columns` are theirs in the matrix of inputs."""

    cause: Cause | None
    columns: tuple[int, ...]


def explanations(inputs: Inputs, columns: Columns, base: float, effects: Float64Array, top: int) -> list[Explanation]:
    """One per row: its `top` reasons at most, the strongest first, and no more than half of them of one cause
    as long as others have something to say.

    Args:
        inputs: the model's features, in the order of `effects`' columns.
        columns: the customers' features by name; yardsticks are looked up here.
        base: log-odds before any feature is looked at.
        effects: what each feature adds to it, shape (rows, features).
        top: how many reasons.
    """
    matrix, kinds = inputs.matrix(columns), _kinds(inputs.features)
    features, usual = _told(inputs), _yardsticks(inputs.features, columns, len(effects))
    sums = np.column_stack([effects[:, list(kind.columns)].sum(axis=1) for kind in kinds])
    return [
        Explanation(
            base,
            _by_cause(kinds, sums[row]),
            tuple(
                _reason(features, kinds[kind], matrix[row], usual[row], effects[row])
                for kind in _choice(kinds, sums[row], top)
            ),
        )
        for row in range(len(effects))
    ]


def _kinds(features: Sequence[Feature]) -> list[_Kind]:
    """Features by family and cause; one that no family knows any more stands for itself."""
    families = catalog.family_of_feature()
    found: dict[tuple[str, Cause | None], list[int]] = {}
    for column, feature in enumerate(features):
        found.setdefault((families.get(feature.name, feature.name), catalog.cause_of(feature)), []).append(column)
    return [_Kind(cause, tuple(columns)) for (_, cause), columns in found.items()]


def _by_cause(kinds: Sequence[_Kind], sums: Float64Array) -> tuple[CauseEffect, ...]:
    """The causes with any effect, the strongest first."""
    found: dict[Cause | None, list[float]] = {}
    for kind, effect in zip(kinds, sums.tolist(), strict=True):
        found.setdefault(kind.cause, []).append(effect)
    causes = [
        CauseEffect(cause, sum(each), sum(e for e in each if e > 0), sum(e for e in each if e < 0))
        for cause, each in found.items()
        if any(each)
    ]
    return tuple(sorted(causes, key=lambda each: -abs(each.effect)))


def _choice(kinds: Sequence[_Kind], sums: Float64Array, top: int) -> list[int]:
    """The kinds to tell, the strongest first; at most half of one cause, the rest of it where others have no more."""
    ranked = [int(kind) for kind in np.argsort(-np.abs(sums), kind="stable") if sums[kind] != 0]
    taken: list[int] = []
    for kind in ranked:
        of_cause = sum(kinds[other].cause == kinds[kind].cause for other in taken)
        if len(taken) < top and of_cause < max(1, top // 2):
            taken.append(kind)
    taken += [kind for kind in ranked if kind not in taken][: top - len(taken)]
    return sorted(taken, key=ranked.index)


def _reason(
    features: Sequence[Feature], kind: _Kind, row: Float32Array, usual: Sequence[float | None], effects: Float64Array
) -> Contribution:
    """The summed effect, told by the feature that has most of it."""
    effect = float(effects[list(kind.columns)].sum())
    telling = max(kind.columns, key=lambda column: math.copysign(1.0, effect) * effects[column])
    feature, value = features[telling], _known(float(row[telling]))
    direction = "raises" if effect > 0 else "lowers"
    text = f"{feature.tell(value, usual[telling])}; {direction} the odds of leaving {math.exp(abs(effect)):.2f} times"
    related = tuple(features[column].name for column in kind.columns if column != telling and effects[column] != 0)
    return Contribution(feature.name, value, effect, text, kind.cause, related)


def _told(inputs: Inputs) -> list[Feature]:
    """The features as they are told: texts, which are numbers in the matrix, by the words the numbers stand for."""
    books = {name: tuple((code, text) for text, code in book.items()) for name, book in inputs.codes.items()}
    return [
        replace(feature, codes=books[feature.name]) if feature.name in books else feature for feature in inputs.features
    ]


def _yardsticks(features: Sequence[Feature], columns: Columns, rows: int) -> list[list[float | None]]:
    """For each row and feature, what is usual for the customer, where another feature tells it."""
    told = [_column(columns, feature.usual, rows) for feature in features]
    return [list(row) for row in zip(*told, strict=True)]


def _column(columns: Columns, name: str | None, rows: int) -> Iterable[float | None]:
    if name is None or name not in columns:
        return [None] * rows
    return [None if value is None else _known(float(value)) for value in columns[name]]


def _known(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 4)
