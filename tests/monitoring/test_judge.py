"""Verdicts: Fairlearn agrees on the rates, chance is not flagged, a planted disparity is."""

import numpy as np
import pytest
from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate

from models.fairness_result import UNKNOWN
from monitoring.fairness import judge
from monitoring.fairness.counting import Confusion, confusions, encode
from monitoring.fairness.judge import Limits

LIMITS = Limits()
AGES = ["19-24", "25-34", "35-44", "45-54", "55-64", "65+", None]
SHARES = [0.03, 0.06, 0.08, 0.12, 0.03, 0.03, 0.65]


def population(rng, n=2400):
    actual = rng.random(n) < 0.2
    selected = rng.random(n) < np.where(actual, 0.7, 0.2)
    return rng.choice(AGES, n, p=SHARES), selected, actual


def flagged(figures):
    return {(figure.metric, figure.group) for figure in figures if figure.verdict == "flagged"}


def test_the_rates_are_those_of_fairlearn():
    groups, selected, actual = population(np.random.default_rng(1))
    named = np.array([UNKNOWN if group is None else group for group in groups])
    oracle = MetricFrame(
        metrics={
            "selection rate": selection_rate,
            "true positive rate": true_positive_rate,
            "false positive rate": false_positive_rate,
        },
        y_true=actual,
        y_pred=selected,
        sensitive_features=named,
    ).by_group
    for figure in judge.rates("age", confusions(groups, selected, actual), LIMITS):
        assert figure.value == pytest.approx(oracle.loc[figure.group, figure.metric])


def test_counting_loses_nobody():
    groups, selected, actual = population(np.random.default_rng(2))
    total = sum(confusions(groups, selected, actual).values(), Confusion())
    assert (total.n, total.selected, total.positives) == (len(groups), selected.sum(), actual.sum())


def test_every_missing_group_is_called_unknown():
    names, codes = encode(["a", None, float("nan"), "", "unknown"])
    assert names == ["a", "unknown"]
    assert codes.tolist() == [0, 1, 1, 1, 1]


def test_shuffled_labels_are_flagged_in_at_most_a_few_percent_of_trials():
    rng = np.random.default_rng(3)
    trials = 150
    false = 0
    for _ in range(trials):
        groups, selected, actual = population(rng)
        false += bool(flagged(judge.rates("age", confusions(groups, selected, actual), LIMITS)))
    assert false / trials <= 0.03


def test_shuffled_groups_of_means_are_not_flagged():
    rng = np.random.default_rng(4)
    false = 0
    for _ in range(150):
        values = {group: rng.beta(0.5, 1.2, n) for group, n in zip("abcde", (45, 140, 190, 290, 60), strict=True)}
        false += bool(flagged(judge.means("age", "NDCG@10", values, LIMITS)))
    assert false / 150 <= 0.03


def test_a_planted_disparity_is_flagged_where_it_was_planted():
    rng = np.random.default_rng(5)
    groups, selected, actual = population(rng)
    selected = selected | ((groups == "25-34") & (rng.random(len(groups)) < 0.6))
    found = flagged(judge.rates("age", confusions(groups, selected, actual), LIMITS))
    assert ("selection rate", "25-34") in found
    assert {group for _, group in found} == {"25-34"}


def test_a_large_but_uncertain_disparity_is_not_flagged():
    tables = {"a": Confusion(tp=9, fp=3, fn=10, tn=28), "b": Confusion(tp=60, fp=20, fn=150, tn=270)}
    figure = next(f for f in judge.rates("g", tables, LIMITS) if f.group == "a" and f.metric == "selection rate")
    assert figure.ratio > LIMITS.high
    assert figure.verdict == "ok"


def test_a_certain_but_small_disparity_is_not_flagged():
    tables = {"a": Confusion(tp=5500, fn=4500), "b": Confusion(tp=5000, fn=5000)}
    figure = next(f for f in judge.rates("g", tables, LIMITS) if f.group == "a" and f.metric == "selection rate")
    assert figure.low > 1
    assert figure.verdict == "ok"


@pytest.mark.parametrize(
    ("table", "metric"),
    [
        (Confusion(tp=10, fp=9, fn=5, tn=5), "selection rate"),  # 29 customers
        (Confusion(tp=1, fp=1, fn=2, tn=30), "selection rate"),  # 34 x 0.11 expected selections
        (Confusion(tp=9, fp=10, fn=0, tn=40), "true positive rate"),  # 9 positives
    ],
)
def test_a_small_group_is_shown_and_not_judged(table, metric):
    rest = Confusion(tp=70, fp=30, fn=400, tn=400)
    figure = next(f for f in judge.rates("g", {"s": table, "r": rest}, LIMITS) if (f.group, f.metric) == ("s", metric))
    assert figure.verdict == "too few to judge"
    assert figure.value is not None


def test_unknown_is_shown_never_judged_and_no_part_of_the_rest():
    tables = {
        "a": Confusion(tp=100, fn=100),
        "b": Confusion(tp=100, fn=100),
        UNKNOWN: Confusion(tp=900, fn=100),
    }
    figures = {f.group: f for f in judge.rates("g", tables, LIMITS) if f.metric == "selection rate"}
    assert figures["a"].rest == 0.5
    assert figures[UNKNOWN].verdict == "not judged"
    assert figures[UNKNOWN].value == 0.9
    assert figures["a"].verdict == "ok"


def test_the_more_groups_the_wider_each_interval():
    few, many = ({str(i): Confusion(tp=40, fn=160) for i in range(groups)} for groups in (2, 12))
    widths = [
        next(f.high / f.low for f in judge.rates("g", tables, LIMITS) if f.group == "0") for tables in (few, many)
    ]
    assert judge.corrected(12) == pytest.approx(1 - 0.05 / 12)
    # The rest grew, too, which narrows; the correction is visible at equal counts.
    one = judge.ratio_intervals.of_proportions
    from monitoring.fairness.counting import Proportion

    pair = (Proportion(40, 200), Proportion(80, 400))
    assert one(*pair, judge.corrected(12)).high > one(*pair, judge.corrected(2)).high
    assert all(width > 1 for width in widths)


def test_an_attribute_with_one_group_only_has_no_rest_to_compare_with():
    figures = judge.rates("g", {"a": Confusion(tp=50, fn=50), UNKNOWN: Confusion(tp=1, fn=9)}, LIMITS)
    assert {f.verdict for f in figures} == {"too few to judge", "not judged"}


@pytest.mark.parametrize("table", [Confusion(tp=10, fp=9, fn=5, tn=5), Confusion(tp=1, fp=1, fn=2, tn=30)])
def test_with_as_many_more_as_it_needs_a_small_group_is_judged(table):
    rest = Confusion(tp=70, fp=30, fn=400, tn=400)

    def of(group):
        return next(f for f in judge.rates("g", {"s": group, "r": rest}, LIMITS) if f.group == "s")

    before, more = of(table), of(table).needs
    assert before.verdict == "too few to judge"
    share = (table.tp + table.fp + rest.tp + rest.fp) / (table.n + rest.n)
    picked = round(more * share)
    grown = table + Confusion(tp=picked, tn=more - picked)
    assert of(grown).verdict in {"ok", "flagged"}
    assert of(grown).needs is None


def test_a_disparity_as_large_as_it_says_it_finds_is_flagged_in_four_of_five_samples():
    rng, rate, n, rest = np.random.default_rng(6), 0.25, 400, 2000
    tables = {"a": Confusion(tp=100, fn=300), "b": Confusion(tp=500, fn=1500)}
    found = next(f for f in judge.rates("g", tables, LIMITS) if f.group == "a")
    assert found.finds_below < 0.85
    assert found.finds_above < 1.6
    hits = 0
    for _ in range(300):
        mine, others = rng.binomial(n, rate * found.finds_above), rng.binomial(rest, rate)
        tables = {"a": Confusion(tp=mine, fn=n - mine), "b": Confusion(tp=others, fn=rest - others)}
        hits += next(f for f in judge.rates("g", tables, LIMITS) if f.group == "a").verdict == "flagged"
    assert 0.72 < hits / 300 < 0.92


def test_a_rate_of_four_percent_takes_thousands_to_find_what_a_quarter_finds_with_hundreds():
    def finds(selected, n):
        tables = {
            "a": Confusion(tp=selected, fn=n - selected),
            "b": Confusion(tp=10 * selected, fn=10 * (n - selected)),
        }
        return next(f for f in judge.rates("g", tables, LIMITS) if f.group == "a").finds_above

    assert finds(100, 400) < 1.6 < finds(16, 400)
    assert finds(128, 3200) < 1.65
