"""Golden inputs: made-up customers whose answers are saved with the model and replayed where it is loaded."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from core.errors import UsageError
from models import artifact
from models.recommendation.history import COLUMNS, ENTRIES, IDS, SCALARS
from models.recommendation.item_statistics import ItemStatistics
from models.recommendation.rankers import MODES, Mode

INPUTS = COLUMNS
PACKED = (IDS, *ENTRIES)
OUTPUTS = ("product_ids", "scores", "sources", "new_product_ids", "new_scores", "new_sources")
FILE = "golden.json"
TOLERANCE = 1e-3
_CUSTOMERS, _PRODUCTS = 4, 30


class Recommends(Protocol):
    """What is asked of a recommender here."""

    item_statistics: ItemStatistics
    golden: dict[str, Any] | None

    def recommend(self, history: Mapping[str, Any] | None, *, k: int = ..., mode: Mode = ...) -> Sequence[Any]:
        """The best k products for a packed history, each with product_id, score and source."""
        ...


def answer(model: Recommends, inputs: pd.DataFrame) -> pd.DataFrame:
    """For each packed history: ten products with score and source, of all and of those never bought.

    A packed column holds lists, arrays, or lists as JSON text (from CSV or an HTTP request); where `product_ids` is
    missing or empty, what sells best is the answer.

    Raises:
        UsageError: a column is missing, or a packed value is no list.
    """
    missing = [name for name in INPUTS if name not in inputs]
    if missing:
        raise UsageError(f"the inputs lack {', '.join(missing)}", todo="give every column of the signature")
    rows = []
    for _, each in inputs.iterrows():
        row: dict[str, Any] = {}
        history = {name: each[name] for name in SCALARS} | {name: _unpacked(name, each[name]) for name in PACKED}
        for mode, prefix in zip(MODES, ("", "new_"), strict=True):
            items = model.recommend(history, k=10, mode=mode)
            row[f"{prefix}product_ids"] = [item.product_id for item in items]
            row[f"{prefix}scores"] = [item.score for item in items]
            row[f"{prefix}sources"] = [item.source for item in items]
        rows.append(row)
    return pd.DataFrame(rows, columns=list(OUTPUTS), index=inputs.index)


def _unpacked(name: str, value: Any) -> Any:
    """A list or an array, from JSON where it is text; None where it is missing."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return None
    try:
        found = json.loads(value) if isinstance(value, str) else value
    except json.JSONDecodeError:
        found = value
    if isinstance(found, str) or not hasattr(found, "__len__"):
        todo = f'give a list, or one as JSON text: {"[1.0, 2.0]" if name in ENTRIES else """["007", "008"]"""}'
        raise UsageError(f"{name} = {value!r} is no list", todo=todo)
    return found


def save(model: Recommends, directory: Path) -> None:
    """Write made-up inputs and the model's answers to them."""
    inputs = _inputs(model)
    content = {"inputs": inputs.to_dict("list"), "outputs": answer(model, inputs).to_dict("list")}
    artifact.write_json(directory / FILE, content)
    model.golden = content


def replay(model: Recommends) -> list[str]:
    """What the model answers otherwise than when it was saved, in words; nothing where all is the same."""
    if model.golden is None:
        return ["the model has no golden inputs: it was never saved"]
    inputs, expected = pd.DataFrame(model.golden["inputs"]), model.golden["outputs"]
    found = answer(model, inputs)
    wrong = []
    for row in range(len(inputs)):
        for name in OUTPUTS:
            old, new = expected[name][row], found[name].iloc[row]
            same = np.allclose(old, new, atol=TOLERANCE) if "scores" in name and len(old) == len(new) else old == new
            if not same:
                wrong.append(f"golden customer {row}: {name} is {new}, was {old}")
    return wrong


def _inputs(model: Recommends) -> pd.DataFrame:
    """Customers who bought some of what sells best, made up from a fixed seed."""
    rng = np.random.default_rng(0)
    catalogue = model.item_statistics.catalogue
    pool = catalogue.ids[catalogue.popular[:200]]
    return pd.DataFrame([_customer(rng, pool) for _ in range(_CUSTOMERS)])


def _customer(rng: np.random.Generator, pool: Any) -> dict[str, Any]:
    ids = sorted(str(each) for each in rng.choice(pool, size=min(_PRODUCTS, len(pool)), replace=False))
    count = len(ids)
    purchases = rng.integers(1, 9, count).astype(float)
    last = rng.integers(1, 90, count).astype(float)
    entries = {
        "purchases": purchases,
        "purchases_28d": np.where(last <= 28, 1.0, 0.0),
        "purchases_84d": np.where(last <= 84, np.minimum(purchases, 3.0), 0.0),
        **{f"weight_{h}d": (purchases * 0.5 ** (last / h)).round(6) for h in (30, 60, 120)},
        "last_days": last,
        "first_days": last + 10 * (purchases - 1),
        "units": purchases + 1,
    }
    scalars = dict(zip(SCALARS, (40.0, 5.0, 14.0, 6.0, 12.0, 20.0, 3.0, 30.0, 90.0), strict=True))
    return {**scalars, IDS: ids, **{name: entries[name].tolist() for name in ENTRIES}}
