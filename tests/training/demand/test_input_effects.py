"""Which inputs of the forecasts are shown."""

from models.demand.inputs import columns
from training.demand import input_effects

PARTS = {column.name: column.part for column in columns()}


def test_every_part_that_tells_anything_is_among_them_however_little_it_gains() -> None:
    names = list(PARTS)
    importance = {name: 1.0 / (place + 1) for place, name in enumerate(names)}
    found = input_effects.wanted(importance)
    assert len(found) == input_effects.MOST
    assert {PARTS[name] for name in found} == set(PARTS.values())
    assert found == sorted(found, key=lambda name: -importance[name])


def test_inputs_that_no_tree_looks_at_are_not() -> None:
    assert input_effects.wanted({name: float(name in {"lag_1", "weekday"}) for name in PARTS}) == ["weekday", "lag_1"]
