"""Pairs of ids that may be one person, with what speaks for it: kept between ingests, without any key in clear."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from core.errors import StoreError
from core.files import write_atomically
from core.workspace import Workspace
from pipelines.identity.name_agreement import HashPair


@dataclass(frozen=True)
class LikelyPair:
    """Two nodes, in order; how probable it is that they are one person (None: no model judged), and the evidence.

    `evidence`: for each kind of key that both have `equal`, `alike`, `differs`, or another word of the comparison.
    """

    one: str
    other: str
    probability: float | None
    evidence: Mapping[str, str] = field(default_factory=dict)

    @property
    def nodes(self) -> tuple[str, str]:
        """Both."""
        return self.one, self.other

    def or_likelier(self, known: LikelyPair | None) -> LikelyPair:
        """This, or what was known of the pair: then more of its keys may have been there in clear."""
        return known if known is not None and (known.probability or 0) > (self.probability or 0) else self

    @property
    def plausible(self) -> bool:
        """Whether the names can be one person's: a family shares everything else.

        Another surname under an equal given name is plausible where two keys are equal: people marry.
        """
        equal = sum(word == "equal" for kind, word in self.evidence.items() if kind != "name")
        name = self.evidence.get("name")
        return name in {None, "equal", "alike", "initial"} or (name == "given name only" and equal > 1)

    @property
    def worth_asking(self) -> bool:
        """Whether somebody could know better: other given names under one roof are a family, and nobody is asked."""
        return self.evidence.get("name") != "surname only"

    @property
    def id(self) -> str:
        """A short name of the pair, which does not change."""
        return pair_id(self.one, self.other)


def pair_id(one: str, other: str) -> str:
    """The short name of a pair of nodes."""
    return hashlib.sha256("\0".join(sorted((one, other))).encode()).hexdigest()[:10]


@dataclass
class KnownPairs:
    """What was compared so far: pairs by the model, names that agree and that don't (as hashes).

    `doubtful` are the pairs a person is to be asked about. `rules` is a digest of how keys are read and compared: what
    was found under others no longer counts.
    """

    rules: str
    compared: list[LikelyPair] = field(default_factory=list)
    names: set[HashPair] = field(default_factory=set)
    contrary: set[HashPair] = field(default_factory=set)
    doubtful: list[LikelyPair] = field(default_factory=list)

    def save(self, workspace: Workspace) -> None:
        """Write it down."""
        kept = {
            "rules": self.rules,
            "compared": [asdict(pair) for pair in sorted(self.compared, key=_order)],
            "names": sorted(self.names),
            "contrary": sorted(self.contrary),
            "doubtful": [asdict(pair) for pair in sorted(self.doubtful, key=_order)],
        }
        path = _path(workspace)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        text = json.dumps(kept, indent=1)
        if not path.is_file() or path.read_text() != text:
            write_atomically(path, text, 0o600)


def recall(workspace: Workspace, rules: str | None = None) -> KnownPairs:
    """What is known; only what was found under these `rules`.

    Raises:
        StoreError: it can't be read.
    """
    path = _path(workspace)
    try:
        kept = json.loads(path.read_text())
        if rules is not None and kept["rules"] != rules:
            return KnownPairs(rules)
        names, contrary = ({(one, other) for one, other in kept[name]} for name in ("names", "contrary"))
        return KnownPairs(kept["rules"], _pairs(kept["compared"]), names, contrary, _pairs(kept["doubtful"]))
    except FileNotFoundError:
        return KnownPairs(rules or "")
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(
            "which ids may be one person can't be read",
            where=str(path),
            why=str(error),
            todo="restore it from a backup, or remove it: the next ingest that reads the tables finds the pairs anew",
        ) from None


def _pairs(kept: Iterable[Mapping[str, object]]) -> list[LikelyPair]:
    return [LikelyPair(**pair) for pair in kept]  # type: ignore[arg-type]


def _order(pair: LikelyPair) -> tuple[float, str, str]:
    return -(pair.probability or 0), pair.one, pair.other


def _path(workspace: Workspace) -> Path:
    return workspace.identity_dir / "pairs.json"
