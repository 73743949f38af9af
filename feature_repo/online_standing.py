"""Whether the online store holds what this workspace has filled it with; asked without Feast, which takes seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.workspace import Workspace
from feature_repo.materialization import Materialization, Materializations
from feature_repo.packed.backend import Damaged, StoreState
from feature_repo.packed.opened import online_backend

Code = Literal["filled", "never_filled", "emptied", "damaged", "foreign", "other_release"]


@dataclass(frozen=True)
class OnlineStanding:
    """`filled`: all is well. `filling` is the last one that has ended, None before the first; `folded` the sequence of
    the last received event that the store shows.
    """

    code: Code
    filling: Materialization | None
    folded: int = 0

    @property
    def is_filled(self) -> bool:
        """Whether the store holds this workspace's filling."""
        return self.code == "filled"

    @property
    def is_lost(self) -> bool:
        """Whether there was a filling, and the store does not hold it any more."""
        return self.code not in {"filled", "never_filled"}


WORDS = {
    "filled": "filled",
    "never_filled": "nothing materialized yet",
    "emptied": "emptied since it was filled",
    "damaged": "damaged: what it holds can't be read any more",
    "foreign": "it holds another filling than this workspace's last one",
    "other_release": "filled by another release",
}


def in_words(workspace: Workspace) -> str | None:
    """What is wrong with the store; None: it holds its filling, or was never filled."""
    try:
        found = standing(workspace)
    except Exception as error:
        return f"does not answer ({type(error).__name__})"
    return WORDS[found.code] if found.is_lost else None


def standing(workspace: Workspace) -> OnlineStanding:
    """What the online store holds; whatever its client raises where it does not answer."""
    fillings = Materializations(workspace)
    latest = fillings.latest()
    try:
        state = online_backend(workspace).state()
    except Damaged:
        return OnlineStanding("damaged" if latest else "never_filled", latest)
    return OnlineStanding(_code(fillings, state, latest), latest, state.folded if state else 0)


def _code(fillings: Materializations, state: StoreState | None, latest: Materialization | None) -> Code:
    if latest is None:
        return "never_filled"
    if state is None:
        return "emptied" if latest.token else "other_release"
    return "filled" if fillings.shown_by(state.filling) else "foreign"
