"""Characters that nobody sees, and words that say nothing: what is left of a text without them.

SQL here is quick on what is most common, plain ASCII without blanks around it, and careful with the rest.
"""

from __future__ import annotations

import re

from core.expressions import literal
from pipelines.parsing.formats import NULL_WORDS, NULL_WORDS_OF_VALUES, Formats
from pipelines.parsing.sql import let

_WIDE_BLANKS = (
    "\x85\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
_BLANKS = f"\t\r\n\v\f\x1c\x1d\x1e\x1f{_WIDE_BLANKS}"
"""Every blank of Unicode but the plain one."""
_UNSEEN = "\u00ad\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
"""Marks that have no width."""
_DROPPED = str.maketrans("", "", _UNSEEN)
_FORMULA = '="[^"]*"'


def tidy(name: str) -> str:
    """A column's name on one line, without blanks around it and without what nobody sees."""
    return re.sub(r"\s*[^\S ]+\s*", " ", name.translate(_DROPPED)).strip()


def bare(text: str, *, prose: bool) -> str:
    """SQL of a text without blanks around it; Excel's `="007"` is 007, and an empty text is null.

    Marks without a width are no part of a value either, and every blank in it is a plain one; `prose` keeps
    what is inside as it is.
    """
    return let(text, "text_", lambda t: f"CASE WHEN {_is_plain(t)} THEN {t} ELSE {_bared(t, prose)} END")


def _is_plain(text: str) -> str:
    """SQL condition, quick: nothing but ASCII, and no blank or `=` at its ends."""
    ends = " AND ".join(f"NOT suffix({text}, {literal(blank)})" for blank in " \t\r\n")
    return f"strlen({text}) = length({text}) AND {text} >= '!' AND NOT starts_with({text}, '=') AND {ends}"


def _bared(text: str, prose: bool) -> str:
    if prose:
        inner = f"trim({text}, {literal(' ' + _BLANKS + _UNSEEN)})"
    else:
        inner = f"trim(translate({text}, {literal(_BLANKS + _UNSEEN)}, {literal(' ' * len(_BLANKS))}))"

    def without_formula(t: str) -> str:
        formula = f"regexp_full_match({t}, {literal(_FORMULA)})"
        return f"nullif(CASE WHEN {formula} THEN trim({t}[3:-2]) ELSE {t} END, '')"

    return let(inner, "inner_", without_formula)


def unless_nothing(text: str, formats: Formats, *, prose: bool) -> str:
    """SQL of a bare text, null where it is a word for nothing."""
    return let(text, "said_", lambda t: f"CASE WHEN NOT {says_nothing(t, formats, prose=prose)} THEN {t} END")


def says_nothing(text: str, formats: Formats, *, prose: bool) -> str:
    """SQL condition: a bare text is a word for nothing, such as NULL."""
    if formats.nulls is None:
        words = NULL_WORDS if prose else (*NULL_WORDS, *NULL_WORDS_OF_VALUES)
        return f"coalesce(lower({text}) IN ({', '.join(map(literal, words))}), false)"
    if not formats.nulls:
        return "false"
    return f"coalesce({text} IN ({', '.join(map(literal, formats.nulls))}), false)"
