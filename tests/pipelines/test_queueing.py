"""The simulation of replicas gives what the formulas of queueing give, where there are formulas."""

from __future__ import annotations

from dataclasses import replace
from math import factorial

import numpy as np
import pytest

from pipelines.bench.queueing import Bursts, Faults, Load, replicas_needed, simulate, slowed

SEED = 20
REQUESTS = 150_000
EXPONENTIAL = -np.log1p(-np.linspace(0, 1, 20_001)[:-1])
"""Quantiles of an exponential time with mean 1."""


def poisson(rate: float, service: np.ndarray, **more: object) -> Load:
    return Load(rate, service, REQUESTS / rate, **more)  # type: ignore[arg-type]


def erlang_c(servers: int, offered: float) -> float:
    """The share of requests that wait in M/M/c (Erlang, 1917)."""
    last = offered**servers / factorial(servers) * servers / (servers - offered)
    return last / (sum(offered**k / factorial(k) for k in range(servers)) + last)


def mean_wait(load: Load, replicas: int) -> float:
    outcome = simulate(load, replicas, SEED)
    return float(outcome.latencies.mean() - load.service.mean())


@pytest.mark.parametrize("load", [0.3, 0.7, 0.85])
def test_one_server_with_fixed_times_waits_as_m_d_1(load: float) -> None:
    """Pollaczek-Khinchine: rho / (2 (1 - rho)) times of work."""
    assert mean_wait(poisson(load, np.array([1.0])), 1) == pytest.approx(load / (2 * (1 - load)), rel=0.06)


@pytest.mark.parametrize(("servers", "load"), [(1, 0.7), (2, 0.8), (8, 0.85)])
def test_one_queue_for_all_waits_as_m_m_c(servers: int, load: float) -> None:
    offered = servers * load
    queue = poisson(offered, EXPONENTIAL, choices=servers)
    expected = erlang_c(servers, offered) / (servers - offered)
    assert mean_wait(queue, servers) == pytest.approx(expected, rel=0.1)


def test_any_times_wait_as_m_g_1_says() -> None:
    """Pollaczek-Khinchine: lambda E[S^2] / (2 (1 - rho)); here nine short ones to a long one."""
    service = np.array([0.5] * 9 + [5.5])
    expected = 0.6 * float((service**2).mean()) / (2 * (1 - 0.6))
    assert mean_wait(poisson(0.6, service), 1) == pytest.approx(expected, rel=0.08)


def test_a_balancer_that_knows_nothing_makes_each_a_queue_of_its_own() -> None:
    load = poisson(8 * 0.7, EXPONENTIAL, choices=1)
    assert mean_wait(load, 8) == pytest.approx(0.7 / (1 - 0.7), rel=0.06)


def test_the_better_of_two_drawn_is_between_one_queue_each_and_one_for_all() -> None:
    waits = [mean_wait(poisson(16 * 0.8, EXPONENTIAL, choices=choices), 16) for choices in (1, 2, 16)]
    assert waits[0] > 2 * waits[1] > 2 * waits[2]


def test_utilisation_is_the_work_there_is() -> None:
    assert simulate(poisson(3.0, np.array([1.0])), 4, SEED).utilisation == pytest.approx(0.75, rel=0.02)


def test_bursts_leave_the_mean_rate_and_cost_latency() -> None:
    calm = Load(100.0, slowed(EXPONENTIAL, 0.03), 600.0)
    bursty = replace(calm, bursts=Bursts(3.0))
    one, other = simulate(calm, 5, SEED), simulate(bursty, 5, SEED)
    assert len(other.latencies) == pytest.approx(len(one.latencies), rel=0.15)
    assert other.quantile(0.99) > 3 * one.quantile(0.99)


def test_who_would_wait_too_long_is_refused_and_the_others_are_not_late() -> None:
    overloaded = Load(150.0, np.array([0.01]), 200.0, refuse_after=0.5)
    outcome = simulate(overloaded, 1, SEED)
    assert outcome.refused_share == pytest.approx(1 / 3, rel=0.05)
    assert outcome.latencies.max() <= 0.5 + 0.01 + 1e-9


def test_a_stall_delays_by_no_more_than_itself_where_there_is_room() -> None:
    load = Load(10.0, np.array([0.001]), 300.0, faults=Faults(swap_every=30.0, swap_stall=0.4))
    outcome = simulate(load, 1, SEED)
    assert outcome.refused == 0
    assert 0.2 < outcome.latencies.max() < 0.42


def test_what_a_dead_replica_had_is_answered_by_others_after_it_was_noticed() -> None:
    faults = Faults(fails_every=100.0, detected_after=2.0, back_after=30.0)
    load = Load(100.0, np.array([0.01]), 300.0, faults=faults)
    outcome = simulate(load, 4, SEED)
    assert outcome.retried > 0
    assert len(outcome.latencies) == pytest.approx(30_000, rel=0.03)  # everybody, once
    assert 2.0 < outcome.latencies.max() < 3 * 2.0
    assert outcome.quantile(0.5) < 0.02


def test_the_same_seed_gives_the_same_and_more_load_needs_more() -> None:
    load = Load(500.0, slowed(EXPONENTIAL, 0.004), 60.0, bursts=Bursts(2.0), refuse_after=0.5)
    needed, outcome = replicas_needed(load, SEED)
    again, _ = replicas_needed(load, SEED)
    assert needed == again >= 2
    assert outcome.quantile(0.99) < 0.8
    assert replicas_needed(replace(load, rate=1500.0), SEED)[0] > 2 * needed
