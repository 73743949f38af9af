"""What one job has asked is made once; another job, or one on tables that may change, asks anew."""

import gc

import pytest

from core.kept_answers import KeptAnswers


@pytest.fixture
def asked():
    return []


def ask(answers, workspace, question, asked):
    return answers.of(workspace, question, lambda: asked.append(question) or [question])


def test_a_job_gets_the_same_answer_and_makes_it_once(small_shop, asked):
    answers = KeptAnswers[list]()
    with small_shop.pinned() as job:
        assert ask(answers, job, "a", asked) is ask(answers, job, "a", asked)
    assert asked == ["a"]


def test_only_so_many_answers_are_kept_the_last_ones(small_shop, asked):
    answers = KeptAnswers[list](most=2)
    with small_shop.pinned() as job:
        for question in "abca":
            ask(answers, job, question, asked)
    assert asked == ["a", "b", "c", "a"]


def test_where_the_tables_may_change_every_question_is_asked_anew(small_shop, asked):
    answers = KeptAnswers[list]()
    ask(answers, small_shop, "a", asked)
    ask(answers, small_shop, "a", asked)
    assert asked == ["a", "a"]


def test_answers_are_gone_with_their_job(small_shop, asked):
    answers = KeptAnswers[list]()
    with small_shop.pinned() as job:
        ask(answers, job, "a", asked)
    del job
    gc.collect()
    assert not answers._of_jobs
