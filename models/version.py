"""A registered version: what the registry knows about it without a download."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from core.errors import NotReady, UsageError, did_you_mean
from core.messages import LANGUAGE, Message, render
from models.fairness_result import EVIDENCE
from models.intervals import Interval

PREFIX = "regulars."
CHALLENGER, CANARY, CHAMPION, BASELINE = "challenger", "canary", "champion", "baseline"
ALIASES = (CHALLENGER, CANARY, CHAMPION, BASELINE)

Intervals = Mapping[str, Interval]


@dataclass(frozen=True)
class Verdict:
    """What a reviewer decided about a version; `evidence` is the hash of the fairness result it was decided on."""

    verdict: Literal["approved", "refused"]
    who: str
    reason: str
    at: str
    evidence: str


@dataclass(frozen=True)
class GateResult:
    """One gate's verdict and its reason; `reviewable`: a reviewer's approval would let the version through."""

    name: str
    passed: bool
    message: Message
    reviewable: bool = False

    @property
    def text(self) -> str:
        """The reason in words."""
        return str(self.message)

    def as_dict(self) -> dict[str, Any]:
        """For machines, in English words too; `of` reads it back."""
        kept = {"name": self.name, "passed": self.passed, "reviewable": self.reviewable}
        return kept | {"text": render(self.message, LANGUAGE)} | self.message.as_dict()

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> GateResult:
        """What was kept; an earlier release kept words only."""
        message = Message.of(content) if "code" in content else Message.plain(content["text"])
        return cls(content["name"], content["passed"], message, content.get("reviewable", False))


@dataclass(frozen=True)
class Version:
    """A version of a model. What training recorded are tags `regulars.<name>`; `tags` holds them without prefix."""

    kind: str
    version: str
    run_id: str
    created_at: datetime
    aliases: tuple[str, ...]
    tags: Mapping[str, str]
    location: str

    def __str__(self) -> str:
        return f"{self.kind} version {self.version}"

    @property
    def subject(self) -> str:
        """How the audit log and the alerts name it: `churn/3`."""
        return f"{self.kind}/{self.version}"

    @property
    def as_of(self) -> date:
        """The first day the served model knows nothing of."""
        return date.fromisoformat(self.tags["as_of"])

    @property
    def evaluated_from(self) -> date:
        """The first day of the window its metrics are of; the evaluation model knows nothing of it."""
        return date.fromisoformat(self.tags["evaluated_from"])

    @property
    def primary(self) -> str:
        """The metric by which versions are compared."""
        return self.tags["primary"]

    @property
    def higher_is_better(self) -> bool:
        """Whether more of the primary metric is better."""
        return self.tags["higher_is_better"] == "true"

    @property
    def metrics(self) -> Intervals:
        """Each metric of the evaluation model, with its interval."""
        return _intervals(self._json("metrics"))

    @property
    def baselines(self) -> Mapping[str, Intervals]:
        """The same metrics of each baseline on the same window."""
        return {name: _intervals(metrics) for name, metrics in self._json("baselines").items()}

    @property
    def paired(self) -> Intervals:
        """Per baseline: the model minus the baseline on the primary metric, paired by unit."""
        return _intervals(self._json("paired"))

    @property
    def promised(self) -> Intervals:
        """Where metrics are expected on the window after `as_of`, by the shop's own past; empty where none is told."""
        return _intervals(self._json("promised")) if "promised" in self.tags else {}

    @property
    def best_baseline(self) -> str:
        """The baseline that is best on the primary metric."""
        return self.tags["best_baseline"]

    @property
    def data_digest(self) -> str:
        """The hash of the data it was trained on."""
        return self.tags["data_digest"]

    @property
    def trained_by(self) -> str:
        """Who ran the training."""
        return self.tags["trained_by"]

    @property
    def trained_by_ids(self) -> frozenset[str]:
        """The ids of who ran it (`core.actors`); an earlier release kept the account's name only."""
        return frozenset(json.loads(self.tags.get("trained_by_ids", "[]"))) or frozenset({f"account:{self.trained_by}"})

    @property
    def seal(self) -> str:
        """SHA-256 of the manifest of its files."""
        return self.tags["seal"]

    @property
    def review(self) -> Verdict | None:
        """What a reviewer decided, if one did."""
        return Verdict(**self._json("review")) if "review" in self.tags else None

    @property
    def state(self) -> str:
        """Names what a reviewer sees of it: the measurement, the gates, the decision that stands."""
        seen = [self.tags.get(name, "") for name in (EVIDENCE, "fairness", "gates", "review")]
        return hashlib.sha256(json.dumps(seen).encode()).hexdigest()[:16]

    @property
    def barred(self) -> str | None:
        """Why it may answer nobody, where a reviewer refused it or a disparity blocks it; None: it may.

        An approval lifts a block for the measurement it was given on. Told from the tags, as the fairness gate tells it
        from the measurement itself; an earlier release did not tag which it was.
        """
        verdict = self.review
        if verdict is not None and verdict.verdict == "refused":
            return f"refused by {verdict.who}: {verdict.reason}"
        if self.tags.get("fairness") != "blocked":
            return None
        measured = self.tags.get(EVIDENCE)
        lifted = verdict is not None and measured in (None, verdict.evidence)
        return None if lifted else "blocked by a disparity"

    @property
    def gates(self) -> tuple[GateResult, ...]:
        """What each gate said when they last judged it."""
        return tuple(GateResult.of(gate) for gate in json.loads(self.tags.get("gates", "[]")))

    def _json(self, name: str) -> dict[str, Any]:
        return dict(json.loads(self.tags.get(name, "{}")))


def choose(kind: str, name: str, versions: Sequence[Version]) -> Version:
    """The version of that number or alias, of all versions of a kind (the newest first).

    Raises:
        NotReady: no version carries the alias, or there is none at all; says which command to run.
        UsageError: no such number; says which there are.
    """
    for version in versions:
        if name == version.version or name in version.aliases:
            return version
    if not versions:
        raise NotReady(f"there is no {kind} model yet", todo=f"run: regulars train {kind}")
    if name in ALIASES:
        raise NotReady(f"no {kind} version is {name}", todo=_how_to_become(kind, name, versions))
    numbers = [version.version for version in versions]
    aliases = sorted({alias for version in versions for alias in version.aliases})
    raise UsageError(f"there is no {kind} version {name!r}", todo=did_you_mean(name, [*numbers, *aliases]))


def _how_to_become(kind: str, alias: str, versions: Sequence[Version]) -> str:
    latest = versions[0].version
    if alias == CHALLENGER:
        return f"run: regulars train {kind}"
    return f"run: regulars promote {kind} {latest}"


def _intervals(values: Mapping[str, Any]) -> Intervals:
    return {name: Interval.of(value) for name, value in values.items()}
