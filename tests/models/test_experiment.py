"""Who is answered by which arm: the share that was asked for, always the same ones, and nobody moves for others."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UsageError
from models.experiment import SLOTS, Experiment, slot

CUSTOMERS = [f"c{number}" for number in range(20_000)]
PERCENTS = st.floats(0.01, 30).map(lambda percent: round(percent, 2))


def experiment(**percents: float) -> Experiment:
    made = Experiment.begin("1")
    for place, (name, percent) in enumerate(percents.items()):
        made = made.with_arm(name, str(place + 2), percent)
    return made


def names(made: Experiment, customers: list[str] = CUSTOMERS) -> list[str | None]:
    return [arm.name if (arm := made.of(customer)) else None for customer in customers]


def test_a_canary_of_five_percent_has_about_five_percent() -> None:
    share = names(experiment(canary=5)).count("canary") / len(CUSTOMERS)
    assert 0.042 < share < 0.058


def test_a_customer_has_the_same_arm_in_another_process_and_after_the_registry() -> None:
    made = experiment(canary=20, b=20)
    code = f"""
from models.experiment import Experiment
made = Experiment.of_json({made.to_json()!r})
print([arm.name if (arm := made.of(f"c{{n}}")) else None for n in range(300)])
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.strip() == str(names(made, CUSTOMERS[:300]))
    assert Experiment.of_json(made.to_json()) == made


def test_experiments_are_independent_of_each_other() -> None:
    """Else the customers of every canary were the same ones, and the next would be told by the last."""
    both = zip(names(experiment(canary=50)), names(experiment(canary=50)), strict=True)
    assert 0.23 < sum(one == other == "canary" for one, other in both) / len(CUSTOMERS) < 0.27


@given(st.lists(st.tuples(st.sampled_from(["canary", "b", "c"]), PERCENTS), min_size=1, max_size=6))
def test_changing_one_arm_moves_nobody_from_one_arm_to_another(changes: list[tuple[str, float]]) -> None:
    made, some = Experiment.begin("1"), CUSTOMERS[:400]
    for name, percent in changes:
        before = names(made, some)
        made = made.with_arm(name, "2", percent)
        after = names(made, some)
        moved = {(one, other) for one, other in zip(before, after, strict=True) if one != other}
        assert moved <= {(None, name)} or moved <= {(name, None)}
        arm = made.arm(name)
        assert arm is not None
        assert arm.percent == pytest.approx(percent, abs=0.011)
        owned = sorted(each for arm in made.arms for each in arm.slots)
        assert all(end <= first for (_, end), (first, _) in pairwise(owned))
    ended = made.without(changes[0][0])
    assert all(one == other for one, other in zip(names(made, some), names(ended, some), strict=True) if other)


@given(st.text(min_size=1, max_size=40))
def test_every_id_has_a_slot(subject: str) -> None:
    assert 0 <= slot("salt", subject) < SLOTS


def test_a_shadow_answers_nobody() -> None:
    made = experiment(canary=30).with_arm("shadow", "7", 0)
    assert [arm.name for arm in made.shadows] == ["shadow"]
    assert set(names(made)) == {None, "canary"}


@pytest.mark.parametrize("percent", [100.0, 95.0, 0.001])
def test_a_share_leaves_the_champion_something(percent: float) -> None:
    with pytest.raises(UsageError, match="leaves the champion"):
        experiment(canary=5).with_arm("b", "3", percent)


@pytest.mark.parametrize("name", ["champion", "mixed", "v2", "Über", "", "a" * 21, "latest", "3"])
def test_an_arm_has_no_name_of_something_else(name: str) -> None:
    with pytest.raises(UsageError, match="can't be called"):
        Experiment.begin("1").with_arm(name, "2", 5)
