"""A call is tried again where that may help, and never where it may harm."""

from __future__ import annotations

import time
from typing import Any

import pytest
from flaky_server import CHURN, KEY
from hypothesis import given
from hypothesis import strategies as st

from regulars_client import Attempt, Regulars, RetryPolicy, errors
from regulars_client.retries import RetryBudget, retry_after

BUSY = (429, "too-busy", {"Retry-After": "0"})


def churn(client: Any) -> Any:
    return client.churn(["2375"])


@pytest.mark.parametrize("fault", ["reset", "cut", BUSY, (503, "not-ready", {}), "gateway", (507, "no-room", {})])
def test_what_may_pass_is_tried_again(ask, flaky, fault) -> None:
    flaky.script.extend([fault, fault])
    assert ask(churn) == CHURN
    assert len(flaky.seen) == 3


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ((400, "invalid-body", {}), errors.InvalidRequest),
        ((401, "unauthorized", {}), errors.Unauthorized),
        ((403, "forbidden", {}), errors.Forbidden),
        ((413, "too-large", {}), errors.InvalidRequest),
        ((422, "idempotency-key-reused", {}), errors.IdempotencyKeyReused),
        ((429, "locked-out", {"Retry-After": "0"}), errors.RateLimited),
        ((500, "internal", {}), errors.ServiceFailure),
        ((504, "too-slow", {}), errors.Unavailable),
    ],
)
def test_what_would_end_the_same_is_told_at_once(ask, flaky, fault, kind) -> None:
    flaky.script.append(fault)
    with pytest.raises(kind) as found:
        ask(churn)
    assert (found.value.status, found.value.kind, found.value.attempts) == (fault[0], fault[1], 1)
    assert len(flaky.seen) == 1


def test_after_the_last_try_the_problem_is_told(ask, flaky) -> None:
    flaky.script.extend([(503, "store-down", {})] * 9)
    with pytest.raises(errors.Unavailable, match="503: the database does not answer") as found:
        ask(churn)
    assert found.value.attempts == len(flaky.seen) == 4


def test_a_call_has_one_name_over_all_its_tries(ask, flaky) -> None:
    flaky.script.extend(["reset", BUSY])
    ask(lambda client: client.feedback("0" * 32, {"bought": True}))
    for header in ("idempotency-key", "x-request-id"):
        assert len({headers[header] for headers, _ in flaky.seen}) == 1
    assert len({body for _, body in flaky.seen}) == 1


def test_only_what_writes_has_an_idempotency_key_and_the_callers_own_is_kept(ask, flaky) -> None:
    ask(lambda client: client.events([{"customer_id": "1", "kind": "view"}], idempotency_key="order 7"))
    ask(churn)
    assert [headers.get("idempotency-key") for headers, _ in flaky.seen] == ["order 7", None]


def test_the_service_says_how_long_to_wait(ask, flaky) -> None:
    flaky.script.append((429, "over-limit", {"Retry-After": "1"}))
    started = time.monotonic()
    ask(churn)
    assert time.monotonic() - started >= 1


def test_who_would_wait_longer_than_the_call_may_last_is_told_at_once(ask, flaky) -> None:
    flaky.script.append((507, "no-room", {"Retry-After": "30"}))
    with pytest.raises(errors.Unavailable) as found:
        ask(churn, timeout=5.0)
    assert (found.value.retry_after, len(flaky.seen)) == (30.0, 1)


def test_retries_are_a_share_of_the_calls(flaky) -> None:
    flaky.script.extend([(503, "not-ready", {})] * 100)
    policy = RetryPolicy(first_pause=0, longest_pause=0, budget_share=0.25, budget_most=2)
    with Regulars(flaky.url, KEY, retry=policy) as client:
        for _ in range(8):
            with pytest.raises(errors.Unavailable):
                churn(client)
    assert len(flaky.seen) == 8 + 2 + 1  # begun with two, and a quarter earned by each but the first calls


@given(st.lists(st.booleans(), max_size=200), st.floats(0, 1), st.floats(0, 20))
def test_a_budget_gives_no_more_than_was_earned(spends: list[bool], share: float, most: float) -> None:
    budget = RetryBudget(RetryPolicy(budget_share=share, budget_most=most))
    spent = 0
    for earned, wants in enumerate(spends, 1):
        budget.earn()
        spent += wants and budget.spend()
        assert spent <= most + share * earned + 1e-6


@given(st.integers(0, 2000), st.floats(0, 10), st.floats(0, 60))
def test_pauses_grow_up_to_their_bound(retry: int, first: float, longest: float) -> None:
    policy = RetryPolicy(first_pause=first, longest_pause=longest)
    assert 0 <= policy.pause_bound(retry) <= policy.pause_bound(retry + 1) <= longest


@given(st.text(max_size=40))
def test_whatever_retry_after_says_is_seconds_or_nothing(said: str) -> None:
    found = retry_after({"retry-after": said})
    assert found is None or found >= 0


def test_retry_after_may_be_a_date() -> None:
    assert retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0
    assert retry_after({"retry-after": "Wed, 21 Oct 2999 07:28:00 GMT"}) > 1e9  # type: ignore[operator]
    assert retry_after({"retry-after": "-3"}) is None


def test_each_try_is_told_to_who_watches(ask, flaky) -> None:
    flaky.script.extend(["reset", BUSY])
    told: list[Attempt] = []
    ask(churn, on_attempt=told.append)
    assert [(each.number, each.status) for each in told] == [(1, None), (2, 429), (3, 200)]
    assert {each.operation for each in told} == {"churn"}


def test_an_impossible_policy_is_refused() -> None:
    with pytest.raises(ValueError, match="retries: -1 is not possible"):
        RetryPolicy(retries=-1)
