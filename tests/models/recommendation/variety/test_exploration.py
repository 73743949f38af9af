"""Places given to chance: the chances are known, and are what happens."""

from __future__ import annotations

from collections import Counter
from datetime import date

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.recommendation.variety.exploration import CappedGroup, Exploration, chances, draw, seed_of

frees = st.lists(st.booleans(), min_size=1, max_size=12).map(lambda free: np.array([False, *free[1:]]))
scores = st.lists(st.floats(-50, 50, width=32), max_size=40).map(lambda each: np.array(each, dtype=np.float32))
arrivals = st.sets(st.integers(0, 50), max_size=20).map(lambda each: np.array(sorted(each), dtype=np.int64))


@given(frees, scores, arrivals, st.floats(0, 0.5))
def test_the_chances_of_every_place_sum_to_one_and_no_product_has_two_places(free, behind, new, share: float) -> None:
    found = chances(Exploration(share, 1, new), free, behind)
    for place, each in enumerate(found):
        assert np.isclose(each.stays + each.of_candidates.sum() + each.of_arrivals.sum(), 1)
        assert free[place] or each.stays == 1
    for name, size in (("candidates", len(behind)), ("arrivals", len(new))):
        dealt = np.concatenate([getattr(each, name) for each in found])
        assert len(set(dealt.tolist())) == len(dealt)
        assert not free.any() or len(dealt) == size


@given(frees, scores, arrivals, st.floats(0, 0.5), st.integers(0, 2**63 - 1))
def test_a_draw_is_one_of_the_place_and_the_same_again(free, behind, new, share: float, seed: int) -> None:
    asked = Exploration(share, seed, new)
    drawn, known = draw(asked, free, behind), chances(asked, free, behind)
    assert draw(asked, free, behind).propensity.tolist() == drawn.propensity.tolist()
    assert not drawn.explored[0]
    for place, each in enumerate(known):
        if drawn.candidate[place] >= 0:
            assert drawn.candidate[place] in each.candidates
        if drawn.arrival[place] >= 0:
            assert drawn.arrival[place] in each.arrivals
        assert 0 < drawn.propensity[place] <= 1


@given(st.data(), frees, scores, arrivals)
def test_no_draw_exceeds_a_cap_whatever_new_products_there_are(data, free, behind, new) -> None:
    most, seed = data.draw(st.integers(1, 3)), data.draw(st.integers(0, 2**63 - 1))

    def groups(size: int) -> np.ndarray:
        return np.array(data.draw(st.lists(st.integers(0, 5), min_size=size, max_size=size)), dtype=np.int64)

    of_list, of_new = groups(len(free) + len(behind)), groups(len(new))
    # As caps have it, list and candidates keep them whichever of these stand in it.
    earlier = np.array([int((of_list[:place] == each).sum()) for place, each in enumerate(of_list)], dtype=np.int64)
    of_list = np.where(earlier < most, of_list, 100 + np.arange(len(of_list)))
    at, of_behind = of_list[: len(free)], of_list[len(free) :]
    cap = CappedGroup(most, at, of_behind, of_new)
    drawn = draw(Exploration(0.5, seed, new), free, behind, [cap])
    shown = [
        of_new[new.tolist().index(arrival)] if arrival >= 0 else of_behind[candidate] if candidate >= 0 else own
        for own, candidate, arrival in zip(at, drawn.candidate, drawn.arrival, strict=True)
    ]
    assert Counter(shown).most_common(1)[0][1] <= most
    for each in chances(Exploration(0.5, seed, new), free, behind, [cap]):
        assert np.isclose(each.stays + each.of_candidates.sum() + each.of_arrivals.sum(), 1)


def test_new_products_of_a_full_group_take_turns_at_the_place_that_holds_it() -> None:
    free, behind = np.arange(4) > 0, np.zeros(0, dtype=np.float32)
    cap = CappedGroup(1, np.array([0, 1, 2, 3]), np.zeros(0, dtype=np.int64), np.array([2, 2, 2, 9, 9, 0]))
    found = chances(Exploration(0.4, 0, np.arange(6)), free, behind, [cap])
    assert [each.arrivals.tolist() for each in found] == [[], [3, 4], [0, 1, 2], []]


def test_products_stand_in_lists_as_often_as_their_propensities_say() -> None:
    free, behind = np.arange(4) > 0, np.linspace(2, -2, 12).astype(np.float32)
    new = np.array([3, 5, 9, 11])
    known = chances(Exploration(0.4, 0, new), free, behind)
    times, counts = 4000, Counter()
    for seed in range(times):
        drawn = draw(Exploration(0.4, seed, new), free, behind)
        counts.update(("candidate", int(each)) for each in drawn.candidate if each >= 0)
        counts.update(("arrival", int(each)) for each in drawn.arrival if each >= 0)
    for each in known:
        expected = [(("candidate", int(c)), p) for c, p in zip(each.candidates, each.of_candidates, strict=True)]
        expected += [(("arrival", int(a)), p) for a, p in zip(each.arrivals, each.of_arrivals, strict=True)]
        for product, chance in expected:
            assert abs(counts[product] / times - chance) < 4 * (chance / times) ** 0.5


def test_a_customer_sees_the_same_list_all_day_and_a_guest_another_every_time() -> None:
    day = date(2017, 12, 1)
    assert seed_of("7", day, "all") == seed_of("7", day, "all")
    assert len({seed_of("7", day, "all"), seed_of("8", day, "all"), seed_of("7", date(2017, 12, 2), "all")}) == 3
    assert seed_of(None, day, "all") != seed_of(None, day, "all")
