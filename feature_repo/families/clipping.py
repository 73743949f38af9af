"""Line quantities clipped, so that neither a wholesale order nor a typo moves a forecast.

Two bounds hold. A quantile of the category's lines (`demand.clip_quantile`) takes the edge off large orders, where
there are lines enough for it to leave any out. A fence at a multiple of what is usual beside the line stops what
can't be meant, such as 100017 for 17, however few lines there are: in the Complete Journey no category's quantile
lies above 14 times its 95% quantile, so there it changes nothing.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

FENCE = 10.0
"""No line counts for more than this many times the quantity that 5% of the lines beside it reach."""
_USUAL = 0.95
_FEW = 21
"""Of fewer lines the 95% quantile is drawn up by the largest alone."""


def clipped(lines: ir.Table, known: ir.Table, quantile: float) -> ir.Table:
    """`lines` with `units`, their clipped quantity; what exceeds the fence brings the revenue of its units only.

    Args:
        lines: lines with `series_id`, `category`, `quantity` and `revenue`.
        known: those by which is clipped: lines strictly before a date.
        quantile: `demand.clip_quantile`; 1 clips nothing.
    """
    if quantile >= 1:
        return lines.mutate(units=lines.quantity)
    lines, known = _grouped(lines), _grouped(known)
    cap = ibis.greatest(known.quantity.quantile(quantile), 1.0)
    caps = known.group_by("group").agg(cap=cap, **_fence(known, "far"))
    near = known.group_by("series_id", "group").agg(**_fence(known, "near"))
    lines = lines.left_join(caps, "group").drop("group_right")
    lines = lines.left_join(near, ["series_id", "group"]).drop("series_id_right", "group_right")
    fence = ibis.least(lines.far.fill_null(float("inf")), lines.near.fill_null(float("inf")))
    units = ibis.least(lines.quantity, lines.cap.fill_null(float("inf")), fence)
    revenue = ibis.ifelse(lines.quantity > fence, lines.revenue * units / lines.quantity, lines.revenue)
    return lines.mutate(units=units, revenue=revenue).drop("group", "cap", "far", "near")


def _grouped(lines: ir.Table) -> ir.Table:
    return lines.mutate(group=lines.category.fill_null(""))


def _fence(lines: ir.Table, name: str) -> dict[str, ir.FloatingValue]:
    usual = FENCE * ibis.greatest(lines.quantity.quantile(_USUAL), 1.0)
    return {name: ibis.ifelse(lines.count() >= _FEW, usual, float("inf"))}
