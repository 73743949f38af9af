"""What variety costs and brings: the same scores listed with several diversities, on the evaluation window."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure

from core.workspace import Workspace
from models.arrays import Float64Array, Int64Array
from models.recommendation import batch, metrics
from models.recommendation.dataset import Dataset
from models.recommendation.labels import Relevance
from models.recommendation.model import Recommender
from models.recommendation.rankers import MODES, Mode
from models.recommendation.variety import own_mix
from models.recommendation.variety.list_variety import ListVariety
from training.outcome import CardTable
from training.recommendation.diversity_choice import STEPS, DiversityChoice

SAMPLE: Final = 800
"""Customers whose lists are made again with every diversity."""
_NO_DIFFERENCE: Final = 1e-9
"""Of an NDCG; what is nearer to nothing is the sums' rounding."""
_SHOWN: Final = {
    "ndcg@10": "NDCG@10",
    "recall@10": "recall@10",
    "coverage": "share of the catalogue shown",
    "diversity": "categories per place",
    "intra_list": "pairs of different categories",
    "novelty": "novelty in bits",
    "off_mix": "distance from the customer's mix",
}


@dataclass(frozen=True)
class CurvePoint:
    """The figures of lists with one diversity; `cost` is the mean loss of NDCG@10 with half its 95% interval."""

    mode: Mode
    diversity: float
    figures: Mapping[str, float]
    cost: tuple[float, float]


def curve(
    workspace: Workspace, model: Recommender, dataset: Dataset, relevant: Relevance, seed: int
) -> list[CurvePoint]:
    """The points of both modes, for customers with a relevant product, drawn by chance where there are many."""
    wanted = np.flatnonzero(np.diff(relevant.all.indptr) > 0)
    rows = np.sort(np.random.default_rng(seed).permutation(wanted)[:SAMPLE])
    tops = _tops(workspace, model, replace(dataset, histories=dataset.histories.of_customers(rows)))
    found = []
    for mode in MODES:
        of_mode = relevant.all if mode == "all" else relevant.new
        found += _points(tops[mode], dataset, rows, of_mode[rows], mode)
    return found


def figure(points: Sequence[CurvePoint], chosen: Mapping[Mode, float]) -> Figure:
    """Each figure against the NDCG@10 it costs; the diversity that was chosen is marked."""
    drawn = Figure(figsize=(10, 6.2), layout="constrained")
    names = ("coverage", "intra_list", "off_mix")
    for row, mode in zip(drawn.subplots(len(MODES), len(names)), MODES, strict=True):
        own = [point for point in points if point.mode == mode]
        for axis, name in zip(row, names, strict=True):
            x, y = [p.figures["ndcg@10"] for p in own], [p.figures[name] for p in own]
            axis.plot(x, y, marker="o", color="#4c78a8")
            for point, at, height in zip(own, x, y, strict=True):
                weight = "bold" if point.diversity == chosen.get(mode) else "normal"
                axis.annotate(f"{point.diversity:g}", (at, height), fontweight=weight)
            axis.set(xlabel=f"NDCG@10, mode {mode}", ylabel=_SHOWN[name])
    return drawn


def tables(points: Sequence[CurvePoint]) -> tuple[CardTable, ...]:
    """For the model card, one of each mode."""
    columns = ("diversity", *_SHOWN.values(), "NDCG@10 beside 0")
    return tuple(
        CardTable(
            f"What variety costs, mode {mode}: lists of at most {SAMPLE} customers of the evaluation window",
            columns,
            tuple(_cells(point) for point in points if point.mode == mode),
        )
        for mode in MODES
    )


def note(choices: Mapping[Mode, DiversityChoice]) -> str:
    """How the version's own diversity came about, for the model card."""
    told = " and ".join(f"{choice.chosen:g} in mode {mode}" for mode, choice in choices.items())
    return (
        f"Lists follow the customer's own mix of categories with a diversity of {told}: the highest of"
        f" {', '.join(f'{step:g}' for step in STEPS)} that keeps 99.9% of the NDCG@10 of the scores alone on the window"
        " before the evaluation, and surely 99%."
    )


def as_dict(points: Sequence[CurvePoint], choices: Mapping[Mode, DiversityChoice]) -> dict[str, Any]:
    """For record.json; `asked` is the diversity that lists were made with, `diversity` their categories per place."""
    return {
        "chosen": {mode: choice.chosen for mode, choice in choices.items()},
        "tuning ndcg@10": {mode: {f"{d:g}": v for d, v in choice.ndcg.items()} for mode, choice in choices.items()},
        "curve": [
            {"mode": p.mode, "asked": p.diversity, **p.figures, "ndcg@10 beside 0": -p.cost[0], "±": p.cost[1]}
            for p in points
        ],
    }


def _tops(workspace: Workspace, model: Recommender, dataset: Dataset) -> dict[Mode, dict[float, Int64Array]]:
    """Lists by mode and diversity, as product codes by rank, -1 where one has ended, shape (R, 10): scored once."""
    rows = len(dataset.histories)
    tops = {mode: {step: np.full((rows, metrics.K), -1, dtype=np.int64) for step in STEPS} for mode in MODES}
    first = 0
    for block in batch.blocks(workspace, model, dataset, MODES, metrics.K):
        for mode, pipeline in block.items():
            for step in STEPS:
                lists = pipeline.listed(ListVariety(step))
                tops[mode][step][first + lists.row, lists.rank - 1] = lists.product
        first += len(next(iter(block.values())).profiles.histories)
    return tops


def _points(
    tops: Mapping[float, Int64Array], dataset: Dataset, rows: Int64Array, relevant: Any, mode: Mode
) -> list[CurvePoint]:
    points = []
    own = _own_shares(dataset, rows)
    first = metrics.ranking(tops[0.0], relevant)["ndcg@10"]
    for step, top in tops.items():
        accuracy = metrics.ranking(top, relevant)
        lost = (first - accuracy["ndcg@10"])[~np.isnan(first)]
        figures = {
            "ndcg@10": float(np.nanmean(accuracy["ndcg@10"])) if len(lost) else 0.0,
            "recall@10": float(np.nanmean(accuracy["recall@10"])) if len(lost) else 0.0,
            "coverage": len(np.unique(top[top >= 0])) / len(dataset.catalogue),
            **{name: float(values.mean()) for name, values in metrics.beyond_accuracy(top, dataset).items()},
            "intra_list": float(metrics.intra_list_diversity(top, dataset).mean()),
            "off_mix": float(_off_mix(top, dataset, own).mean()),
        }
        spread = 1.96 * float(lost.std()) / max(len(lost), 1) ** 0.5 if len(lost) else 0.0
        points.append(CurvePoint(mode, step, figures, (float(lost.mean()) if len(lost) else 0.0, spread)))
    return points


def _own_shares(dataset: Dataset, rows: Int64Array) -> Float64Array:
    """The share of each category in the customers' purchases, shape (rows, G)."""
    group = dataset.catalogue.groups[own_mix.grouping(dataset.catalogue) or "category"]
    histories = dataset.histories.of_customers(rows)
    return own_mix.shares(histories, group, int(group.max(initial=-1)) + 1).astype(float)


def _off_mix(top: Int64Array, dataset: Dataset, own: Float64Array) -> Float64Array:
    """Total variation between each list's mix and the customer's: the share of places that would have to change."""
    group = dataset.catalogue.groups[own_mix.grouping(dataset.catalogue) or "category"]
    held = np.zeros_like(own)
    row, place = np.nonzero(top >= 0)
    np.add.at(held, (row, group[top[row, place]]), 1.0)
    held /= np.maximum(held.sum(axis=1, keepdims=True), 1)
    distance: Float64Array = np.abs(held - own).sum(axis=1) / 2
    return distance


def _cells(point: CurvePoint) -> tuple[str, ...]:
    cells = (f"{point.figures[name]:.4f}" for name in _SHOWN)
    return (f"{point.diversity:g}", *cells, difference(-point.cost[0], point.cost[1]))


def difference(value: float, half: float) -> str:
    """A difference and half its interval, with as many decimals, four at least, as show its first digit."""
    width = half or abs(value)
    if width < _NO_DIFFERENCE:
        return "0"
    digits = max(4, math.ceil(-math.log10(width)))
    told = f"{value:+.{digits}f}" if round(value, digits) else "0"
    return f"{told} ± {half:.{digits}f}"
