"""Nobody waits for a store that does not answer but the one who asks whether it does again."""

from __future__ import annotations

from serving.circuit_breaker import FIRST_REST_SECONDS, LONGEST_REST_SECONDS, CircuitBreaker


class Clock:
    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def test_it_lets_all_through_while_they_succeed() -> None:
    breaker = CircuitBreaker(Clock())
    assert all(breaker.lets_through() for _ in range(3))
    breaker.succeeded()
    assert breaker.is_closed


def test_after_a_failure_one_may_try_once_the_rest_is_over() -> None:
    clock = Clock()
    breaker = CircuitBreaker(clock)
    breaker.failed()
    assert (breaker.is_closed, breaker.lets_through()) == (False, False)
    clock.at += FIRST_REST_SECONDS
    assert [breaker.lets_through() for _ in range(3)] == [True, False, False]
    breaker.succeeded()
    assert (breaker.is_closed, breaker.lets_through()) == (True, True)


def test_a_probe_that_fails_rests_longer_and_never_too_long() -> None:
    clock = Clock()
    breaker = CircuitBreaker(clock)
    rests = []
    for _ in range(10):
        breaker.failed()
        began = clock.at
        while not breaker.lets_through():
            clock.at += 0.25
        rests.append(clock.at - began)
    assert rests[:3] == [0.5, 1.0, 2.0]
    assert rests[-1] == LONGEST_REST_SECONDS
