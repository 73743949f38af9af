"""Recorded requests as bodies that ask the same again.

The prediction log keeps no body: what was asked is the kind, what it says beside ids, and whom its lines are of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from core.errors import DataError
from core.recent_requests import RecentRequest
from models.demand.series import split_id

LEVEL: Final = "level"
"""Lines of groups of series, whose keys the log does not name."""
Body = dict[str, Any]


def bodies(recorded: Sequence[RecentRequest], keys: Sequence[str]) -> dict[str, list[Body]]:
    """Address -> bodies, the newest first; `keys` are those of the shop's series.

    `/v1/customers` keeps nothing in the log: it is asked for those of whom others were told.
    """
    found: dict[str, list[Body]] = {}
    customers: list[str] = []
    for each in recorded:
        if each.kind in _MADE:
            path, make = _MADE[each.kind]
            made = make(each, keys)
            if made is not None and made not in found.setdefault(path, []):
                found[path].append(made)
        if each.kind in _OF_CUSTOMERS:
            customers += [who for who in _subjects(each) if who]
    if customers:
        found["/v1/customers"] = [{"customer_ids": list(dict.fromkeys(customers))}]
    return {path: made for path, made in found.items() if made}


def _subjects(each: RecentRequest) -> list[str]:
    return list(dict.fromkeys(subject for subject, _, _ in each.lines))


def _asked(each: RecentRequest, *names: str) -> Mapping[str, Any]:
    return {name: each.request[name] for name in names if each.request.get(name) is not None}


def _churn(each: RecentRequest, _keys: Sequence[str]) -> Body | None:
    return {"customer_ids": _subjects(each), **_asked(each, "explain")}


def _recommendations(each: RecentRequest, _keys: Sequence[str]) -> Body | None:
    """Of a guest there is an empty subject."""
    return {"customer_id": each.lines[0][0] or None, **_asked(each, "k", "mode")}


def _of_product(each: RecentRequest, _keys: Sequence[str]) -> Body | None:
    return {"product_id": each.lines[0][0], **_asked(each, "k")}


def _demand(each: RecentRequest, keys: Sequence[str]) -> Body | None:
    """None where the shop's series had other keys then."""
    try:
        told = [split_id(subject, keys) for subject, _, fallback in each.lines if fallback != LEVEL]
    except DataError:
        return None
    if not told:
        return None
    series = [dict(zip(keys, values, strict=True)) for values in told]
    return {"series": series, **_asked(each, "horizon", "scenario")}


_MADE: Final[Mapping[str, tuple[str, Callable[[RecentRequest, Sequence[str]], Body | None]]]] = {
    "churn": ("/v1/churn", _churn),
    "recommendations": ("/v1/recommendations", _recommendations),
    "similar": ("/v1/similar", _of_product),
    "bundles": ("/v1/bundles", _of_product),
    "demand": ("/v1/demand", _demand),
    "demand_scenario": ("/v1/demand", _demand),
}
_OF_CUSTOMERS: Final = {"churn", "recommendations"}
