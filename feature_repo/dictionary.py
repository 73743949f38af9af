"""The data dictionary: what every feature means, in which unit; explanations, reports and the docs print it.

`python -m feature_repo.dictionary docs/features.md` writes it into the page, below the line MARK.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from feature_repo import catalog
from feature_repo.feature_definition import Feature

MARK: Final = "<!-- the data dictionary: written by python -m feature_repo.dictionary docs/features.md -->"


@dataclass(frozen=True)
class DictionaryEntry:
    """A feature with the view and the family it belongs to, and the tables without which it is missing."""

    view: str
    family: str
    feature: Feature
    needs: tuple[str, ...] = ()


def entries() -> Iterator[DictionaryEntry]:
    """Every feature of every view, in the order of the catalogue."""
    for name, view in catalog.VIEWS.items():
        for family in view.families:
            needs = tuple(getattr(family, "NEEDS", ()))
            short = family.__name__.rpartition(".")[2]
            yield from (DictionaryEntry(name, short, feature, needs) for feature in catalog.features_of(family))


def markdown() -> str:
    """The whole dictionary as Markdown, one table per view (docs/features.md holds it)."""
    return "\n".join(line for name in catalog.VIEWS for line in _section(name)) + "\n"


def _section(name: str) -> Iterator[str]:
    view = catalog.view(name)
    yield from (f"### {name}", "", f"One row per {view.entity.name} (`{view.key}`): {view.description}.", "")
    yield from ("| feature | family | meaning | unit | where nothing happened | cause |", "|---|---|---|---|---|---|")
    for each in entries():
        if each.view == name:
            needs = f" (needs {', '.join(each.needs)})" if each.needs else ""
            feature = each.feature
            cells = (f"`{feature.name}`", each.family, f"{feature.meaning}{needs}", feature.unit, feature.missing)
            yield f"| {' | '.join(cells)} | {feature.cause or ''} |"
    yield ""


def write_into(page: Path) -> None:
    """Put the dictionary below MARK in a Markdown page."""
    page.write_text(page.read_text().partition(MARK)[0] + MARK + "\n\n" + markdown())


if __name__ == "__main__":
    import sys

    write_into(Path(sys.argv[1]))
