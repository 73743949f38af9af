"""From ingested tables to models that answer: train, promote, fill the online store, make a key; each step once."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core import progress
from core.clock import present
from core.errors import GateRefused
from core.files import write_atomically
from core.keys import KeyStore
from core.workspace import Workspace
from feature_repo.materialization import Materializations
from feature_repo.online_standing import in_words
from models import release
from models.registry import Registry
from models.version import CHAMPION, Version
from pipelines import features
from pipelines.training_pipeline import train


@dataclass(frozen=True)
class ModelOutcome:
    """One model: which version, whether it serves, and why not."""

    version: Version
    promoted: bool
    text: str


def make(workspace: Workspace, name: str, trials: int, timeout_s: int | None = None) -> ModelOutcome:
    """The version of today's data: the one there is, or a new one; promoted through the gates like any other.

    Raises:
        DataError: there is not enough history.
    """
    today = present(workspace)
    version = _trained(workspace, name)
    if version is None:
        progress.current().step(f"training {name} as of {today} ({trials} trials)")
        version = train(workspace, name, as_of=today, trials=trials, timeout=timeout_s).version
    if CHAMPION in version.aliases:
        return ModelOutcome(version, True, f"{version} is champion")
    try:
        text = release.promote(workspace, name, version.version, who=getpass.getuser()).text
        promoted = True
    except GateRefused as refusal:
        text, promoted = str(refusal), False
    progress.current().note(text)
    return ModelOutcome(Registry(workspace).version(name, version.version), promoted, text)


def fill_online_store(workspace: Workspace) -> None:
    """Materialize today's features, where that is still to be done."""
    if in_words(workspace) is not None or not Materializations(workspace).is_current(present(workspace)):
        progress.current().step("filling the online store")
        features.materialize(workspace, present(workspace))


def key_file(workspace: Workspace, file: str, name: str, rights: Sequence[str]) -> Path:
    """A secret file with a key of that name: random, readable by its owner only; the one there is, where it opens."""
    path = workspace.secrets_dir / file
    keys = KeyStore(workspace)
    if path.exists() and keys.find(path.read_text().strip()):
        return path
    number = len(keys.list())
    token = keys.create(f"{name} {number}" if number else name, rights)
    write_atomically(path, token + "\n", mode=0o600)
    return path


def _trained(workspace: Workspace, name: str) -> Version | None:
    """The newest version that was trained as of the present on the same data."""
    digest = workspace.tables.digest(present(workspace))
    versions = [v for v in Registry(workspace).versions(name) if v.data_digest == digest]
    return max(versions, key=lambda version: int(version.version), default=None)
