"""JSON as RFC 8259 has it, and each name once: pydantic takes NaN, and of a name given twice silently the last.

`encode` writes an answer; one of many results in pieces, so that other threads get their turn between them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn

import msgspec

from serving.problems import InvalidBody

MOST_FIELDS: Final = 5_000
MOST_VALUES: Final = 200_000
PIECE: Final = 200
_encoder = msgspec.json.Encoder()


def refuse_loose(raw: bytes, allowed: str) -> None:
    """Refuse what is no JSON, or what two readers could read differently.

    Raises:
        InvalidBody: says which; `allowed` is what the body should be.
    """
    if raw.count(b",") >= MOST_VALUES:
        raise InvalidBody.field("", f"has more than {MOST_VALUES:,} values", allowed)
    try:
        json.loads(raw.decode("utf-8"), object_pairs_hook=_each_once, parse_constant=_no_number)
    except _LooseError as error:
        raise InvalidBody.field(error.field, error.problem, error.allowed or allowed) from None
    except UnicodeDecodeError as error:
        raise InvalidBody.field("", f"not valid UTF-8 (byte {error.start})", allowed) from None
    except RecursionError:
        raise InvalidBody.field("", "not valid JSON (nested too deeply)", allowed) from None
    except ValueError as error:
        raise InvalidBody.field("", f"not valid JSON ({_without_advice(error)})", allowed) from None


def encode(document: Mapping[str, Any]) -> bytes:
    """The document as JSON; a number that JSON can't write is null."""
    results = document.get("results")
    if not isinstance(results, Sequence) or len(results) <= PIECE:
        return _encoder.encode(document)
    pieces = [_encoder.encode(results[start : start + PIECE])[1:-1] for start in range(0, len(results), PIECE)]
    head = _encoder.encode({name: value for name, value in document.items() if name != "results"})
    return b"".join((head[:-1], b"," if len(head) > 2 else b"", b'"results":[', b",".join(pieces), b"]}"))


class _LooseError(ValueError):
    def __init__(self, field: str, problem: str, allowed: str = "") -> None:
        super().__init__(problem)
        self.field, self.problem, self.allowed = field, problem, allowed


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in found if names.count(name) > 1)
        raise _LooseError(twice[:100], "is there more than once", "each field once")
    if len(pairs) > MOST_FIELDS:
        raise _LooseError("", f"an object has {len(pairs):,} fields", f"at most {MOST_FIELDS:,} fields")
    return found


def _without_advice(error: ValueError) -> str:
    """Of an integer of thousands of digits Python says what to call in the program, too."""
    return str(error).split(";", maxsplit=1)[0]


def _no_number(name: str) -> NoReturn:
    raise _LooseError("", f"not valid JSON ({name} is no number)")
