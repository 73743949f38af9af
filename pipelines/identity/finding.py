"""Finding persons in records: equal keys first, then the model, then what is left to a person to decide."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import duckdb

from core import query_engine
from core.workspace import Workspace
from pipelines.identity import links
from pipelines.identity.key_records import RECORDS
from pipelines.identity.links import Link, Linked
from pipelines.identity.name_agreement import Judge, Names
from pipelines.identity.pair_verdicts import PairVerdicts
from pipelines.identity.pairs import KnownPairs, LikelyPair
from pipelines.identity.persons import Persons, persons
from pipelines.ingest.engine import scalar
from pipelines.sources.identity_form import IdentityForm

MODEL = 10.0
"""The rank of the model's links: behind all equal keys, the more probable first."""


@dataclass(frozen=True)
class FoundPersons:
    """The persons, the pairs that were compared and those a person is to be asked about, keys that too many share."""

    persons: Persons
    pairs: KnownPairs
    crowded: Mapping[str, int]


class Finder:
    """The steps, on the relation `RECORDS` of an engine; `known`: what earlier ingests compared."""

    def __init__(
        self, workspace: Workspace, connection: duckdb.DuckDBPyConnection, form: IdentityForm, known: KnownPairs
    ) -> None:
        self._workspace, self._connection, self._form, self._known = workspace, connection, form, known
        self._judge = Judge(known.names, known.contrary)
        self._names: dict[str, Names] = {}

    def find(self) -> FoundPersons:
        """Find them."""
        verdicts = PairVerdicts.of(self._workspace)
        linked = links.by_equal_keys(self._connection, self._form, self._judge)
        self._learn_names(linked.links)
        found = persons(linked.links, same=verdicts.pairs("same"), apart=verdicts.pairs("apart"), may=self._may)
        compared = self._compared(found, linked)
        likely = [
            Link(MODEL - (pair.probability or 0), *pair.nodes, "model")
            for pair in compared
            if (pair.probability or 0) >= self._form.probability and pair.plausible
        ]
        self._learn_names(likely)
        found.follow(likely)
        doubtful = [pair for pair in compared if self._is_doubtful(pair, found, verdicts)]
        pairs = KnownPairs(self._known.rules, compared, self._judge.agreed, self._judge.contrary, doubtful)
        return FoundPersons(found, pairs, linked.crowded)

    def _learn_names(self, of: Iterable[Link]) -> None:
        self._names |= links.names_of(self._connection, {node for link in of for node in (link.one, link.other)})

    def _may(self, one: Collection[str], other: Collection[str]) -> bool:
        """No given names of a person contradict each other; a household is one, whatever its members are called."""
        names = self._names
        return self._form.household or not any(
            self._judge.contradiction(names.get(a, {}), names.get(b, {})) for a in one for b in other
        )

    def _compared(self, certain: Persons, linked: Linked) -> list[LikelyPair]:
        """Pairs that no equal key decides: as the model judges them now or once did, or with names in conflict."""
        found = {pair.nodes: pair for pair in self._known.compared if pair.probability is not None}
        for pair in self._likely(certain):
            found[pair.nodes] = pair.or_likelier(found.get(pair.nodes))
        names = links.names_of(self._connection, {node for nodes in linked.conflicts for node in nodes})
        for (one, other), kind in linked.conflicts.items():
            nodes = one, other
            if nodes not in found and not self._judge.contradiction(names.get(one, {}), names.get(other, {})):
                found[nodes] = LikelyPair(*nodes, None, {kind: "equal", "name": "differs"})
        return list(found.values())

    def _likely(self, certain: Persons) -> list[LikelyPair]:
        """What the model finds, where it is wanted and names were read in clear."""
        if not self._form.model or not scalar(
            self._connection, f"SELECT count(*) FROM {RECORDS} WHERE name IS NOT NULL"
        ):
            return []
        from pipelines.identity import likeness

        with query_engine.connect(self._workspace) as engine:
            return likeness.likely_pairs(self._connection, engine, certain)

    def _is_doubtful(self, pair: LikelyPair, found: Persons, verdicts: PairVerdicts) -> bool:
        """Whether a person is to be asked: it is likely enough, nobody has decided, and nothing else made them one."""
        likely = pair.probability is None or pair.probability >= self._form.review
        return (
            likely
            and pair.worth_asking
            and pair.id not in verdicts.by_pair
            and found.root(pair.one) != found.root(pair.other)
        )
