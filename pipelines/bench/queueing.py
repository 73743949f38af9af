"""Replicas of the service behind a balancer, simulated event by event: how many a load needs.

A replica is one worker: it serves one request after the other, in the order in which they come. Requests come as a
Poisson process, or in bursts (one whose rate alternates); how long one is worked on is drawn
from what was measured. The balancer gives each to the replica with the least work before it among `choices` drawn at
random (Mitzenmacher, "The power of two choices in randomized load balancing", 2001): 1 is a balancer that knows
nothing, 2 one that goes by outstanding requests, all of them one queue for all. On top of that a replica stands still
while a champion is exchanged, and dies: what it had is asked again elsewhere once the balancer has noticed, and until
another has started the rest do its work.

One model for M/M/c, M/G/1 and what no formula has; the tests hold it to the formulas. Times in seconds.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
REFUSED = -1.0


@dataclass(frozen=True)
class Bursts:
    """Every `every` seconds the load is `factor` times the calm one, for the last `seconds` of them."""

    factor: float = 1.0
    seconds: float = 5.0
    every: float = 30.0

    @property
    def calm_share(self) -> float:
        """The calm rate as a share of the mean rate."""
        loud = self.seconds / self.every
        return 1.0 / (1.0 - loud + loud * self.factor)


@dataclass(frozen=True)
class Faults:
    """What befalls replicas."""

    swap_every: float = np.inf
    swap_stall: float = 0.0
    """A replica takes up another champion: it answers nothing for so long."""
    fails_every: float = np.inf
    """Of one replica."""
    detected_after: float = 2.0
    back_after: float = 30.0


@dataclass(frozen=True)
class Load:
    """`rate` requests a second in the mean, over `seconds`; `service` are times of work to draw from."""

    rate: float
    service: Floats
    seconds: float
    bursts: Bursts = field(default_factory=Bursts)
    faults: Faults = field(default_factory=Faults)
    choices: int = 2
    refuse_after: float = np.inf
    """A request that would wait longer is refused at once (429)."""


@dataclass(frozen=True)
class Simulated:
    """What came of it; latencies of what was answered."""

    latencies: Floats
    refused: int
    retried: int
    utilisation: float

    @property
    def refused_share(self) -> float:
        """Of all requests."""
        return self.refused / max(1, self.refused + len(self.latencies))

    def quantile(self, q: float) -> float:
        """Of the latencies, in seconds."""
        return float(np.quantile(self.latencies, q))


def simulate(load: Load, replicas: int, seed: int) -> Simulated:
    """Requests from the start to `load.seconds`, each to its answer."""
    rng = np.random.default_rng(seed)
    arrivals = _arrivals(load, rng)
    work = rng.choice(load.service, size=len(arrivals))
    return _run(load, replicas, arrivals, work, rng)


def replicas_needed(
    load: Load, seed: int, *, p99: float = 0.8, refused_share: float = 0.001, most_busy: float = 0.85
) -> tuple[int, Simulated]:
    """The fewest replicas that keep the 99th percentile below `p99` and refuse no more than that share.

    By bisection, as more replicas are never slower in the mean, from where they are busy `most_busy` of the time:
    closer to all of it a queue grows without end, only later than a simulation lasts.
    """
    low = int(load.rate * float(load.service.mean()) / most_busy)
    high = max(low + 1, 2)
    found = simulate(load, high, seed)
    while not _suffices(found, p99, refused_share):
        low, high = high, max(high + 1, int(high * 1.25))
        found = simulate(load, high, seed)
    while high - low > max(1, high // 100):
        middle = (low + high) // 2
        tried = simulate(load, middle, seed) if middle else None
        if tried is not None and _suffices(tried, p99, refused_share):
            high, found = middle, tried
        else:
            low = middle
    return high, found


def slowed(service: Floats, mean: float) -> Floats:
    """The same shape of times with another mean."""
    return service * (mean / float(service.mean()))


def without_trouble(load: Load) -> Load:
    """The same load as a plain Poisson process, with nothing that befalls anybody."""
    return replace(load, bursts=Bursts(), faults=Faults())


def _suffices(outcome: Simulated, p99: float, refused_share: float) -> bool:
    return outcome.quantile(0.99) < p99 and outcome.refused_share <= refused_share


def _arrivals(load: Load, rng: np.random.Generator) -> Floats:
    """Times in order: first the edges of calm and loud spells, then as many in each as its rate makes."""
    bursts = load.bursts
    calm = load.rate * bursts.calm_share
    times: list[Floats] = []
    began, loud = 0.0, False
    while began < load.seconds:
        lasts = bursts.seconds if loud else bursts.every - bursts.seconds
        ends = min(load.seconds, began + lasts)
        count = rng.poisson(calm * (bursts.factor if loud else 1.0) * (ends - began))
        times.append(np.sort(rng.uniform(began, ends, size=count)))
        began, loud = ends, not loud
    return np.concatenate(times)


@dataclass
class _Replicas:
    """When each is free again, until when each is gone, and what each has under way: when it ends, and whose it is."""

    free: list[float]
    gone_until: list[float]
    under_way: list[list[tuple[float, int]]]

    @classmethod
    def fresh(cls, count: int) -> _Replicas:
        return cls([0.0] * count, [0.0] * count, [[] for _ in range(count)])


def _run(load: Load, replicas: int, arrivals: Floats, work: Floats, rng: np.random.Generator) -> Simulated:
    state = _Replicas.fresh(replicas)
    done = np.zeros(len(arrivals))
    befalls = _befalls(load, replicas, rng)
    again: list[tuple[float, int]] = []  # (when, request) asked once more
    begins, needs = arrivals.tolist(), work.tolist()
    drawn = iter(rng.integers(0, replicas, size=2 * load.choices * len(begins) + 64).tolist())
    retried = turned_away = 0
    number, busy = 0, 0.0
    keeps_track = bool(befalls) and np.isfinite(load.faults.fails_every)
    while number < len(begins) or again:
        if again and (number == len(begins) or again[0][0] <= begins[number]):
            now, request = heapq.heappop(again)
        else:
            now, request = begins[number], number
            number += 1
        while befalls and befalls[0][0] <= now:
            lost = _befall(load, state, befalls.pop(0))
            retried += len(lost)
            for each in lost:
                heapq.heappush(again, (max(now, each[0]), each[1]))
        chosen = _choose(load, state, now, drawn, rng)
        if state.gone_until[chosen] > now:  # not noticed yet: asked, in vain
            retried += 1
            heapq.heappush(again, (now + load.faults.detected_after, request))
            continue
        starts = max(now, state.free[chosen])
        if starts - now > load.refuse_after:
            turned_away += 1
            done[request] = REFUSED
            continue
        ends = starts + needs[request]
        busy += needs[request]
        state.free[chosen] = ends
        done[request] = ends - begins[request]
        if keeps_track:
            kept = state.under_way[chosen]
            kept.append((ends, request))
            if len(kept) > 4096:
                state.under_way[chosen] = [each for each in kept if each[0] > now]
    return Simulated(done[done >= 0], turned_away, retried, busy / (replicas * load.seconds))


def _befalls(load: Load, replicas: int, rng: np.random.Generator) -> list[tuple[float, int, bool]]:
    """(when, which replica, whether it dies or only stands still), in order."""
    faults = load.faults
    found: list[tuple[float, int, bool]] = []
    if np.isfinite(faults.swap_every):
        for at in np.arange(faults.swap_every / 2, load.seconds, faults.swap_every):
            spread = rng.uniform(0, min(5.0, faults.swap_every), size=replicas)  # each looks by its own clock
            found += [(float(at + late), which, False) for which, late in enumerate(spread)]
    if np.isfinite(faults.fails_every):
        count = rng.poisson(replicas * load.seconds / faults.fails_every)
        found += [
            (float(at), int(which), True)
            for at, which in zip(rng.uniform(0, load.seconds, count), rng.integers(0, replicas, count), strict=True)
        ]
    return sorted(found)


def _befall(load: Load, state: _Replicas, what: tuple[float, int, bool]) -> list[tuple[float, int]]:
    """Let it happen; gives the requests that are lost with a replica, and when they are asked again."""
    at, which, dies = what
    if not dies:
        state.free[which] = max(state.free[which], at) + load.faults.swap_stall
        return []
    state.gone_until[which] = at + load.faults.back_after
    state.free[which] = state.gone_until[which]
    lost = [request for ends, request in state.under_way[which] if ends > at]
    state.under_way[which] = []
    return [(at + load.faults.detected_after, request) for request in lost]


def _choose(load: Load, state: _Replicas, now: float, drawn: Iterator[int], rng: np.random.Generator) -> int:
    """The one with the least work before it among `choices`; of those that are known to be gone, none."""
    free, gone, faults, replicas = state.free, state.gone_until, load.faults, len(state.free)
    noticed = faults.back_after - faults.detected_after
    if load.choices >= replicas:
        return min(range(replicas), key=lambda each: np.inf if 0 < gone[each] - now < noticed else max(free[each], now))
    best, least = -1, np.inf
    for _ in range(load.choices):
        one = next(drawn, None)
        if one is None:
            one = int(rng.integers(0, replicas))
        while 0 < gone[one] - now < noticed:
            one = int(rng.integers(0, replicas))
        # One that has died and is not noticed looks as idle as it is dead.
        waits = now if gone[one] > now else max(free[one], now)
        if waits < least:
            best, least = one, waits
    return best
