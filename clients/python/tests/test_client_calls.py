"""Time, connections, hedging, and what a client says of itself and of what went wrong."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import time
import traceback
from typing import Any

import pytest
from flaky_server import CHURN, KEY, QUICKLY

from regulars_client import AsyncRegulars, Regulars, RetryPolicy, errors

ONCE = RetryPolicy(retries=0)


def churn(client: Any) -> Any:
    return client.churn(["2375"])


def test_a_try_that_is_slow_is_given_up_for_another(ask, flaky) -> None:
    flaky.script.append(("slow", 1.0))
    assert ask(churn, attempt_timeout=0.1) == CHURN
    assert len(flaky.seen) == 2


@pytest.mark.parametrize("step", [("slow", 0.6), ("drip", 40)], ids=["late", "piece by piece"])
def test_a_call_ends_in_its_time(ask, flaky, step) -> None:
    flaky.script.extend([step] * 50)
    started = time.monotonic()
    with pytest.raises(errors.TimedOut, match=r"no answer from /v1/churn within 0\.3 seconds"):
        ask(churn, timeout=0.3, attempt_timeout=0.2)
    assert time.monotonic() - started < 5


def test_a_call_may_have_more_time_and_each_try_with_it(ask, flaky) -> None:
    flaky.script.append(("slow", 0.3))
    assert ask(lambda client: client.churn(["2375"], timeout=4.0), timeout=0.4, attempt_timeout=0.2) == CHURN
    assert len(flaky.seen) == 1


def test_nobody_there_is_unreachable(ask) -> None:
    with pytest.raises(errors.Unreachable, match="can't be reached, tried 4 times: ConnectError"):
        ask(churn, url="http://127.0.0.1:9")


def test_a_proxys_page_is_not_the_service(ask, flaky) -> None:
    flaky.script.append("page")
    with pytest.raises(errors.UnexpectedAnswer, match="answered 200 with text/html"):
        ask(churn)


def test_the_key_follows_no_redirect(ask, flaky) -> None:
    flaky.script.append(("redirect", "http://127.0.0.1:9/elsewhere"))
    with pytest.raises(errors.UnexpectedAnswer, match="answered 307"):
        ask(churn)


def test_a_gateway_that_stays_down_is_unavailable(ask, flaky) -> None:
    flaky.script.extend(["gateway"] * 4)
    with pytest.raises(errors.Unavailable):
        ask(churn)


def test_connections_are_kept(flaky) -> None:
    with Regulars(flaky.url, KEY) as client:
        for _ in range(5):
            churn(client)
    assert (len(flaky.seen), flaky.connections) == (5, 1)


def test_a_late_read_is_asked_twice_only_where_that_is_wanted(ask, flaky) -> None:
    flaky.script.append(("slow", 2.0))
    started = time.monotonic()
    assert ask(churn, hedge_after=0.05, timeout=10.0) == CHURN
    assert len(flaky.seen) == 2
    assert time.monotonic() - started < 2


def test_what_writes_is_never_sent_twice_at_once(ask, flaky) -> None:
    flaky.script.append(("slow", 0.3))
    ask(lambda client: client.feedback("0" * 32, {"bought": True}), hedge_after=0.05)
    assert len(flaky.seen) == 1


def test_of_two_the_good_answer_counts(ask, flaky) -> None:
    flaky.script.extend([("slow", 0.3), (503, "not-ready", {})])
    assert ask(churn, hedge_after=0.05, retry=ONCE) == CHURN


def test_without_a_budget_nothing_is_hedged(ask, flaky) -> None:
    flaky.script.append(("slow", 0.2))
    ask(churn, hedge_after=0.05, retry=RetryPolicy(budget_most=0))
    assert len(flaky.seen) == 1


def test_a_problem_carries_what_is_allowed(ask, flaky) -> None:
    flaky.script.append((400, "invalid-body", {"X-Request-Id": "abc"}))
    with pytest.raises(errors.ProblemError, match="400: mode: ") as found:
        ask(lambda client: client.recommendations(mode="nwe"))
    problem = found.value
    assert (problem.field, problem.did_you_mean, problem.request_id) == ("mode", "new", "abc")
    assert problem.allowed == "'all', or 'new'"
    assert problem.problem["type"] == "urn:regulars:problem:invalid-body"


def test_what_is_meant_without_a_field_is_not_sent(ask, flaky) -> None:
    ask(lambda client: client.recommendations(customer_id="2375", k=10, mode="new", basket=("7",)))
    assert json.loads(flaky.seen[0][1]) == {"customer_id": "2375", "mode": "new", "basket": ["7"]}


def test_one_string_is_no_list_of_them(ask, flaky) -> None:
    with pytest.raises(TypeError, match="customer_ids: allowed is a list, and this is one str"):
        ask(lambda client: client.churn("2375"))
    assert flaky.seen == []


def test_what_is_no_json_is_not_sent(ask, flaky) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        ask(lambda client: client.feedback("0" * 32, {"revenue": float("nan")}))
    assert flaky.seen == []


def test_the_key_is_on_requests_and_nowhere_else(ask, flaky, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    flaky.script.extend(["reset", (400, "invalid-body", {})])
    told: list[Any] = []
    with pytest.raises(errors.InvalidRequest) as found:
        ask(churn, on_attempt=told.append)
    assert flaky.seen[0][0]["authorization"] == f"Bearer {KEY}"
    shown = traceback.TracebackException.from_exception(found.value, capture_locals=True)
    assert KEY not in "".join(shown.format()).replace(f"KEY = {KEY!r}", "")
    assert found.value.__context__ is None
    assert KEY not in caplog.text + repr(told) + repr(vars(found.value))


@pytest.mark.parametrize("kind", [Regulars, AsyncRegulars])
def test_a_client_shows_no_key_and_is_not_copied(kind: Any) -> None:
    client = kind("http://127.0.0.1:9", KEY)
    assert repr(client) == f"{kind.__name__}('http://127.0.0.1:9', key=***)"
    assert KEY not in repr(vars(client)) + repr(vars(client._http))
    for copied in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="not copied or pickled"):
            copied(client)


@pytest.mark.parametrize("url", ["127.0.0.1:3000", "ftp://a", "http://user:pass@a", ""])
def test_an_impossible_address_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(ValueError, match="url: allowed is an address") as found:
        Regulars(url, KEY)
    assert "pass" not in str(found.value).replace("password", "")


@pytest.mark.parametrize("key", ["", "with space", "new\nline", "ключ"])
def test_an_impossible_key_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(ValueError, match="key: allowed is a token") as found:
        Regulars("http://127.0.0.1:9", key)
    assert not key or key not in str(found.value)


@pytest.mark.parametrize("option", ["timeout", "attempt_timeout", "connect_timeout", "hedge_after"])
def test_an_impossible_time_is_refused(option: str) -> None:
    with pytest.raises(ValueError, match=f"{option}: 0 is not possible"):
        Regulars("http://127.0.0.1:9", KEY, retry=QUICKLY, **{option: 0})
