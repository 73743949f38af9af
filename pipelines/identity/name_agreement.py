"""Whether two names can be one person's.

Typing errors, initials and a missing second name agree; another given name does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from functools import lru_cache

Names = Mapping[str, str | None]
"""The names of one side by their hashes: in clear where this ingest read them."""
HashPair = tuple[str, str]


class Agreement(Enum):
    """What two sides' names say."""

    AGREE = "agree"
    UNKNOWN = "unknown"
    CONFLICT = "conflict"


class Judge:
    """Decides on names, and remembers by their hashes what it found: later they may be there as hashes only."""

    def __init__(self, agreed: Iterable[HashPair] = (), contrary: Iterable[HashPair] = ()) -> None:
        self.agreed = set(agreed)
        self.contrary = set(contrary)

    def agreement(self, one: Names, other: Names) -> Agreement:
        """Unknown where one side has no name; one name in common is enough."""
        if not one or not other:
            return Agreement.UNKNOWN
        found = [self._agree((a, one[a]), (b, other[b])) for a in one for b in other]
        return Agreement.AGREE if any(found) else Agreement.CONFLICT

    def contradiction(self, one: Names, other: Names) -> bool:
        """Whether two whole names, without initials, have other given names, whatever else the sides are called."""
        found = [self._contrary((a, one[a]), (b, other[b])) for a in one for b in other]
        return any(found)

    def _contrary(self, one: tuple[str, str | None], other: tuple[str, str | None]) -> bool:
        pair = (min(one[0], other[0]), max(one[0], other[0]))
        if pair in self.contrary:
            return True
        if one[1] is None or other[1] is None or not (_is_whole(one[1]) and _is_whole(other[1])):
            return False
        if alike(one[1], other[1]) or _same_word(one[1].split()[0], other[1].split()[0]):
            return False
        self.contrary.add(pair)
        return True

    def _agree(self, one: tuple[str, str | None], other: tuple[str, str | None]) -> bool:
        pair = (min(one[0], other[0]), max(one[0], other[0]))
        if pair[0] == pair[1] or pair in self.agreed:
            return True
        if one[1] is None or other[1] is None or not alike(one[1], other[1]):
            return False
        self.agreed.add(pair)
        return True


def _is_whole(name: str) -> bool:
    words = name.split()
    return len(words) > 1 and all(len(word) > 1 for word in words)


@lru_cache(maxsize=100_000)
def alike(one: str, other: str) -> bool:
    """Whether every word of the shorter name is one of the longer's, but for typing errors and initials.

    One word alone has to be the given name: a surname is the whole family's.
    """
    shorter, longer = sorted((one.split(), other.split()), key=len)
    if len(shorter) == 1 and len(longer) > 1:
        return _same_word(shorter[0], longer[0]) or shorter[0] == "".join(longer)
    left = list(longer)
    for word in shorter:
        match = next((candidate for candidate in left if _same_word(word, candidate)), None)
        if match is None:
            return "".join(shorter) == "".join(longer)
        left.remove(match)
    return True


def _same_word(one: str, other: str) -> bool:
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    if len(short) == 1:
        return long.startswith(short)
    allowed = 0 if len(short) < 3 else 1 if len(short) < 8 else 2
    return distance(one, other, allowed) <= allowed


def distance(one: str, other: str, limit: int = 99) -> int:
    """How many letters were left out, added, changed or exchanged with their neighbour; above the limit: any more."""
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
        before, last = last, row
    return last[-1]
