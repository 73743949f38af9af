"""What a person decided of pairs of ids: one customer, or two. It holds before anything that was found."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from core import utc
from core.errors import StoreError
from core.files import write_atomically
from core.workspace import Workspace
from pipelines.identity.pairs import pair_id

Decision = Literal["same", "apart"]
Pair = tuple[str, str]


@dataclass(frozen=True)
class PairVerdict:
    """One decision: of which ids, what, by whom and when."""

    one: str
    other: str
    decision: Decision
    who: str
    at: str

    @property
    def nodes(self) -> Pair:
        """Both ids, in order."""
        return self.one, self.other


class PairVerdicts:
    """The decisions of a workspace, by the pair's short name.

    verdicts = PairVerdicts.of(workspace)
    verdicts.decide(("4711", "guest-1f..."), "same", who="anna")
    """

    def __init__(self, path: Path, by_pair: Mapping[str, PairVerdict]) -> None:
        self._path = path
        self.by_pair = dict(by_pair)

    @classmethod
    def of(cls, workspace: Workspace) -> PairVerdicts:
        """Those written down.

        Raises:
            StoreError: they can't be read.
        """
        path = workspace.identity_dir / "verdicts.json"
        try:
            kept = json.loads(path.read_text())
            return cls(path, {name: PairVerdict(**verdict) for name, verdict in kept.items()})
        except FileNotFoundError:
            return cls(path, {})
        except (ValueError, TypeError, AttributeError) as error:
            raise StoreError(
                "what was decided of ids can't be read",
                where=str(path),
                why=str(error),
                todo="restore it from a backup, or remove it: the pairs are then asked about anew",
            ) from None

    def decide(self, nodes: Pair, decision: Decision, who: str) -> None:
        """Write a decision down; the next ingest goes by it."""
        one, other = sorted(nodes)
        self.by_pair[pair_id(one, other)] = PairVerdict(one, other, decision, who, utc.text())
        self._save()

    def undo(self, pair: str) -> PairVerdict:
        """Take a decision back; KeyError if there is none."""
        taken = self.by_pair.pop(pair)
        self._save()
        return taken

    def pairs(self, decision: Decision) -> list[Pair]:
        """The pairs with a decision."""
        return sorted(verdict.nodes for verdict in self.by_pair.values() if verdict.decision == decision)

    def _save(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        kept = {name: asdict(verdict) for name, verdict in sorted(self.by_pair.items())}
        write_atomically(self._path, json.dumps(kept, indent=1), 0o600)
