"""The lines of an answer as the log keeps them: one text beside what they share.

An answer may have ten thousand lines. A row of the database for each costs more than all else of a request; one text
of a hundred lines takes a fifteenth of the time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec


class ToldLine(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One line. `row` is what the log calls the row of features that it was made of; the rest as in
    `core.prediction_rows.Result`. What is null is not written.
    """

    subject: str
    value: float | None = None
    item: str | None = None
    fallback: str | None = None
    propensity: float | None = None
    row: str | None = None
    version: str | None = None
    variant: str | None = None


_decoder = msgspec.json.Decoder(list[ToldLine])
_encoder = msgspec.json.Encoder(enc_hook=float)  # numbers of NumPy's


def encode(lines: Sequence[ToldLine]) -> str:
    """Lines as JSON; no number (NaN, infinite) is null.

    Raises:
        TypeError, ValueError: a value is no number.
    """
    return _encoder.encode(lines).decode()


def decode(text: str) -> list[ToldLine]:
    """The inverse of `encode`."""
    return _decoder.decode(text)


def of_spooled(row: Mapping[str, Any], called: str | None) -> ToldLine:
    """A line as releases before had it, a row of its own, whose features are called so in the log."""
    return msgspec.convert({**row, "row": called}, ToldLine)
