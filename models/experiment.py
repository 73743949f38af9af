"""An experiment on requests: which version answers whom beside the champion, and which answers nobody.

A subject (a customer, a series) falls into one of 10,000 slots by a hash of the experiment's salt and its id: the same
in every worker and replica, today and tomorrow, and independent of every other experiment's. An arm owns slots; what
no arm owns is the champion's. A share that grows takes free slots, one that shrinks gives up its last: nobody else
moves.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, Final

from core import utc
from core.errors import UsageError
from models.version import ALIASES, CANARY, PREFIX

TAG: Final = PREFIX + "experiment"
"""Where a registered model keeps the one that runs."""
SLOTS: Final = 10_000
SHADOW: Final = "shadow"
MIXED: Final = "mixed"
"""How an answer is marked whose results are of several variants."""
SLOTS_KEPT: Final = 65_536
"""Subjects whose slot a process knows without counting it out again."""
LONGEST_NAME: Final = 20
_RESERVED: Final = frozenset({*ALIASES, MIXED, SHADOW, "latest"}) - {CANARY}
_NAME: Final = re.compile(r"[a-z][a-z0-9-]*")
_VERSION: Final = re.compile(r"v[0-9]+")
Slots = tuple[tuple[int, int], ...]
"""Half-open ranges of slots."""


@dataclass(frozen=True)
class Arm:
    """A version that answers those whose slot it owns; without slots a shadow, which answers nobody."""

    name: str
    version: str
    slots: Slots = ()

    @property
    def shadow(self) -> bool:
        """Whether it answers nobody."""
        return not self.slots

    @property
    def percent(self) -> float:
        """Its share of subjects."""
        return 100 * _count(self.slots) / SLOTS


@dataclass(frozen=True)
class Experiment:
    """The arms beside the champion of one kind; `champion` is the version they are compared with."""

    salt: str
    started_at: str
    champion: str
    arms: tuple[Arm, ...]

    @classmethod
    def begin(cls, champion: str) -> Experiment:
        """One without arms, salted anew."""
        return cls(secrets.token_hex(8), utc.text(), champion, ())

    @classmethod
    def of_json(cls, text: str) -> Experiment:
        """What `to_json` wrote."""
        content: dict[str, Any] = json.loads(text)
        arms = [
            Arm(arm["name"], arm["version"], tuple((first, end) for first, end in arm["slots"]))
            for arm in content.pop("arms")
        ]
        return cls(**content, arms=tuple(arms))

    def to_json(self) -> str:
        """As the registry keeps it."""
        return json.dumps(asdict(self), sort_keys=True)

    @property
    def answering(self) -> tuple[Arm, ...]:
        """The arms that answer somebody."""
        return tuple(arm for arm in self.arms if not arm.shadow)

    @property
    def shadows(self) -> tuple[Arm, ...]:
        """The arms that answer nobody."""
        return tuple(arm for arm in self.arms if arm.shadow)

    def arm(self, name: str) -> Arm | None:
        """The arm of that name."""
        return next((arm for arm in self.arms if arm.name == name), None)

    def of(self, subject: str) -> Arm | None:
        """The arm that answers a subject; None: the champion does."""
        return self._of_slot[slot(self.salt, subject)]

    @cached_property
    def _of_slot(self) -> list[Arm | None]:
        """Who answers each slot."""
        found: list[Arm | None] = [None] * SLOTS
        for arm in reversed(self.arms):
            for first, end in arm.slots:
                found[first:end] = [arm] * (end - first)
        return found

    def with_arm(self, name: str, version: str, percent: float) -> Experiment:
        """With an arm of that share, 0 for a shadow; of an arm that there is, the version and the share change.

        Raises:
            UsageError: a name that may not be, or shares that leave the champion nothing.
        """
        require_arm_name(name, shadow=percent == 0)
        others = tuple(arm for arm in self.arms if arm.name != name)
        held = self.arm(name)
        wanted, taken = round(percent / 100 * SLOTS), [each for arm in others for each in arm.slots]
        if percent and (not wanted or wanted >= SLOTS - _count(taken)):
            most = 100 * (SLOTS - _count(taken)) / SLOTS
            raise UsageError(
                f"{percent:g} percent is not possible",
                why=f"a share has at least {100 / SLOTS:g} percent, and leaves the champion something of the {most:g} "
                "percent that no other arm has",
                todo="give a smaller --percent, or end an arm: regulars canary MODEL --stop --name NAME",
            )
        arm = Arm(name, version, _resized(held.slots if held else (), taken, wanted))
        return replace(self, arms=tuple(arm if each.name == name else each for each in self.arms)
                       if held else (*self.arms, arm))  # fmt: skip

    def without(self, name: str) -> Experiment:
        """Without an arm."""
        return replace(self, arms=tuple(arm for arm in self.arms if arm.name != name))


@lru_cache(SLOTS_KEPT)
def slot(salt: str, subject: str) -> int:
    """Where a subject falls, evenly spread over 0 to 9,999."""
    digest = hashlib.blake2b(f"{salt}\x00{subject}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) % SLOTS


def require_arm_name(name: str, *, shadow: bool = False) -> None:
    """Refuse what can't name an arm.

    Raises:
        UsageError: it is something else's name, too long, or has other letters.
    """
    allowed = not _VERSION.fullmatch(name) and (name not in _RESERVED or (shadow and name == SHADOW))
    if not allowed or len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        raise UsageError(
            f"an arm can't be called {name!r}",
            why=f"a name has at most {LONGEST_NAME} small letters, digits and dashes, begins with a letter, and is "
            f"none of {', '.join(sorted(_RESERVED))}, v1, v2, ...",
        )


def _count(slots: Sequence[tuple[int, int]]) -> int:
    return sum(end - first for first, end in slots)


def _resized(held: Slots, taken: Sequence[tuple[int, int]], wanted: int) -> Slots:
    """What was held, less its end, or more of what is free."""
    missing, kept = wanted, []
    for first, end in held:
        size = min(end - first, missing)
        if size:
            kept.append((first, first + size))
            missing -= size
    start = 0
    for first, end in [*sorted([*taken, *kept]), (SLOTS, SLOTS)]:
        size = min(first - start, missing)
        if size > 0:
            kept.append((start, start + size))
            missing -= size
        start = max(start, end)
    return tuple(kept)
