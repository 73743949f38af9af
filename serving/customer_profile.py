"""Everything that is computed of a customer, in the words of the data dictionary."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from feature_repo import dictionary
from feature_repo.dictionary import DictionaryEntry
from serving.problems import InvalidBody
from serving.runtime import Runtime


def profile(view: str, columns: Mapping[str, Sequence[Any]], row: int) -> list[dict[str, Any]]:
    """The features of one row, in the order of the dictionary; those of tables that the shop has not brought are not
    known.
    """
    return [_told(entry, columns[entry.feature.name][row]) for entry in _entries(view) if entry.feature.name in columns]


def refuse_many_described(runtime: Runtime, customer_ids: Sequence[str]) -> None:
    """A profile is as large as some hundred answers without one, so it has the limit of reasons.

    Raises:
        InvalidBody: there are more.
    """
    most, asked = runtime.workspace.settings.serving.max_explained, len(customer_ids)
    if asked > most:
        allowed = f"true for at most {most:,} customers (serving.max_explained)"
        raise InvalidBody.field("profile", f"{asked:,} customers can't be described at once", allowed)


@cache
def _entries(view: str) -> tuple[DictionaryEntry, ...]:
    return tuple(entry for entry in dictionary.entries() if entry.view == view)


def _told(entry: DictionaryEntry, value: Any) -> dict[str, Any]:
    feature = entry.feature
    known = None if isinstance(value, float) and not math.isfinite(value) else value
    text = feature.say(known) if isinstance(known, int | float) else "not known" if known is None else str(known)
    return {
        "name": feature.name,
        "value": known,
        "text": text,
        "description": feature.meaning,
        "unit": feature.unit,
        "family": entry.family,
    }
