"""The stored result of a fairness measurement: what `monitoring` writes and the gate in `models` reads.

It holds figures of groups, never of customers. Beside a version it lies as the artifact `fairness.json`;
the tag `regulars.fairness` repeats its state, so that a list of versions needs no download.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final, Literal, get_args

from core.errors import DataError
from core.messages import Message

ARTIFACT = "fairness.json"
TAG = "regulars.fairness"
EVIDENCE = "fairness_evidence"
"""The name of the tag that holds the measurement's hash."""

Verdict = Literal["ok", "flagged", "not certain yet", "too few to judge", "not judged"]
"""`not certain yet`: beyond the limits, but looked at often enough that chance may have brought it."""
Flag = tuple[str, str, str]
"""The attribute, group and metric of a figure."""
JUDGED: Final = ("ok", "flagged", "not certain yet")
State = Literal["ok", "blocked", "not measured"]
FOUR_FIFTHS = (0.8, 1.25)
UNKNOWN = "unknown"
"""The group of those whose attribute is not known."""
_SINCE = ("needs", "finds_below", "finds_above", "p")


@dataclass(frozen=True)
class GroupFigure:
    """One metric of one group beside the rest of its attribute.

    `ratio` is group / rest with its interval `[low, high]`, corrected for the number of groups of the
    attribute. `n` counts the units the metric is about (customers, series; for a true-positive rate the
    positives). A figure that could not be computed is None. `needs` is how many more units would be enough to judge;
    `finds_below` and `finds_above` are the mildest ratios that would have been flagged in 4 of 5 such samples; `p` is
    the p-value of equality.
    """

    attribute: str
    group: str
    metric: str
    n: int
    value: float | None
    rest: float | None
    ratio: float | None
    low: float | None
    high: float | None
    verdict: Verdict
    needs: int | None = None
    finds_below: float | None = None
    finds_above: float | None = None
    p: float | None = None

    @property
    def flag(self) -> Flag:
        """Its attribute, group and metric."""
        return self.attribute, self.group, self.metric

    @property
    def four_fifths(self) -> bool | None:
        """Whether the ratio itself keeps the four-fifths rule; None where it is not to be judged by anything.

        The rule of the Uniform Guidelines (29 CFR 1607.4 D) asks for no certainty: it is shown beside the verdict.
        """
        if self.ratio is None or self.verdict not in JUDGED:
            return None
        return FOUR_FIFTHS[0] <= self.ratio <= FOUR_FIFTHS[1]

    def outside(self, low: float, high: float) -> bool:
        """Whether the whole interval lies beyond one of two limits."""
        return self.low is not None and self.high is not None and (self.high < low or self.low > high)

    def sentence(self) -> str:
        """The figure in words, as a gate, an alert or the audit log prints it."""
        head = f"{self.metric} of {self.attribute} = {self.group}"
        if self.ratio is None or self.low is None or self.high is None:
            return f"{head}: {self._judged()} (n = {self.n})"
        span = f"{self.ratio:.2f} times the rest [{self.low:.2f}, {self.high:.2f}]"
        return f"{head}: {span}, n = {self.n}, {self._judged()}"

    def _judged(self) -> str:
        return f"{self.verdict}, needs {self.needs:,} more" if self.needs else self.verdict

    def as_dict(self) -> dict[str, Any]:
        """For JSON, without what was not said: a result of an earlier release keeps its hash."""
        return {name: value for name, value in asdict(self).items() if name not in _SINCE or value is not None}


@dataclass(frozen=True)
class TradeOff:
    """What choosing more evenly would cost: `strength` 0 is one threshold for all, 1 the same share of every group.

    `farthest` is the ratio of the group farthest from the rest, or its inverse, at least 1; precision (with its 95%
    interval) and recall are those of all who are chosen, of customers with the attribute.
    """

    attribute: str
    strength: float
    farthest: float | None
    precision: float | None
    low: float | None
    high: float | None
    recall: float | None


@dataclass(frozen=True)
class FairnessResult:
    """Every figure of one measurement of one model on the window `[as_of, until)`.

    Where there is nothing to judge by, the note says why; figures that are only shown may be there all the same.
    """

    kind: str
    as_of: date
    until: date
    figures: tuple[GroupFigure, ...]
    note: Message | None = None
    trade_offs: tuple[TradeOff, ...] = ()

    @property
    def flagged(self) -> tuple[GroupFigure, ...]:
        """The figures with a disparity that is both large and certain."""
        return tuple(figure for figure in self.figures if figure.verdict == "flagged")

    @property
    def flags(self) -> frozenset[Flag]:
        """What is flagged, by name."""
        return frozenset(figure.flag for figure in self.flagged)

    def unknown_apart(self, low: float, high: float) -> tuple[GroupFigure, ...]:
        """What is judged of groups, of customers without their attribute: where it surely lies beyond the limits."""
        judged = {(figure.attribute, figure.metric) for figure in self.figures if figure.verdict in JUDGED}
        unknown = (f for f in self.figures if f.group == UNKNOWN and (f.attribute, f.metric) in judged)
        return tuple(figure for figure in unknown if figure.outside(low, high))

    @property
    def state(self) -> State:
        """What the gate acts on: `blocked` by any flagged figure, `not measured` with nothing to judge by."""
        if self.flagged:
            return "blocked"
        return "ok" if self.figures and self.note is None else "not measured"

    @property
    def evidence(self) -> str:
        """The hash of the measurement: an approval lifts the block it was given for, not a later one."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]

    def to_json(self) -> str:
        """The artifact's text; `from_json` reads it back unchanged."""
        content = asdict(self) | {
            "figures": [figure.as_dict() for figure in self.figures],
            "as_of": self.as_of.isoformat(),
            "until": self.until.isoformat(),
        }
        content["note"] = self.note.as_dict() if self.note else ""
        if not self.trade_offs:  # as an earlier release wrote it, so that its hash stays
            del content["trade_offs"]
        return json.dumps(content | {"state": self.state}, indent=1, allow_nan=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> FairnessResult:
        """Read an artifact. Raises DataError where it is not what `to_json` writes."""
        try:
            return cls._parse(json.loads(text))
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(
                f"the stored fairness result cannot be read ({type(error).__name__}: {error})",
                where=ARTIFACT,
                todo="measure again: regulars monitor",
            ) from error

    @classmethod
    def _parse(cls, content: dict[str, Any]) -> FairnessResult:
        figures = tuple(GroupFigure(**figure) for figure in content["figures"])
        unknown = {figure.verdict for figure in figures} - set(get_args(Verdict))
        if unknown:
            raise ValueError(f"unknown verdict {sorted(unknown)[0]!r}")
        days = (date.fromisoformat(content["as_of"]), date.fromisoformat(content["until"]))
        steps = tuple(TradeOff(**step) for step in content.get("trade_offs", ()))
        return cls(content["kind"], *days, figures, _note(content.get("note", "")), steps)


def _note(kept: str | dict[str, Any]) -> Message | None:
    """A note as `to_json` writes it; an earlier release kept words."""
    if isinstance(kept, str):
        return Message.plain(kept) if kept else None
    return Message.of(kept)
