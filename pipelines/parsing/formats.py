"""How the text of a source is written, as its mapping says."""

from __future__ import annotations

from dataclasses import dataclass

NULL_WORDS = (
    "null", "(null)", "[null]", "<null>", r"\n", "nan", "nat", "<na>", "n/a", "#n/a", "#n/a n/a", "#null!", "#value!",
    "#ref!", "#div/0!", "#name?", "#num!", "nil", "undefined", "-", "--", "\u2013", "\u2014",
)  # fmt: skip
"""What programs write for nothing, in small letters."""
NULL_WORDS_OF_VALUES = ("na", "none", "n.a.")
"""What is nothing as an id, a number or a date; as a text it may be Namibia, or a choice."""


@dataclass(frozen=True)
class Formats:
    """How text is written.

    `timestamps`, `dates`: strptime formats (none: ISO 8601); `zone`: the clock of times without one; `decimal`,
    `thousands`: separators in numbers; `nulls`: the words that mean nothing, None for the usual ones;
    `currency`: the code of amounts that stand with a currency's sign.
    """

    timestamps: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    zone: str | None = None
    decimal: str = "."
    thousands: str = ""
    nulls: tuple[str, ...] | None = ()
    currency: str | None = None
