"""From links to persons: which nodes are one, and by which id it is known.

What a person decided holds before everything: `same` links first, and no link joins two nodes that are `apart`, not
by way of others either. The rest follows by strength, so that of two links that exclude each other the stronger holds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from pipelines.identity.keyed_hashes import GUEST_PATTERN
from pipelines.identity.links import SAID, Link

Pair = tuple[str, str]
May = Callable[[Collection[str], Collection[str]], bool]


class Persons:
    """Groups of nodes that grow by links. `apart`: pairs that never come into one.

    `may`: whether two groups may become one where nobody says so, see `join`.
    """

    def __init__(self, apart: Iterable[Pair] = (), may: May | None = None) -> None:
        self._may = may
        self._root: dict[str, str] = {}
        self._members: dict[str, list[str]] = {}
        self._apart: dict[str, set[str]] = {}
        for one, other in apart:
            self._apart.setdefault(one, set()).add(other)
            self._apart.setdefault(other, set()).add(one)

    def root(self, node: str) -> str:
        """The node that stands for its group."""
        path = []
        while (up := self._root.get(node, node)) != node:
            path.append(node)
            node = up
        for passed in path:
            self._root[passed] = node
        return node

    def members(self, node: str) -> list[str]:
        """The nodes of its group."""
        root = self.root(node)
        return self._members.get(root, [root])

    def join(self, one: str, other: str, *, said: bool = False) -> bool:
        """Make the groups of two nodes one, unless nodes of them are apart, or nobody `said` so and they may not."""
        a, b = sorted((self.root(one), self.root(other)))
        if a == b:
            return True
        small, large = sorted((self.members(a), self.members(b)), key=len)
        within = set(large)
        if any(self._apart.get(node, frozenset()) & within for node in small):
            return False
        if self._may is not None and not said and not self._may(small, large):
            return False
        self._members[a] = [*self.members(a), *self.members(b)]
        self._root[b] = a
        self._members.pop(b, None)
        return True

    def follow(self, links: Iterable[Link]) -> None:
        """Join what links say, the strongest first."""
        for link in sorted(set(links)):
            self.join(link.one, link.other, said=link.rank <= SAID)

    def groups(self) -> list[list[str]]:
        """The groups of more than one node, in order."""
        return sorted(sorted(members) for members in self._members.values() if len(members) > 1)


def persons(
    links: Iterable[Link], *, same: Collection[Pair] = (), apart: Collection[Pair] = (), may: May | None = None
) -> Persons:
    """The persons that follow from links and from what a person decided, whatever their order."""
    found = Persons(apart, may)
    for one, other in sorted(same):
        found.join(one, other, said=True)
    found.follow(links)
    return found


def known_by(groups: Iterable[Collection[str]], foreign: Collection[str] = ()) -> Mapping[str, str]:
    """For each node of the groups the id of its person: the lowest of those that the shop itself wrote.

    `foreign` nodes are ids of other systems; they and, last, guests count only where there is no other.
    """
    return {node: id_ for group in groups for id_ in [min(group, key=lambda n: _order(n, foreign))] for node in group}


def _order(node: str, foreign: Collection[str]) -> tuple[bool, bool, int, str]:
    """The shop's own ids first, guests last; numbers by their size."""
    return GUEST_PATTERN.fullmatch(node) is not None, node in foreign, len(node) if node.isdigit() else 10**6, node
