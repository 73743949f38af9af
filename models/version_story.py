"""What a version is, in a few lines of Markdown, for the registry's own pages: they alone tell the story."""

from __future__ import annotations

import math

from models.intervals import Interval
from models.version import Version

KINDS = {
    "churn": "Customers by how likely they are to buy nothing in the coming days, to choose whom to win back.",
    "demand": "Units of each series on each of the coming days, with quantiles, to order by.",
    "recommendation": "The products a customer will buy next, known or new to them.",
    "value": "What customers will spend in the coming year, and how often they will come.",
    "uplift": "Whom to contact with which offer, by what contacting them changes.",
}
_MOST_METRICS = 8
_FACTS = ("as_of", "rows", "data_digest", "code_version", "seed", "trials", "trained_by")


def of_kind(kind: str, question: str) -> str:
    """The description of a registered model."""
    use = f"\n\n{KINDS[kind]}" if kind in KINDS else ""
    return (
        f"**{question}**{use}\n\n"
        "Aliases: `champion` serves, `challenger` is the latest candidate, `canary` answers a share, `baseline`: its "
        "best baseline answers while there is no champion. A saved model is data (UBJ, JSON, Parquet), never a pickle, "
        "and holds no row of a customer. Decisions are taken with `regulars promote`, `approve`, `refuse`, `rollback`, "
        "`retire` or on the review desk, and stand in the audit log: an alias that was moved here by hand passes no "
        "gate."
    )


def of_version(version: Version) -> str:
    """The description of a version: what it is of, how good beside the best baseline, the gates, its limits."""
    return "\n\n".join([_head(version), _figures(version), _gates(version), _limits(version)])


def _head(version: Version) -> str:
    told = {name: version.tags.get(name, "not told") for name in _FACTS}
    return (
        "**{kind}, trained as of {as_of}** on {rows} rows (data `{data_digest}`, code `{code_version}`, seed {seed}, "
        "trials {trials}, by {trained_by})."
    ).format(kind=version.kind, **told)


def _figures(version: Version) -> str:
    best, metrics = version.best_baseline, version.metrics
    theirs = version.baselines.get(best, {})
    names = [version.primary, *(name for name in metrics if name != version.primary)][:_MOST_METRICS]
    rows = [f"| {name} | {_told(metrics.get(name))} | {_told(theirs.get(name))} |" for name in names]
    paired = version.paired.get(best)
    better = "higher" if version.higher_is_better else "lower"
    return "\n".join(
        [
            f"Evaluated on the window {version.evaluated_from} to {version.as_of}, "
            f"{version.tags.get('units', 'some')} units, 95% intervals; "
            f"compared by **{version.primary}** ({better} is better):",
            "",
            f"| metric | model | best baseline: {best} |",
            "|---|---|---|",
            *rows,
            "",
            f"Model minus {best} on {version.primary}, paired: **{_told(paired)}**.",
        ]
    )


def _gates(version: Version) -> str:
    lines = [f"- {'passed' if gate.passed else '**refused**'}: {gate.name} ({gate.text})" for gate in version.gates]
    review = version.review
    if review is not None:
        lines.append(f"- **{review.verdict}** by {review.who}, {review.at[:16]}: {review.reason}")
    fairness = version.tags.get("fairness")
    lines.append(f"- fairness: {fairness}" if fairness else "- fairness: not measured yet")
    return "Gates and decisions:\n\n" + "\n".join(lines)


def _limits(version: Version) -> str:
    return (
        f"Limits: it knows the shop up to {version.as_of} and was judged on one window; it was made for this "
        "shop's customers and products. More: `card.md`, `record.json`, plots and slices of the run; looks of "
        "monitoring are metrics `monitoring.*` of the run, by date; decisions are its tags `decision ...`."
    )


def _told(interval: Interval | None) -> str:
    if interval is None or not math.isfinite(interval.value):
        return "-"
    if not math.isfinite(interval.low):
        return f"{interval.value:.4g}"
    return f"{interval.value:.4g} [{interval.low:.4g}, {interval.high:.4g}]"
