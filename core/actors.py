"""Who decides: a key that was shown, or an account of the operating system that nobody has verified.

A person has ids, `key:<id>` and `account:<name>`, and two persons who share one are one person: a key stands for
itself, for the account it is named after, and for whoever created it, since they could have kept a copy.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from core.audit import entries_of, person
from core.errors import UsageError
from core.keys import Key, KeyStore
from core.workspace import Workspace

RIGHT: Final = "review"
KEY_VARIABLE: Final = "REGULARS_KEY"
"""The environment variable that holds the key of who runs a command."""


@dataclass(frozen=True)
class Actor:
    """Somebody who acts; `verified` by a key."""

    name: str
    ids: frozenset[str]
    verified: bool = False

    def is_one_of(self, ids: Iterable[str]) -> bool:
        """Whether this is the same person as one with those ids."""
        return bool(self.ids & frozenset(ids))

    def as_dict(self) -> dict[str, Any]:
        """How the audit log keeps it, beside the name."""
        return {"ids": sorted(self.ids), "verified": self.verified}


def of_account(name: str) -> Actor:
    """An account by its name: of this command, or as a caller in Python says."""
    return Actor(name, frozenset({f"account:{name}"}))


def known(who: str | Actor) -> Actor:
    """A person; of a bare name, the account."""
    return who if isinstance(who, Actor) else of_account(who)


def of_key(workspace: Workspace, key: Key) -> Actor:
    """Who holds a key: verified, and one with who created it, as the audit log tells it."""
    ids = {f"key:{key.id}", f"account:{key.name}"}
    for entry in entries_of(workspace, f"key:{key.name}"):
        if entry.action == "create key":
            ids |= set(entry.details.get("by", {}).get("ids", ())) or {f"account:{entry.who}"}
    return Actor(key.name, frozenset(ids), verified=True)


def acting(workspace: Workspace, token: str | None, right: str = RIGHT) -> Actor:
    """Who runs this command: the holder of the key, and the account as well; without a key the account, unverified.

    Raises:
        Unauthorized, Forbidden: the key is none, or has not the right.
    """
    account = of_account(person())
    if not token:
        return account
    holder = of_key(workspace, KeyStore(workspace).check(token.strip(), right))
    return Actor(holder.name, holder.ids | account.ids, verified=True)


def shown_key(key_file: Path | None) -> str | None:
    """The key that a command was given: in a file, else in `REGULARS_KEY`.

    Raises:
        UsageError: the file can't be read, or others may read it.
    """
    if key_file is None:
        return os.environ.get(KEY_VARIABLE) or None
    try:
        if key_file.stat().st_mode & 0o077:
            raise UsageError("others may read this key", where=str(key_file), todo=f"run: chmod 600 {key_file}")
        return key_file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("the key can't be read", where=str(key_file), why=str(error)) from error


def training(workspace: Workspace, token: str | None) -> Actor:
    """Who trains: a key that opens says so beside the account; one that doesn't stops no training."""
    account = of_account(person())
    key = KeyStore(workspace).find(token.strip()) if token else None
    return account if key is None else Actor(account.name, account.ids | of_key(workspace, key).ids, verified=True)
