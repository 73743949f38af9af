"""Names of the product in words: metrics with what a good value is, attributes, groups, states.

A name that no table here has (a shop's own attribute, a group of its data) stays as it is, underscores aside.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from markupsafe import Markup

from monitoring.desk.languages import gettext
from monitoring.desk.languages import marked as _m

METRICS: Final[Mapping[str, str]] = {
    "roc_auc": _m("ROC-AUC: how well leavers are ranked (0.5 chance, 1 perfect)"),
    "pr_auc": _m("PR-AUC: how many of those ranked first leave (the share of leavers is chance, 1 perfect)"),
    "brier": _m("Brier score: squared error of the probabilities (0 perfect; lower is better)"),
    "ece": _m("Calibration error: how far probabilities are off (0 perfect; below 0.05 is good)"),
    "log_loss": _m("Log loss: surprise at what came (0 perfect; lower is better)"),
    "lift@10%": _m("Lift: leavers among the tenth ranked first, times those of chance (1 chance)"),
    "candidate_recall": _m("Candidate recall: share of what was bought that was among the candidates"),
    "candidate_recall_new": _m("Candidate recall, never bought before"),
    "coverage": _m("Coverage: share that is reached at all"),
    "diversity": _m("Diversity: how different the products of a list are (1 all different)"),
    "novelty": _m("Novelty: how rarely bought what is shown is (higher is rarer)"),
    "hit_rate@10": _m("Hit rate: share of lists of ten of which something was bought"),
    "hit_rate@10_new": _m("Hit rate, never bought before"),
    "map@10": _m("MAP: how early in the list what was bought stands (1 perfect)"),
    "map@10_new": _m("MAP, never bought before"),
    "ndcg@10": _m("NDCG: how good a list of ten is beside one that knows what comes (1 perfect)"),
    "ndcg@10_again": _m("NDCG, bought before"),
    "ndcg@10_new": _m("NDCG, never bought before"),
    "recall@10": _m("Recall: share of what was bought that stood in the list of ten"),
    "recall@10_new": _m("Recall, never bought before"),
    "MASE": _m("MASE: error beside repeating the last season (below 1 is better than that)"),
    "RMSSE": _m("RMSSE: squared error beside repeating the last sales (below 1 is better than that)"),
    "WRMSSE": _m("WRMSSE: squared error beside repeating the last sales, weighted by revenue (below 1 is better)"),
    "WSPL": _m("WSPL: error of the quantiles, weighted by revenue (lower is better)"),
    "wMAPE": _m("wMAPE: units off, as a share of the units sold (0 perfect)"),
    "bias": _m("Bias: forecast less sold, as a share of sold (0 neither too much nor too little)"),
    "coverage 90%": _m("Coverage: share of days within the 90% interval (0.9 is right)"),
    "concordance": _m("Concordance: share of pairs of customers in the right order (0.5 chance, 1 perfect)"),
    "deviance": _m("Deviance: how far expected spending is off (0 perfect; lower is better)"),
    "mae": _m("Mean absolute error, in money (0 perfect)"),
    "rank_correlation": _m("Rank correlation of expected and spent (0 chance, 1 perfect)"),
    "total_ratio": _m("Expected over spent, all customers together (1 is right)"),
    "next_coverage": _m("Coverage of the interval of the next purchase"),
    "visits_coverage": _m("Coverage of the interval of visits"),
    "visits_mae": _m("Mean absolute error, in visits (0 perfect)"),
    "visits_rank_correlation": _m("Rank correlation of expected and real visits (0 chance, 1 perfect)"),
    "visits_total_ratio": _m("Expected over real visits, all customers together (1 is right)"),
    "share of drifted columns": _m("Share of columns that moved (0 is calm)"),
}
"""What a metric says, and what a good value is."""

WORDS: Final[Mapping[str, str]] = {
    name: name
    for name in (
        # models and their states
        _m("churn"), _m("recommendation"), _m("demand"), _m("value"), _m("uplift"),
        _m("champion"), _m("challenger"), _m("canary"), _m("shadow"), _m("baseline"), _m("approved"), _m("refused"),
        _m("ok"), _m("blocked"), _m("not measured"), _m("flagged"), _m("not certain yet"), _m("too few to judge"),
        _m("not judged"), _m("customers"), _m("lists"), _m("series"), _m("answers"),
        _m("mild"), _m("moderate"), _m("severe"), _m("info"), _m("feature"), _m("prediction"),
        _m("approve"), _m("refuse"), _m("promote"), _m("train"), _m("ingest"), _m("retire"), _m("rollback"),
        # families of alerts
        _m("drift"), _m("performance"), _m("business"), _m("data"),
        # gates
        _m("quality"), _m("fairness"), _m("signature"), _m("golden inputs"), _m("review"), _m("seal"),
        # figures of the shop
        _m("revenue"), _m("orders"), _m("active customers"), _m("repeat rate"), _m("the shop"),
        # figures of groups
        _m("selection rate"), _m("true positive rate"), _m("false positive rate"), _m("left over expected"),
        _m("price level"), _m("variety"), _m("exposure"), _m("exposure per purchase"), _m("places filled"),
        _m("places with something new"), _m("places with something promoted"), _m("expected over spent"),
        # attributes
        _m("age_band"), _m("home_ownership"), _m("household_comp"), _m("household_size"), _m("income_band"),
        _m("kids_count"), _m("marital_status"), _m("gender"), _m("region"), _m("store"), _m("stage"), _m("group"),
        _m("customer value"), _m("product brand"), _m("product newness"), _m("unknown"),
        # groups and stages of customers, and what became of them
        _m("champions"), _m("loyal"), _m("potential loyal"), _m("new"), _m("needs attention"), _m("at risk"),
        _m("cannot lose"), _m("lost"), _m("growing"), _m("mature"), _m("established"), _m("high value"),
        _m("first purchase"), _m("not profiled"),
        # quality of data
        _m("completeness"), _m("validity"), _m("consistency"), _m("timeliness"),
    )
}  # fmt: skip
"""Words of the product's own lists."""

ENGLISH: Final[Mapping[str, str]] = {
    "age_band": _m("age"),
    "home_ownership": _m("home"),
    "household_comp": _m("who lives in the household"),
    "household_size": _m("people in the household"),
    "income_band": _m("income"),
    "kids_count": _m("children in the household"),
    "marital_status": _m("marital status"),
}
"""Codes that are no English words yet."""


def term(name: object) -> str:
    """A name in the reader's words; «NDCG@10, explore» by its parts."""
    text = str(name)
    if text in WORDS:
        return gettext(ENGLISH.get(text, text))
    if text.endswith(", explore"):
        return gettext("%s, explore") % term(text.removesuffix(", explore"))
    if " x " in text:
        return " x ".join(term(part) for part in text.split(" x "))
    return text.replace("_", " ")


def capital(name: object) -> str:
    """The name as a heading."""
    text = term(name)
    return text[:1].upper() + text[1:]


def metric(name: object) -> Markup:
    """A metric in words with its code beside; a code that has no words is shown alone."""
    code = str(name)
    words = METRICS.get(code)
    if words is None:
        for start, said in (
            ("precision@", _m("Precision: share of %s that left")),
            ("recall@", _m("Recall: share of leavers in %s")),
        ):
            if code.startswith(start):
                return Markup("{} <code>{}</code>").format(gettext(said) % code.removeprefix(start), code)
        return Markup("{}").format(term(code))
    return Markup("{} <code>{}</code>").format(gettext(words), code)
