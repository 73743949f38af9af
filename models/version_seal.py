"""The seal of a version: all that a decision on it rests on, and whether it still is what was sealed.

Items are every tag `regulars.*`, every file of its run (record, card, fairness, plots, trials) and every file of its
model. Training seals them whole; `Registry.tag` and `Registry.write_text` seal what they store. A version that an
earlier release made is not sealed until somebody does it, with a reason, in the audit log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import StoreError
from core.seals import Seal, Seals, digest
from models.fairness_result import ARTIFACT, EVIDENCE, TAG
from models.version import PREFIX, Version

if TYPE_CHECKING:
    from models.registry import Registry

FAIRNESS_ITEMS = (f"file {ARTIFACT}", f"tag {EVIDENCE}", f"tag {TAG.removeprefix(PREFIX)}", "tag review")
"""What the fairness gate reads."""


@dataclass(frozen=True)
class SealStanding:
    """How a version stands to its seal: `problems` in words, none where all is as it was sealed."""

    whole: bool
    problems: tuple[str, ...] = ()

    @property
    def intact(self) -> bool:
        """Whether it is sealed, and as it was sealed."""
        return self.whole and not self.problems

    def touches(self, items: Sequence[str]) -> bool:
        """Whether a problem is about one of the items."""
        return any(problem.startswith(item + " ") for problem in self.problems for item in items)


def tag_item(name: str) -> str:
    """How the seal names a tag."""
    return f"tag {name}"


def file_item(name: str) -> str:
    """How the seal names a file of the run."""
    return f"file {name}"


def tag_items(version: Version) -> dict[str, str]:
    """The hashes of a version's tags."""
    return {tag_item(name): digest(value) for name, value in version.tags.items()}


def seal(registry: Registry, version: Version, who: str, reason: str = "") -> None:
    """Seal a version whole, as it is now: at training, or as a deliberate act with a reason.

    Raises:
        StoreError: the registry does not answer.
    """
    version = registry.version(version.kind, version.version)
    Seals(registry.workspace).put(version.subject, _items(registry, version, True), who, whole=True, reason=reason)


def look(registry: Registry, version: Version) -> SealStanding:
    """Compare a version with its seal: all but the files of its model, which `Registry.fetch` verifies.

    Raises:
        StoreError: the registry does not answer.
    """
    seals = Seals(registry.workspace)
    found = seals.of(version.subject)
    doubt = seals.doubt(found)
    return compare(found, _items(registry, version, False), (doubt,) if doubt else (), model_files=False)


def look_at_all(registry: Registry, version: Version, sealed: Seal) -> SealStanding:
    """The same with every file of its model, for who has looked at the log already.

    Raises:
        StoreError: the registry does not answer.
    """
    return compare(sealed, _items(registry, version, True))


def look_at_tags(found: Seal, version: Version) -> SealStanding:
    """The same for tags alone, without MLflow."""
    return compare(found.only(("tag ",)), tag_items(version))


def compare(
    sealed: Seal, found: dict[str, str], doubts: tuple[str, ...] = (), *, model_files: bool = True
) -> SealStanding:
    """What a seal says of the items that are there."""
    asked = sealed if model_files else sealed.only(("tag ", "file "))
    return SealStanding(sealed.whole, (*doubts, *asked.differences(found)))


def _items(registry: Registry, version: Version, model_files: bool) -> dict[str, str]:
    from models import stored_files  # MLflow

    items = tag_items(version)
    run = stored_files.hashes(registry.workspace, registry.artifacts(version))
    items |= {file_item(name): value for name, value in run.items()}
    if model_files:
        try:
            files = stored_files.hashes(registry.workspace, version.location)
        except StoreError:
            files = {}  # each of its files is told to be gone
        items |= {f"model {name}": value for name, value in files.items()}
    return items
