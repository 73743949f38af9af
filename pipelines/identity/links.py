"""Links of ids by equal keys: an e-mail, a telephone number, a card that two ids have in common.

A key that too many ids share (the till's own e-mail, a firm's number) links none of them, and where two ids that
share a key have names that can't be one person's (a family's telephone), the key links neither; the pair is left to
the model, or to a person.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import duckdb
import pyarrow as pa

from pipelines.identity.key_records import RECORDS
from pipelines.identity.keyed_hashes import GUEST_PATTERN
from pipelines.identity.name_agreement import Agreement, Judge, Names
from pipelines.sources.identity_form import IdentityForm


@dataclass(frozen=True, order=True)
class Link:
    """Two nodes that are one person: links of a lower `rank` come first. `why`: the key, or what else says so."""

    rank: float
    one: str
    other: str
    why: str = field(compare=False)


@dataclass(frozen=True)
class Linked:
    """What equal keys say: links, pairs with names in conflict (by the key they share), keys shared by too many."""

    links: tuple[Link, ...]
    conflicts: Mapping[tuple[str, str], str]
    crowded: Mapping[str, int]


_MANY = 10
"""Of a key that more than so many times `largest_group` share, names are not even looked at."""
SAID, EQUAL = 1.0, 2.0
"""Ranks: what the shop says of ids comes before equal keys, these before the model (see `persons`)."""


def by_equal_keys(connection: duckdb.DuckDBPyConnection, form: IdentityForm, judge: Judge) -> Linked:
    """The links that `RECORDS` tell without any doubt."""
    links = [Link(SAID, min(pair), max(pair), "customer_id") for pair in _said(connection)]
    conflicts: dict[tuple[str, str], str] = {}
    crowded: dict[str, int] = {}
    shared = {kind: _shared(connection, kind) for kind in form.alone}
    names = names_of(connection, {node for groups in shared.values() for group in groups for node in group})
    for rank, kind in enumerate(form.alone):
        for group in shared[kind]:
            found, refused = _within(group, names, judge) if len(group) <= _MANY * form.largest_group else ([], [])
            if _people(group, found) > form.largest_group:
                crowded[kind] = crowded.get(kind, 0) + 1
                continue
            links += [Link(EQUAL + rank / 10, *pair, kind) for pair in found]
            conflicts.update({pair: kind for pair in refused if pair not in conflicts})
    if form.household:
        links += _households(connection, form)
    return Linked(tuple(links), conflicts, crowded)


def _people(group: Sequence[str], found: Sequence[tuple[str, str]]) -> int:
    """How many share a key: ids, and guests, of whom those with names that agree are one."""
    guests = [node for node in group if GUEST_PATTERN.fullmatch(node)]
    linked = {other for one, other in found if one in guests and other in guests}
    return len(group) - len(linked)


def _within(
    group: Sequence[str], names: Mapping[str, Names], judge: Judge
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The pairs of a group that shares a key: those it links, and those whose names are in conflict.

    Where two conflict, an id without a name could be either's: then only names that agree link.
    """
    verdicts = {pair: judge.agreement(names[pair[0]], names[pair[1]]) for pair in combinations(sorted(group), 2)}
    conflicts = [pair for pair, verdict in verdicts.items() if verdict is Agreement.CONFLICT]
    good = {Agreement.AGREE} if conflicts else {Agreement.AGREE, Agreement.UNKNOWN}
    return [pair for pair, verdict in verdicts.items() if verdict in good], conflicts


def _said(connection: duckdb.DuckDBPyConnection) -> Iterable[tuple[str, str]]:
    found: list[tuple[str, str]] = connection.execute(
        f"SELECT DISTINCT node, said FROM {RECORDS} WHERE said IS NOT NULL AND said <> node ORDER BY ALL"
    ).fetchall()
    return found


def _shared(connection: duckdb.DuckDBPyConnection, kind: str) -> list[list[str]]:
    """The groups of nodes that have a key of a kind in common."""
    rows = connection.execute(
        f"SELECT nodes FROM (SELECT list(DISTINCT node) AS nodes FROM {RECORDS} WHERE {kind}_hash IS NOT NULL"
        f" GROUP BY {kind}_hash) WHERE len(nodes) > 1"
    ).fetchall()
    return sorted(sorted(nodes) for (nodes,) in rows)


def names_of(connection: duckdb.DuckDBPyConnection, nodes: set[str]) -> Mapping[str, Names]:
    """The names of nodes; none for others."""
    connection.register("identity_nodes", pa.table({"node": pa.array(sorted(nodes), pa.string())}))
    rows = connection.execute(
        f"SELECT node, name_hash, max(name) FROM {RECORDS} WHERE name_hash IS NOT NULL"
        " AND node IN (SELECT node FROM identity_nodes) GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    connection.unregister("identity_nodes")
    found: dict[str, dict[str, str | None]] = defaultdict(dict)
    for node, hashed, clear in rows:
        found[node][hashed] = clear
    return found


def _households(connection: duckdb.DuckDBPyConnection, form: IdentityForm) -> list[Link]:
    """Ids at one address are one household, where no more share it than a group may have."""
    groups = [group for group in _shared(connection, "address") if len(group) <= form.largest_group]
    return [Link(EQUAL + 0.9, group[0], other, "address") for group in groups for other in group[1:]]
