"""What an operation is, and the body that is sent for it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote


@dataclass(frozen=True)
class Operation:
    """One address. What takes an idempotency key writes; everything else only reads, and may be asked twice."""

    name: str
    method: str
    path: str
    writes: bool

    def at(self, **parts: str) -> Operation:
        """The same with the parts of its address that are in braces.

        Raises:
            ValueError: one is empty, which would be another address.
        """
        for name, value in parts.items():
            if not value:
                raise ValueError(f"{name}: '' is not possible; allowed: what the service has answered")
        return replace(self, path=self.path.format(**{name: quote(each, safe="") for name, each in parts.items()}))


JOB_FILE: Final = Operation("download_job", "GET", "/v1/jobs/{job_id}/file", False)
"""What it answers is no JSON."""


def body_of(needed: Mapping[str, Any], optional: Mapping[str, tuple[Any, Any]]) -> dict[str, Any]:
    """The fields that are needed, and those of the others that differ from what is meant without them.

    So a service of an earlier release, which refuses fields it does not know, takes calls that don't use them.
    """
    given = {name: value for name, (value, usual) in optional.items() if not _is_usual(value, usual)}
    return {**needed, **given}


def _is_usual(value: object, usual: object) -> bool:
    return type(value) is type(usual) and value == usual


def listed(name: str, values: Iterable[Any]) -> list[Any]:
    """The values as a list.

    Raises:
        TypeError: it is one string, which would go out as a list of its letters, or one object.
    """
    if isinstance(values, str | bytes | Mapping):
        raise TypeError(f"{name}: allowed is a list, and this is one {type(values).__name__}; put it into a list")
    return list(values)


def encoded(body: Mapping[str, Any]) -> bytes:
    """The body as JSON.

    Raises:
        ValueError: it has NaN, an infinity, or half of a surrogate pair.
        TypeError: it has something that is not JSON.
    """
    return json.dumps(body, allow_nan=False, separators=(",", ":"), default=_as_object).encode()


def _as_object(value: object) -> dict[Any, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not JSON; allowed are strings, numbers, booleans, None, lists, objects")
