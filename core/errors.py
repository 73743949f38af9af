"""Errors are part of the interface: what happened, where, why, and what to do.

RegularsError             exit 1
 +- UsageError            exit 2  what the caller wrote can't be meant: an argument, a setting, a mapping
 |   +- SettingsError     a key or a value of regulars.toml or the environment
 |   +- MappingError      mapping.yaml, or an SQL expression in it
 |   +- RulesError        rules.yaml
 +- DataError             exit 1  the shop's data do not allow it
 +- NotReady              exit 1  something has to be done first
 +- StoreError            exit 1  a store (database, feature store, registry) does not answer or is damaged
 +- GateRefused           exit 3  a gate before `champion` refused
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, ClassVar


class RegularsError(Exception):
    """An error a person reads: `what` happened, `where`, `why`, and what `todo` about it."""

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, where: str | None = None, why: str | None = None, todo: str | None = None) -> None:
        self.what, self.where, self.why, self.todo = what, where, why, todo
        super().__init__(str(self))

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        if self.why:
            text += f" ({self.why})"
        return f"{text}; {self.todo}" if self.todo else text

    def as_dict(self) -> dict[str, Any]:
        """The same for machines."""
        return {
            "error": type(self).__name__,
            "what": self.what,
            "where": self.where,
            "why": self.why,
            "todo": self.todo,
        }


class UsageError(RegularsError):
    """What the caller wrote can't be meant."""

    exit_code = 2


class SettingsError(UsageError):
    """A key or a value of regulars.toml or the environment."""


class MappingError(UsageError):
    """Something in mapping.yaml."""


class RulesError(UsageError):
    """Something in rules.yaml."""


class DataError(RegularsError):
    """The shop's data do not allow what was asked."""


class NotReady(RegularsError):  # noqa: N818 - a state, said as one
    """Something else has to be done first."""


class StoreError(RegularsError):
    """A store does not answer or holds something damaged."""


class GateRefused(RegularsError):  # noqa: N818 - a verdict, said as one
    """A gate before `champion` refused."""

    exit_code = 3


def nearest(name: str, choices: Iterable[str]) -> str | None:
    """The choice most like `name`, one that differs by leading zeros first; None where none is near."""
    by_lower = {choice.lower(): choice for choice in choices}
    bare = name.lower().lstrip("0")
    if same := [choice for lower, choice in by_lower.items() if bare and lower.lstrip("0") == bare]:
        return same[0]
    found = get_close_matches(name.lower(), by_lower, n=1, cutoff=0.5)
    return by_lower[found[0]] if found else None


def did_you_mean(name: str, choices: Iterable[str]) -> str:
    """«did you mean 'x'?» where a choice is near, else the list of what there is."""
    known = sorted(choices)
    near = nearest(name, known)
    return f"did you mean {near!r}?" if near else f"there is: {', '.join(known) or 'nothing'}"
