"""Which member of the portfolio won, by how much, and how likely it is that the blend stays ahead of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from pandas import DataFrame
from scipy.special import expit

from models.churn.metrics import STATISTICS
from training.churn.chain import FACTORS, Foretold
from training.churn.losses import log_losses
from training.churn.stacking import Stack
from training.outcome import CardTable

RESAMPLES = 500


@dataclass(frozen=True)
class MemberStanding:
    """A member's weight, its mean metrics over the past windows that a blend was tried on, and the blend's lead.

    `lead` is how much lower the blend's log loss is (mean over the windows); `stays_ahead` is the share of resamples
    of customers in which it is. Missing where no window has one before it.
    """

    name: str
    weight: float
    roc_auc: float | None = None
    log_loss: float | None = None
    lead: float | None = None
    stays_ahead: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def of(told: Sequence[Foretold], stack: Stack, seed: int) -> tuple[MemberStanding, ...]:
    """Every member, the one with the least log loss first; `told` are windows with what the blend said of each."""
    weights = dict(zip(stack.names, stack.weights.tolist(), strict=True))
    if not told:
        return tuple(MemberStanding(name, weight) for name, weight in weights.items())
    found = [_standing(name, place, weights[name], told, seed) for place, name in enumerate(stack.names)]
    return tuple(sorted(found, key=lambda each: each.log_loss or 0))


def _standing(name: str, place: int, weight: float, told: Sequence[Foretold], seed: int) -> MemberStanding:
    frames = [
        DataFrame({"probability": expit(w.scored.margins[:, place]), "churned": w.scored.churned}) for w, _ in told
    ]
    auc, loss = (float(np.nanmean([STATISTICS[m](frame) for frame in frames])) for m in ("roc_auc", "log_loss"))
    leads = [
        log_losses(w.scored.margins[:, place], w.scored.churned) - log_losses(blended, w.scored.churned)
        for w, blended in told
    ]
    rng = np.random.default_rng(seed)
    drawn = [np.mean([rng.choice(lead, len(lead)).mean() for lead in leads]) for _ in range(RESAMPLES)]
    lead = float(np.mean([each.mean() for each in leads]))
    return MemberStanding(name, weight, auc, loss, lead, float(np.mean(np.array(drawn) > 0)))


def table(standings: Sequence[MemberStanding]) -> CardTable:
    """For the model card."""
    columns = ("member", "weight", "ROC-AUC", "log loss", "the blend's lead", "chance to stay ahead")
    return CardTable("Members of the blend, mean over this shop's past windows", columns, tuple(map(_cells, standings)))


def _cells(each: MemberStanding) -> tuple[str, ...]:
    figures = (each.roc_auc, each.log_loss, each.lead, each.stays_ahead)
    return each.name, f"{each.weight:.2f}", *("-" if value is None else f"{value:.4f}" for value in figures)


def notes(standings: Sequence[MemberStanding], stack: Stack) -> tuple[str, ...]:
    """In words, for the model card."""
    shares = ", ".join(f"{each.name} {each.weight:.2f}" for each in standings)
    first = standings[0]
    blend = f"Blend: log-odds = {stack.shift:+.2f} + the members' log-odds times {shares}."
    if first.lead is None or first.stays_ahead is None:
        return (blend, "The weights are the usual ones: no window of this shop's past has another before it.")
    won = (
        f"On this shop's own past windows the best member was {first.name} (log loss {first.log_loss:.4f}); the "
        f"blend's was {'lower' if first.lead >= 0 else 'higher'} by {abs(first.lead):.4f} and stays lower with a "
        f"probability of {first.stays_ahead:.2f}."
    )
    nothing = "Hardly anything tells this shop's customers apart: nearly the same chance is said of all of them."
    return (blend, won, *([nothing] if stack.weights.sum() < 2 * min(FACTORS) else []))
