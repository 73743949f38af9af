"""What is told of customers again and again until their features change: who leaves, and what they are worth.

Of a filling's customers it is told ahead, behind the requests, as far as it is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary

from feature_repo import updates
from feature_repo.families import recency
from feature_repo.packed.feature_rows import FeatureRows
from models.churn.inputs import Columns
from models.churn.scorer import Scorer
from models.value.model import ValueModel
from models.value.worth import worth
from serving.champions import Champion
from serving.online_features import Found
from serving.row_memory import RowMemory

RECENCY: Final = recency.DAYS_SINCE_LAST_VISIT.name


class Score(NamedTuple):
    """What a version says of a customer, and what else of the customer's row says how it is to be taken."""

    probability: float
    risk_score: int
    days_away: float | None
    """Since the last visit."""
    is_new: bool
    """Known by purchases since the snapshot only."""


class ToldAhead:
    """Scores of churn by each version that answers, and worths by the model of value. Safe in several threads.

    `most`: how many customers are kept of each; 0: none, each is told anew.
    """

    def __init__(self, most: int = 50_000) -> None:
        self._most = most
        self._scores: WeakKeyDictionary[Champion[Scorer], RowMemory[Score]] = WeakKeyDictionary()
        self._worths_of: tuple[ValueModel | None, int] = (None, 0)
        self._worths: RowMemory[float] = RowMemory(most)
        self._done: tuple[object, ...] = ()

    def scores(
        self, who: Champion[Scorer], customers: Sequence[str], columns: Mapping[str, Sequence[Any]]
    ) -> list[Score]:
        """What a version says of each customer, whose rows the columns hold in this order."""
        if not isinstance(columns, FeatureRows):
            return _scores(who.model, columns)
        memory = self._scores.get(who)
        if memory is None:
            memory = self._scores.setdefault(who, RowMemory(self._most))
        return memory.tell(customers, columns, lambda rows: _scores(who.model, rows))

    def is_kept(self, who: Champion[Scorer], customers: Collection[str]) -> bool:
        """Whether a version has told of all of them; of whom the row has changed since, it tells anew."""
        memory = self._scores.get(who)
        return memory is not None and memory.has(customers)

    def worths(
        self, model: ValueModel | None, customers: Sequence[str], columns: Columns, days: int
    ) -> Sequence[float]:
        """Spend over so many days of each customer, likewise."""
        if not isinstance(columns, FeatureRows):
            return _worths(model, columns, days)
        if self._worths_of[0] is not model or self._worths_of[1] != days:
            self._worths, self._worths_of = RowMemory(self._most), (model, days)
        return self._worths.tell(customers, columns, lambda rows: _worths(model, rows, days))

    def tell(
        self,
        filling: int,
        versions: Iterable[Champion[Scorer]],
        model: ValueModel | None,
        days: int,
        read: Callable[[], Iterator[Found]],
    ) -> None:
        """Tell of the customers that `read` gives, once for each filling and what answers."""
        answering = tuple(versions)
        asked = (filling, answering, model, days)
        if self._done == asked or not self._most:
            return
        for found in read():
            for who in answering:
                self.scores(who, found.known, found.columns)
            self.worths(model, found.known, found.columns, days)
            if self._worths.is_full:
                break
        self._done = asked


def _scores(scorer: Scorer, columns: Mapping[str, Sequence[Any]]) -> list[Score]:
    told = scorer.score(columns)
    new = updates.without_snapshot(columns)
    return list(map(Score, told.probability, told.risk_score, columns[RECENCY], new))


def _worths(model: ValueModel | None, columns: Columns, days: int) -> Sequence[float]:
    return worth(model, columns, days).tolist()  # type: ignore[no-any-return]
