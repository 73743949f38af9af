"""POST /v1/churn: who is about to leave."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from core.keys import Key
from core.prediction_log import Result
from core.settings import Cause, Churn
from feature_repo import updates
from models.churn import KIND
from models.churn.explanation import Explanation, explanations
from models.churn.main_cause import causes_of
from models.churn.saving import saving
from models.churn.scorer import Scorer
from models.churn.tiers import tier_of, win_back
from serving.answers import ChurnAnswer
from serving.bodies import ChurnBody
from serving.champions import Champion, Lineup
from serving.endpoint import Endpoint, LaneName, calculating
from serving.online_features import Found
from serving.prediction import answer, lineup, or_champion, refuse_too_many
from serving.problems import InvalidBody
from serving.runtime import Runtime

REASONS: Final = 5
MIDDLE: Final = 50
FEW: Final = 1
SHORT: Final = 5
"""So many are scored and explained within a few milliseconds."""
MANY: Final = 100
"""Of so many customers whose scores are kept the answer takes some two milliseconds."""


def churn(runtime: Runtime, body: ChurnBody, _key: Key) -> dict[str, Any]:
    """One result per id: the model's score; the population's rate for the unknown; none without consent.

    An id that was found to be another customer's gets that customer's answer, and is logged as that customer.
    """
    refuse_too_many(runtime, "customer_ids", body.customer_ids)
    _refuse_many_explained(runtime, body)
    team = lineup(runtime, KIND)
    choices, settings = runtime.choices.now, runtime.workspace.settings.churn
    persons = runtime.persons.now.persons(body.customer_ids)
    refused, unwritten = (choices.refused(persons.values(), purpose) for purpose in ("profiling", "marketing"))
    allowed = [customer for customer in dict.fromkeys(persons.values()) if customer not in refused]
    scored = {customer: _line(None, None, None, "no_consent") for customer in refused}
    answered: dict[str, Champion[Scorer]] = {}
    read = runtime.features.read(KIND.service, "customer_id", allowed)
    parts = team.parts(allowed)
    for part, customers in parts:
        found = read if len(parts) == 1 else read.of(customers)
        tell = partial(_lines, runtime, customers, found, body.explain)
        who, lines = or_champion(runtime, team, part, tell, asked="churn", subjects=customers)
        scored |= lines
        answered |= dict.fromkeys(customers, who)
        _score_shadows(runtime, team, found)
    results, logged, by_line, row, to_do = [], [], [], read.row, _WinBacks(settings)
    for asked in body.customer_ids:
        customer = persons[asked]
        line = scored[customer]
        if line["customer_id"] is not None:  # of somebody who was asked for before
            line = dict(line)
        line["customer_id"] = asked
        line.update(to_do.of(line["risk_tier"], line["main_cause"], customer not in unwritten))
        results.append(line)
        logged.append(Result(customer, line["churn_probability"], None, line["fallback"], None, row.get(customer)))
        by_line.append(answered.get(customer, team.champion))
    return answer(
        runtime,
        team.champion,
        "churn",
        results,
        logged=logged,
        request={"explain": body.explain},
        by_line=by_line,
        features=read.columns if read.known else None,
    )


def _lines(
    runtime: Runtime, customers: Sequence[str], found: Found, explain: bool, who: Champion[Scorer]
) -> dict[str, dict[str, Any]]:
    """What a version says of each customer."""
    lines = _scored(runtime, who, found, explain)
    if len(lines) == len(customers):
        return lines
    missing = "population" if found.is_read else "no_features"
    nobody = _of_population(runtime.workspace.settings.churn, who.model, missing)
    return {customer: lines.get(customer) or dict(nobody) for customer in customers}


def _score_shadows(runtime: Runtime, team: Lineup[Scorer], found: Found) -> None:
    """Of whom something is known."""
    for who in team.shadows if found.known else ():
        runtime.score_shadow(who, "churn", {}, lambda who=who: _shadow_lines(who.model, found))  # type: ignore[misc]


def _shadow_lines(scorer: Scorer, found: Found) -> list[Result]:
    told = zip(found.known, scorer.score(found.columns).probability, updates.without_snapshot(found.columns),
               strict=True)  # fmt: skip
    return [Result(customer, float(probability)) for customer, probability, new in told if not new]


def _refuse_many_explained(runtime: Runtime, body: ChurnBody) -> None:
    """Reasons cost some twenty times what the probability does."""
    most, asked = runtime.workspace.settings.serving.max_explained, len(body.customer_ids)
    if body.explain and asked > most:
        allowed = f"true for at most {most:,} customers (serving.max_explained)"
        raise InvalidBody.field("explain", f"{asked:,} customers can't be explained at once", allowed)


def _scored(runtime: Runtime, serving: Champion[Scorer], found: Found, explain: bool) -> dict[str, dict[str, Any]]:
    """The line of each customer the feature store knows; who is known by purchases since the snapshot only is new."""
    if not found.known:
        return {}
    scorer, settings, contacts = serving.model, runtime.workspace.settings.churn, runtime.workspace.settings.contacts
    scores = runtime.told.scores(serving, found.known, found.columns)
    worths = runtime.told.worths(runtime.value_model, found.known, found.columns, contacts.worth_days)
    why: Sequence[_Why] = [_UNASKED] * len(scores)
    if explain or settings.action_by == "cause":
        why = _explained(scorer, found, explain)
    lines = {}
    for customer, score, worth, told in zip(found.known, scores, worths, why, strict=True):
        if score.is_new:
            lines[customer] = _of_population(settings, scorer, "new_customer")
            continue
        away = score.days_away is None or score.days_away > settings.active_days
        fallback = serving.fallback or ("inactive" if away else None)
        tier, saved = tier_of(score.risk_score, settings), saving(score.probability, worth, contacts)
        lines[customer] = _line(score.probability, score.risk_score, tier, fallback, why=told, saved=saved)
    return lines


class _Why(NamedTuple):
    """Why a customer is likely to leave, as far as that was asked."""

    explanation: Explanation | None = None
    cause: Cause | None = None


_UNASKED: Final = _Why()


def _explained(scorer: Scorer, found: Found, explain: bool) -> list[_Why]:
    inputs = scorer.about.inputs
    effects = scorer.contributions(inputs.matrix(found.columns))
    causes = causes_of(inputs, effects)
    if not explain:
        return [_Why(cause=cause) for cause in causes]
    return list(map(_Why, explanations(inputs, found.columns, scorer.base, effects, REASONS), causes))


def _of_population(settings: Churn, scorer: Scorer, fallback: str) -> dict[str, Any]:
    """The rate of the whole population says nothing about the order within it: the middle of the ranks."""
    return _line(scorer.population_rate, MIDDLE, tier_of(MIDDLE, settings), fallback)


def _line(
    probability: float | None,
    risk_score: int | None,
    tier: int | None,
    fallback: str | None,
    *,
    why: _Why = _UNASKED,
    saved: float | None = None,
) -> dict[str, Any]:
    """A line; whose it is, what is to be done and who answers come in the end. The encoder writes dataclasses as they
    are.

    `saved` is what a contact is expected to save, as `regulars churn-list` says it where no effect was measured;
    nothing is known of what a new customer is worth.
    """
    told = why.explanation
    return {
        "customer_id": None,
        "churn_probability": probability,
        "risk_score": risk_score,
        "risk_tier": tier,
        "main_cause": why.cause,
        "base": told.base if told else None,
        "causes": told.causes if told else (),
        "reasons": told.reasons if told else (),
        "fallback": fallback,
        "expected_value_saved": saved,
        "action": None,
        "action_by_cause": None,
        "action_reason": None,
        "version": None,
        "variant": None,
    }


class _WinBacks:
    """What is said of actions, told once for all of an answer of whom the same is to be said."""

    def __init__(self, settings: Churn) -> None:
        self._settings = settings
        self._told: dict[tuple[int | None, Cause | None, bool], dict[str, str | None]] = {}

    def of(self, tier: int | None, cause: Cause | None, may_contact: bool) -> dict[str, str | None]:
        """By tier, main cause, and whether marketing is allowed."""
        asked = tier, cause, may_contact
        found = self._told.get(asked)
        if found is None:
            found = self._told[asked] = self._tell(*asked)
        return found

    def _tell(self, tier: int | None, cause: Cause | None, may_contact: bool) -> dict[str, str | None]:
        """Without a tier there is nothing to say of an action, without a cause nothing of one that goes by it."""
        if tier is None:
            return {"action": None, "action_by_cause": None, "action_reason": None}
        settings = self._settings
        found = win_back(tier, may_contact, settings, cause if settings.action_by == "cause" else None)
        by_cause = win_back(tier, may_contact, settings, cause).action if cause else None
        return {"action": found.action, "action_by_cause": by_cause, "action_reason": found.reason}


def _lane(runtime: Runtime, size: int, body: ChurnBody | None) -> LaneName:
    """At once: one customer, or some whose scores are kept, of a store that no network can keep waiting, and answers.

    In threads they would spend as much time again on waiting for each other.
    """
    if body is None or body.explain or not _is_quick(runtime, body.customer_ids):
        return calculating(runtime, size, body is not None and len(body.customer_ids) <= SHORT)
    return "loop" if runtime.features.is_local and runtime.features.answers else "small"


def _is_quick(runtime: Runtime, customers: Sequence[str]) -> bool:
    if len(customers) <= FEW:
        return True
    who = runtime.champions.get(KIND)
    return who is not None and len(customers) <= MANY and runtime.told.is_kept(who, customers)


ENDPOINT = Endpoint(
    "POST",
    "/v1/churn",
    "predict",
    churn,
    ChurnAnswer,
    "How likely customers are to buy nothing within the horizon",
    ChurnBody,
    {"customer_ids": ["2375", "1364"], "explain": True},
    lane=_lane,
)
