"""Who changes tier between two versions: the cells of the table, and a picture of the moves."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from monitoring.desk.alluvial import Flow, alluvial
from monitoring.desk.languages import gettext, number
from monitoring.side_by_side.answer_changes import AnswerChanges, TierMove

_STATES = {1: "worse", 0: "same", -1: "better"}


def rows(changes: AnswerChanges) -> Sequence[Sequence[TierMove]]:
    """A row for each tier of version b, the lowest first, in it a cell for each tier of version a."""
    tiers = sorted({move.b for move in changes.tiers})
    return [sorted((move for move in changes.tiers if move.b == tier), key=lambda move: move.a) for tier in tiers]


def picture(changes: AnswerChanges) -> Markup:
    """Ribbons from the tiers of version b to those of version a."""
    moves = [move for move in changes.tiers if move.customers]
    flows = [Flow(_name(move.b), _name(move.a), move.customers, _STATES[move.direction]) for move in moves]
    names = [_name(tier) for tier in sorted({tier for move in moves for tier in (move.a, move.b)})]
    said = gettext("%(up)s to a higher tier, %(down)s to a lower one")
    counts = {"up": number(changes.up, 0), "down": number(changes.down, 0)}
    return alluvial(flows, names, gettext("Who changes tier"), said % counts)


def _name(tier: int) -> str:
    return gettext("tier %(tier)s") % {"tier": tier}
