"""Which endpoint an address is, and what to say of one that is none."""

from __future__ import annotations

import re
from typing import Final

from pydantic import ValidationError

from serving import openapi
from serving.bodies import Body
from serving.endpoint import Endpoint
from serving.endpoints import ENDPOINTS
from serving.problems import NotFound, Problem, WrongMethod, from_validation

BY_ADDRESS: Final[dict[tuple[str, str], Endpoint]] = {
    (endpoint.method, endpoint.path): endpoint for endpoint in ENDPOINTS
}
PLAIN: Final = {named for named, endpoint in BY_ADDRESS.items() if endpoint.place is None}
_PLACED: Final = [
    (re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", endpoint.path)), endpoint.path)
    for endpoint in {each.path: each for each in ENDPOINTS if each.place is not None}.values()
]
"""Addresses with braces, which are looked at last."""


def no_such(path: str) -> Problem:
    """404, or 405 where the address takes another method."""
    found = placed(path)
    allowed = openapi.methods().get(found[0] if found else path)
    if allowed:
        return WrongMethod(f"{path} takes {allowed}", headers={"Allow": allowed})
    return NotFound(f"the addresses are in {openapi.PATH}")


def placed(path: str) -> tuple[str, dict[str, str]] | None:
    """The address with braces that a path is one of, and what stands in them."""
    for pattern, template in _PLACED:
        if match := pattern.fullmatch(path):
            return template, match.groupdict()
    return None


def of_place(place: type[Body], values: dict[str, str]) -> Body:
    """What stands in the braces; what can't stand there leads nowhere."""
    try:
        return place.model_validate(values)
    except ValidationError as error:
        raise NotFound(from_validation(place, error).detail) from None
