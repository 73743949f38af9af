"""What a person sees and decides of ids that may be one customer. What is decided holds from the next ingest on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core import query_engine
from core.audit import AuditLog, person
from core.errors import NotReady, UsageError, did_you_mean
from core.workspace import Workspace
from feature_repo.contract import SOURCE_ID
from pipelines.identity import pairs
from pipelines.identity.pair_verdicts import Decision, Pair, PairVerdict, PairVerdicts
from pipelines.identity.pairs import LikelyPair, pair_id
from pipelines.sources.identity_form import KINDS

_KEYS = {"email": "e-mail", "name": "name", "phone": "phone", "address": "address", "card": "card", "device": "device"}


@dataclass(frozen=True)
class KnownId:
    """One id of a customer: which kinds of keys it has, and which of them another id of the customer has, too."""

    id: str
    source: str | None
    keys: tuple[str, ...]
    shared: tuple[str, ...]


def doubtful(workspace: Workspace) -> list[LikelyPair]:
    """The pairs that a person is asked about and nobody has decided, the likeliest first.

    Raises:
        NotReady: the mapping does not say how ids are found to be one customer.
    """
    _refuse_without(workspace)
    decided = PairVerdicts.of(workspace).by_pair
    return [pair for pair in pairs.recall(workspace).doubtful if pair.id not in decided]


def decided(workspace: Workspace) -> list[PairVerdict]:
    """What was decided so far, the newest first."""
    return sorted(PairVerdicts.of(workspace).by_pair.values(), key=lambda verdict: verdict.at, reverse=True)


def decide(workspace: Workspace, named: str, decision: Decision) -> Pair:
    """Write down that two ids are one customer, or two; the audit log keeps who said so.

    Raises:
        UsageError: there is no such pair.
    """
    nodes = _pair(workspace, named)
    PairVerdicts.of(workspace).decide(nodes, decision, person())
    _note(workspace, f"identity {decision}", nodes)
    return nodes


def undo(workspace: Workspace, named: str) -> Pair:
    """Take a decision back.

    Raises:
        UsageError: nothing was decided of that pair.
    """
    verdicts = PairVerdicts.of(workspace)
    one, comma, other = named.partition(",")
    name = pair_id(one.strip(), other.strip()) if comma else named
    if name not in verdicts.by_pair:
        raise UsageError(f"nothing was decided of {named!r}", todo=did_you_mean(name, verdicts.by_pair))
    nodes = verdicts.undo(name).nodes
    _note(workspace, "identity undo", nodes)
    return nodes


def in_words(pair: LikelyPair) -> str:
    """The evidence without any key: «phone equal, name alike»."""
    return ", ".join(f"{_KEYS[kind]} {word}" for kind, word in pair.evidence.items())


def ids_of(workspace: Workspace, customer: str) -> tuple[str, list[KnownId]]:
    """The customer whom an id belongs to, with all ids that are the same customer.

    Raises:
        UsageError: nobody has that id.
    """
    _refuse_without(workspace)
    with query_engine.on_tables(workspace) as connection:
        found = connection.execute("SELECT customer_id FROM identities WHERE node = ? LIMIT 1", [customer]).fetchall()
        if not found and not _is_known(workspace, customer):
            raise UsageError(f"there is no customer {customer!r}", todo="look at: regulars identity review")
        person_ = found[0][0] if found else customer
        rows = connection.execute(
            f"SELECT node, source, {', '.join(KINDS)} FROM identities WHERE customer_id = ? ORDER BY ALL", [person_]
        ).fetchall()
    return person_, _known_ids(rows) or [KnownId(customer, None, (), ())]


def _known_ids(rows: Sequence[tuple[str | None, ...]]) -> list[KnownId]:
    keys: dict[str, set[tuple[str, str]]] = {}
    source: dict[str, str | None] = {}
    for node, system, *hashed in rows:
        assert node is not None
        source[node] = system
        keys.setdefault(node, set()).update((kind, h) for kind, h in zip(KINDS, hashed, strict=True) if h)
    found = []
    for node, own in keys.items():
        others = set().union(*(other for name, other in keys.items() if name != node))
        kinds, shared = ({kind for kind, _ in some} for some in (own, own & others))
        in_order = [tuple(kind for kind in KINDS if kind in some) for some in (kinds, shared)]
        found.append(KnownId(node, source[node], *in_order))
    return found


def _pair(workspace: Workspace, named: str) -> Pair:
    """The pair with a short name from the list, or «id,id»."""
    one, comma, other = (part.strip() for part in named.partition(","))
    if comma:
        for node in (one, other):
            if not _is_known(workspace, node):
                raise UsageError(f"there is no customer {node!r}", todo="name two ids as the shop's files write them")
        if one == other:
            raise UsageError(f"{named!r} is one id, not two", todo="name two ids: 4711,4712")
        return min(one, other), max(one, other)
    known = {pair.id: pair.nodes for pair in pairs.recall(workspace).doubtful}
    known |= {name: verdict.nodes for name, verdict in PairVerdicts.of(workspace).by_pair.items()}
    if named not in known:
        todo = f"{did_you_mean(named, known)}; or name two ids: 4711,4712" if known else "name two ids: 4711,4712"
        raise UsageError(f"there is no pair {named!r}", todo=todo)
    return known[named]


def _is_known(workspace: Workspace, node: str) -> bool:
    """Whether rows of the shop have the id."""
    with query_engine.on_tables(workspace) as connection:
        told = "SELECT node FROM identities" if workspace.tables.has("identities") else "SELECT NULL AS node"
        told = f"SELECT 1 FROM ({told} UNION ALL SELECT {SOURCE_ID} FROM orders) WHERE node = ? LIMIT 1"
        return bool(connection.execute(told, [node]).fetchall())


def _refuse_without(workspace: Workspace) -> None:
    if not workspace.tables.has("identities"):
        raise NotReady(
            "no ids are known to be one customer",
            why="nothing tells who rows are about",
            todo="write a block identity into mapping.yaml (docs/identity.md) and run: regulars ingest",
        )


def _note(workspace: Workspace, action: str, nodes: Pair) -> None:
    log = AuditLog(workspace)
    log.append(action, person(), pair_id(*nodes), {"ids": [log.customer(node) for node in nodes]})
