import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit

from core.errors import StoreError
from models.churn.linear import Linear
from models.churn.model import BoostedModel
from models.churn.portfolio import Portfolio
from models.churn.scorer import Scorer
from models.kinds import kind
from tests.models.churn.conftest import logistic, portfolio

CHURN = kind("churn")


def test_a_saved_scorer_answers_as_before(scorer: Scorer, population: pd.DataFrame, tmp_path: Path) -> None:
    scorer.save(tmp_path / "model")
    loaded = CHURN.load(tmp_path / "model")
    assert type(loaded) is type(scorer)
    assert loaded.trained_as_of == scorer.trained_as_of
    assert loaded.score(population) == scorer.score(population)
    assert CHURN.golden(loaded) == []


def test_saving_twice_gives_the_same_files(scorer: Scorer, tmp_path: Path) -> None:
    for name in ("one", "two"):
        scorer.save(tmp_path / name)
    assert (tmp_path / "one" / "manifest.json").read_text() == (tmp_path / "two" / "manifest.json").read_text()


def test_a_damaged_model_is_refused(scorer: Scorer, tmp_path: Path) -> None:
    scorer.save(tmp_path / "model")
    with (tmp_path / "model" / "scorer.json").open("a") as file:
        file.write(" ")
    with pytest.raises(StoreError, match=r"scorer\.json is changed"):
        CHURN.load(tmp_path / "model")


def test_golden_inputs_tell_when_a_model_answers_differently(scorer: Scorer, tmp_path: Path) -> None:
    scorer.save(tmp_path / "model")
    loaded = CHURN.load(tmp_path / "model")
    loaded.golden_answers["probability"][3] += 0.01
    assert len(CHURN.golden(loaded)) == 1
    assert "golden customer 3: probability" in CHURN.golden(loaded)[0]
    loaded.golden_inputs = {}
    assert CHURN.golden(loaded) == ["no golden inputs are stored with the model"]


def test_golden_inputs_are_made_up_and_no_customers(scorer: Scorer, population: pd.DataFrame) -> None:
    made = pd.DataFrame(scorer.golden_inputs)
    known = [name for name in made.columns if name != "region"]
    for name in known:
        assert made[name].dropna().between(population[name].min(), population[name].max()).all()
    # the values of a customer hang together; drawn one by one they do not
    if {"silence", "span", "age"} <= set(known):
        assert (made.silence + made.span - made.age).abs().median() > 5


def test_contributions_add_up_to_the_log_odds(scorer: Scorer, population: pd.DataFrame) -> None:
    matrix = scorer.about.inputs.matrix(population.head(50))
    added = scorer.base + scorer.contributions(matrix).sum(axis=1)
    assert added == pytest.approx(scorer.margins(matrix), abs=1e-4)


def test_a_portfolio_says_what_its_members_say_weighed(population: pd.DataFrame) -> None:
    blend = portfolio(population)
    said = {name: logit(member.probabilities(population)) for name, member in blend.members.items()}
    expected = 0.2 + 0.6 * said["trees"] + 0.3 * said["rfm_logistic"] + 0.1 * said["bgnbd"]
    assert logit(blend.probabilities(population)) == pytest.approx(expected, abs=1e-5)


def test_a_member_without_weight_is_not_kept(population: pd.DataFrame) -> None:
    blend = portfolio(population)
    weights = {"trees": 1.0, "rfm_logistic": 0.0, "bgnbd": 0.0}
    assert set(Portfolio(blend.about, blend.members, weights, 0.0).members) == {"trees"}


def test_an_absurd_value_does_not_run_away_with_a_linear_member(population: pd.DataFrame) -> None:
    linear = logistic(population)
    most, absurd = (linear.score({"silence": [days], "visits": [8.0]}).probability[0] for days in (1e4, 1e12))
    assert absurd == pytest.approx(most)


def test_a_linear_member_of_an_earlier_release_answers_as_it_did() -> None:
    saved = {"medians": [5.0], "means": [1.0], "scales": [2.0], "weights": [0.5], "intercept": -1.0}
    told = Linear.from_dict(saved).margins(np.array([[np.nan], [1e9]], dtype=np.float32))
    assert told == pytest.approx([-1 + 0.5 * (np.log(6) - 1) / 2, -1 + 0.5 * (np.log1p(1e9) - 1) / 2])


def test_base_and_causes_add_up_to_the_log_odds(scorer: Scorer, population: pd.DataFrame) -> None:
    few = population.head(30)
    for told, chance in zip(scorer.explain(few, top=2), scorer.probabilities(few), strict=True):
        assert told.base + sum(cause.effect for cause in told.causes) == pytest.approx(logit(chance), abs=1e-4)


def test_reasons_come_strongest_first_and_in_words(scorer: Scorer, population: pd.DataFrame) -> None:
    reasons = scorer.explain(population.sort_values("silence").tail(1), top=2)[0].reasons
    assert 1 <= len(reasons) <= 2
    assert sorted(reasons, key=lambda reason: -abs(reason.effect)) == list(reasons)
    silence = next(reason for reason in reasons if reason.feature == "silence")
    assert silence.effect > 0
    assert silence.text.startswith("days since the last visit: ")
    assert "days; raises the odds of leaving" in silence.text


def test_a_longer_silence_raises_the_risk(scorer: Scorer) -> None:
    silence, age = [2.0, 25.0, 80.0], 150.0
    columns = {"silence": silence, "span": [age - days for days in silence], "age": [age] * 3, "visits": [8.0] * 3}
    probabilities = scorer.score(columns).probability
    assert probabilities == sorted(probabilities)
    assert probabilities[0] < probabilities[-1]


def test_values_that_are_missing_or_never_seen_still_get_an_answer(scorer: Scorer) -> None:
    nothing = scorer.score({"silence": [None, 3.0], "visits": [None, None], "region": ["moon", None]})
    assert all(0 < probability < 1 for probability in nothing.probability)
    assert all(0 <= score <= 100 for score in nothing.risk_score)


def test_rows_do_not_depend_on_each_other(scorer: Scorer, population: pd.DataFrame) -> None:
    whole = scorer.score(population).probability
    alone = [scorer.score(population.iloc[[i]]).probability[0] for i in range(20)]
    assert alone == pytest.approx(whole[:20], abs=1e-12)


def test_threads_get_the_answers_that_one_gets(model: BoostedModel, population: pd.DataFrame) -> None:
    alone, found = model.score(population), []

    def ask() -> None:
        found.extend(model.score(population) == alone for _ in range(5))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 20


def test_the_answer_has_the_shape_of_the_signature(scorer: Scorer, population: pd.DataFrame) -> None:
    signature = CHURN.signature(scorer)
    answer = CHURN.answer(scorer, population[signature["inputs"]])
    assert list(answer.columns) == signature["outputs"]
    assert answer.index.equals(population.index)


def test_the_population_has_the_rate_and_the_ranks_that_are_stored(scorer: Scorer, population: pd.DataFrame) -> None:
    scores = scorer.score(population)
    assert scorer.population_rate == pytest.approx(np.mean(scores.probability))
    assert np.mean(scores.risk_score) == pytest.approx(50, abs=3)
