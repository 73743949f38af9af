"""`train`: the whole way from the feature store to a registered version.

With H the horizon and D the as-of date, the origins are H days apart: tuning fits on labels that end by D - 2H and
scores on the window from D - 2H; the evaluation model is fitted on labels that end by E = D - H and scored on
[E, D); the served model is fitted on labels that end by D.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from core.errors import DataError
from core.progress import current
from core.workspace import Workspace
from feature_repo import catalog, facts, snapshots
from models.intervals import Interval
from models.kinds import Budget
from models.recommendation import baselines, customer_bounds, evaluation, item_statistics
from models.recommendation.candidates import CandidateLimits
from models.recommendation.dataset import SERVICE, is_sparse
from models.recommendation.evaluation import Account
from models.recommendation.inputs import PAIR_FEATURES
from models.recommendation.kind import KIND
from models.recommendation.model import Recommender
from models.recommendation.rankers import MODES, Mode, TwoStage
from models.recommendation.recipe import Recipe
from training import splits
from training.holdout_evaluation import differences, evaluate
from training.outcome import FeatureNote, Outcome
from training.recommendation import (
    by_experience,
    diversity_choice,
    fitting,
    new_products,
    plots,
    source_worth,
    tuning,
    variety_curve,
)
from training.recommendation.diversity_choice import DiversityChoice
from training.recommendation.examples import (
    NEW_SHARE,
    OWNED_EXAMPLES,
    Examples,
    KeptShares,
    TrainingOrigin,
    affinities_of,
    examples,
    joined,
    origin,
    training_shares,
)
from training.recommendation.honest_report import HonestReport
from training.recommendation.source_worth import SourceWorth
from training.study import Tuned

ORIGINS = 3
"""Origins that one fit sees, the newest: on past windows of two shops two cost and four gain nothing."""
POPULARITY = "popularity"
LEAST_DAYS = 28
"""Days of facts that the oldest origin needs."""


@dataclass
class TrainingOrigins:
    """The origins of one training, with what was computed of each."""

    workspace: Workspace
    limits: CandidateLimits = field(default_factory=CandidateLimits)
    known: dict[date, TrainingOrigin] = field(default_factory=dict)
    sampled: dict[date, Examples] = field(default_factory=dict)

    def at(self, day: date) -> TrainingOrigin:
        """The origin of a date, computed once."""
        if day not in self.known:
            self.known[day] = origin(self.workspace, day)
        return self.known[day]

    def turn_off(self, sources: Sequence[str]) -> None:
        """Do without some sources of candidates from now on."""
        self.limits = source_worth.without(self.limits, sources)
        self.sampled = {day: source_worth.kept(each, sources) for day, each in self.sampled.items()}

    def training(self, days: list[date]) -> Examples:
        """The training examples of several origins, computed once each."""
        for day in days:
            if day not in self.sampled:
                at = self.at(day)
                shares = training_shares(at, self.limits)
                self.sampled[day] = examples(at, self.limits, shares, self.workspace.settings.seed)
        return joined([self.sampled[day] for day in days])


@dataclass(frozen=True)
class Chosen:
    """What the tuning chose: of each mode the recipe, and how varied its lists are; what each source is worth."""

    tuned: Tuned
    recipes: dict[Mode, Recipe]
    worths: Sequence[SourceWorth]
    variety: dict[Mode, DiversityChoice]

    @property
    def diversity(self) -> dict[Mode, float]:
        """Of each mode."""
        return {mode: choice.chosen for mode, choice in self.variety.items()}


def fit(workspace: Workspace, as_of: date, directory: Path, budget: Budget) -> Outcome:
    """Tune, evaluate beside the baselines, refit as of a date (see `training.kinds.Trainer`).

    Raises:
        DataError: too little history before `as_of`.
        NotReady: nothing has been ingested, or the time ran out before one trial was complete.
    """
    horizon = workspace.settings.recommendation.horizon_days
    least = LEAST_DAYS + 4 * horizon
    splits.require_history(workspace.tables.first_day(), as_of, least, "train the recommendation model")
    evaluated_from = splits.evaluated_from(as_of, horizon)
    origins = TrainingOrigins(workspace)
    _build_features(workspace, [evaluated_from, as_of])
    chosen = _tune(origins, evaluated_from, budget)
    origins.turn_off(source_worth.turned_off(chosen.worths))
    return _outcome(origins, as_of, evaluated_from, chosen=chosen, directory=directory)


def _tune(origins: TrainingOrigins, evaluated_from: date, budget: Budget) -> Chosen:
    """On the window that ends where the evaluation begins."""
    workspace = origins.workspace
    horizon = workspace.settings.recommendation.horizon_days
    validated = splits.evaluated_from(evaluated_from, horizon)
    days = _origins(workspace, validated)
    train_on = origins.training(days)
    judged = examples(origins.at(validated).judged, origins.limits, KeptShares(), workspace.settings.seed)
    _require_purchases(train_on, judged, validated)
    depends_on: dict[str, Any] = {
        "data": workspace.tables.digest(evaluated_from),
        "train": [day.isoformat() for day in days],
        "validate": validated.isoformat(),
        "examples": {"owned": OWNED_EXAMPLES, "new share": NEW_SHARE},
        "limits": vars(origins.limits),
        "features": [feature.name for feature in PAIR_FEATURES],
        "settings": workspace.settings.recommendation.model_dump(include={"horizon_days", "min_purchases"}),
    }
    if len(origins.at(validated).judged.dataset.not_drawn):
        depends_on["customers"] = [customer_bounds.LEARNT, customer_bounds.JUDGED]
    found = tuning.tune(
        workspace,
        f"recommendation-{evaluated_from}",
        train_on,
        judged,
        budget,
        affinities=affinities_of(judged, origins.at(validated).judged, origins.at(validated).affinity),
        depends_on=depends_on,
    )
    current().step("recommendation: how much variety costs nothing")
    at = origins.at(validated).judged
    choices = {mode: diversity_choice.choose(at, judged.of_mode(mode), found.scores[mode], mode) for mode in MODES}
    return Chosen(found.tuned, found.recipes, found.worths, choices)


def _require_purchases(train_on: Examples, judged: Examples, validated: date) -> None:
    """Refuse where a mode has nothing to be learned from, or nothing to be judged by.

    Raises:
        DataError: nobody bought what the mode recommends.
    """
    what: dict[Mode, str] = {"all": "any product that can be recommended", "new": "a product for the first time"}
    for mode in MODES:
        for when, given in (("before", train_on), ("from", judged)):
            if not given.of_mode(mode).bought.any():
                raise DataError(
                    f"nothing to learn recommendations from: in the window {when} {validated} no known customer"
                    f" bought {what[mode]}",
                    why=f"mode {mode} learns from such purchases, and is judged by them",
                    todo="train as of another date (--as-of); where customers only ever buy the same again (a"
                    " subscription), there is nothing to recommend",
                )


def _build_features(workspace: Workspace, ends: list[date]) -> None:
    """All snapshots of the training at once: the tables are read once. Of customers who are few beside all, none."""
    first = splits.evaluated_from(ends[0], workspace.settings.recommendation.horizon_days)
    days = sorted({day for end in (first, *ends) for day in (end, *_origins(workspace, end))})
    sparse = is_sparse(workspace, days[-1], customer_bounds.FITTED)
    for view in catalog.service(SERVICE):
        if not sparse or view.entity is not catalog.CUSTOMER:
            snapshots.ensure(workspace, view.name, days)


def _origins(workspace: Workspace, labels_until: date) -> list[date]:
    """The newest origins whose labels are known, oldest first."""
    horizon = workspace.settings.recommendation.horizon_days
    first = workspace.tables.first_day() + timedelta(days=LEAST_DAYS)
    return splits.origins(first, labels_until, horizon, horizon)[-ORIGINS:]


def _fit_recommender(
    origins: TrainingOrigins, labels_until: date, chosen: Chosen, *, bundles: bool
) -> tuple[Recommender, int]:
    """A recommender of everything known at a date, with its bundles or without, and the number of its training rows."""
    workspace, threads = origins.workspace, origins.workspace.settings.threads
    source = origins.training(_origins(workspace, labels_until))
    modes = {}
    for mode in MODES:
        current().step(f"recommendation: fitting mode {mode} as of {labels_until}, {len(source):,} pairs")
        modes[mode] = fitting.fit(source, mode, chosen.recipes[mode], threads, workspace.settings.seed)
    at = origins.at(labels_until)
    affinity = at.affinity if any(each.affinity_share > 0 for each in chosen.recipes.values()) else None
    ranker = TwoStage(modes, {mode: each.as_dict() for mode, each in chosen.recipes.items()}, affinity)
    statistics = item_statistics.fit(workspace, at.dataset, at.neighbours, bundles=bundles)
    return Recommender(statistics, ranker, origins.limits, chosen.diversity), len(source)


def _outcome(
    origins: TrainingOrigins,
    as_of: date,
    evaluated_from: date,
    *,
    chosen: Chosen,
    directory: Path,
) -> Outcome:
    workspace, seed = origins.workspace, origins.workspace.settings.seed
    off = source_worth.turned_off(chosen.worths)
    evaluated, _ = _fit_recommender(origins, evaluated_from, chosen, bundles=False)
    models = {KIND.name: evaluated, **baselines.of(evaluated.item_statistics)}
    accounts = _evaluate(origins, evaluated_from, models)
    frames = {name: each.frame for name, each in accounts.items()}
    own = frames.pop(KIND.name)
    current().step("recommendation: confidence intervals")
    judged = evaluate(KIND, own, frames, seed)
    of_new = differences(KIND, own, frames, "ndcg@10_new", seed)
    told = _told(origins.at(evaluated_from).judged, models, accounts)
    current().step("recommendation: what variety costs")
    at = origins.at(evaluated_from).judged
    curve = variety_curve.curve(workspace, evaluated, at.dataset, at.relevant, seed)
    evaluated.save(directory / "evaluation")
    model, rows = _fit_recommender(origins, as_of, chosen, bundles=True)
    model.save(directory / "model")
    baselines.of(model.item_statistics)[judged.best_baseline].save(directory / "baseline")
    return Outcome(
        evaluated_from=evaluated_from,
        parameters={mode: each.as_dict() for mode, each in chosen.recipes.items()}
        | {"candidates": vars(origins.limits), "diversity": chosen.diversity},
        study=chosen.tuned.note(),
        evaluation=judged,
        features=tuple(FeatureNote(f.name, f.description, f.unit) for f in PAIR_FEATURES),
        rows=rows,
        units=len(own),
        plots={
            "against_baselines.png": plots.against_baselines(judged.metrics, judged.baselines),
            "importance.png": plots.importance(_two_stage(model)),
            "variety.png": variety_curve.figure(curve, chosen.diversity),
        },
        notes=(
            *_notes(workspace, evaluated_from, as_of),
            *_bounds_note(origins.at(as_of)),
            variety_curve.note(chosen.variety),
            *_sources_note(off),
            *behind_in_new(of_new),
        ),
        tables=(*told.tables(), source_worth.table(chosen.worths, off), *variety_curve.tables(curve)),
        extra={
            "paired ndcg@10_new": {name: each.as_dict() for name, each in of_new.items()},
            "for whom and what": told.as_dict(),
            "variety": variety_curve.as_dict(curve, chosen.variety),
            "sources": {"off": list(off), "worth": [vars(each) for each in chosen.worths]},
        },
        figures=told.figures(),
    )


def _evaluate(origins: TrainingOrigins, day: date, models: Mapping[str, Recommender]) -> dict[str, Account]:
    """How each did on the window from a day."""
    at = origins.at(day).judged
    return {name: evaluation.account(origins.workspace, each, at.dataset, at.relevant) for name, each in models.items()}


def _told(at: TrainingOrigin, models: Mapping[str, Recommender], accounts: Mapping[str, Account]) -> HonestReport:
    """Whom and what the lists serve well, beside what sells best."""
    own, popular = accounts[KIND.name], accounts[POPULARITY]
    known = by_experience.of_known(at.workspace, at.dataset, own.frame, popular.frame)
    day, horizon = at.dataset.as_of, at.workspace.settings.recommendation.horizon_days
    bought = facts.purchases(at.workspace, day, day + timedelta(days=horizon))
    strangers = by_experience.of_strangers(at, bought, models[KIND.name], models[POPULARITY])
    fair = new_products.fair_start(at, bought, own.lists, popular.lists)
    return HonestReport((strangers, *known), fair, own.sources)


def _two_stage(model: Recommender) -> TwoStage:
    assert isinstance(model.ranker, TwoStage)
    return model.ranker


def _sources_note(off: Sequence[str]) -> tuple[str, ...]:
    return (
        (f"Sources of candidates that did not pay on the tuning window, and are off: {', '.join(off)}.",) if off else ()
    )


def behind_in_new(differences: Mapping[str, Interval]) -> tuple[str, ...]:
    """Which baselines were surely better in mode `new`: the gate of quality judges mode `all`."""
    ahead = {name: each for name, each in differences.items() if each.wholly_worse(higher_is_better=True)}
    if not ahead:
        return ()
    told = "; ".join(f"{name} by {-each.value:.4f} [{-each.high:.4f}, {-each.low:.4f}]" for name, each in ahead.items())
    return (
        f"**In mode `new` simple ways were ahead** in NDCG@10 on the evaluation window: {told}. No gate refuses that:"
        " they judge mode `all`.",
    )


def _bounds_note(at: TrainingOrigin) -> tuple[str, ...]:
    """Where the shop has more customers than are looked at."""
    if at.judged.dataset.customers == len(at.judged.dataset.histories):
        return ()
    bounds = (customer_bounds.FITTED, customer_bounds.LEARNT, customer_bounds.JUDGED)
    fitted, learnt, judged = (f"{bound:,}" for bound in bounds)
    return (
        f"Of {at.dataset.customers:,} customers, drawn by chance at each date: at most {fitted} for what products speak"
        f" for each other, {learnt} to learn from, and {judged} to be judged by, fairness as well; bundles are looked"
        f" for in about {customer_bounds.BASKETS:,} orders where there are more.",
    )


def _notes(workspace: Workspace, evaluated_from: date, as_of: date) -> tuple[str, ...]:
    settings = workspace.settings.recommendation
    return (
        f"A recommendation is right if the customer buys it within {settings.horizon_days} days.",
        f"Products with fewer than {settings.min_purchases} purchases are never recommended.",
        f"Evaluated on the days from {evaluated_from} to {as_of - timedelta(days=1)}; tuned on the window before.",
        "Scores order one customer's list; they are no probabilities and can't be compared between customers.",
        "Guests, new customers and those without consent to personalisation get what sells best.",
    )
