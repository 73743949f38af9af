"""The way from a file to models that answer; every step that is done already is kept, so it may be stopped anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import progress
from core.errors import DataError, NotReady
from core.workspace import SETTINGS_FILE, Workspace
from pipelines import data_review, ingest
from pipelines.initialise import initialise
from pipelines.sources.draft import draft
from pipelines.start import questions
from pipelines.start.questions import Ask
from pipelines.start.understanding import Understanding, understand

if TYPE_CHECKING:
    # What trains takes seconds to import: a file that can't be meant is refused before.
    from pipelines.first_models import ModelOutcome
    from pipelines.start.first_lists import FirstList

KEY_NAME = "start"
KEY_RIGHTS = ("predict", "customers", "feedback", "events", "review")


@dataclass(frozen=True)
class Started:
    """A shop with its models; `refused` says of each kind that could not be trained what it would need."""

    workspace: Workspace
    understood: Understanding
    page: Path
    models: Mapping[str, ModelOutcome]
    refused: Mapping[str, str]
    lists: tuple[FirstList, ...]
    key_file: Path

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        from pipelines.start import accuracy

        return {
            "workspace": str(self.workspace.root),
            "page": str(self.page),
            "key_file": str(self.key_file),
            "understood": self.understood.as_dict(),
            "models": {
                name: {
                    "version": outcome.version.version,
                    "promoted": outcome.promoted,
                    "accuracy": accuracy.in_words(outcome.version),
                    "text": outcome.text,
                }
                for name, outcome in self.models.items()
            },
            "refused": dict(self.refused),
            "lists": {each.kind: str(each.file) for each in self.lists},
        }


def start(files: Sequence[Path], directory: Path, ask: Ask) -> Started:
    """Draft, ingest, train what the data allow, promote, fill the online store, and make the first lists.

    Args:
        files: the export of a shop system, in one file or several with the same columns.
        directory: the workspace: made, or gone on with where it is one already.
        ask: how a question that the file leaves open is put.

    Raises:
        UsageError: a question that nobody answers.
        MappingError: there is no such file.
        DataError: the file lacks what orders need, or has too many bad rows.
    """
    workspace = _workspace(files, directory, ask)
    progress.current().step("taking the orders in")
    ingest.run(workspace)
    data_review.review(workspace)
    understood = understand(workspace)

    from pipelines import first_models
    from pipelines.start import first_lists, page

    models, refused = _models(workspace)
    first_models.fill_online_store(workspace)
    lists = tuple(first_lists.make(workspace, name) for name, outcome in models.items() if outcome.promoted)
    return Started(
        workspace=workspace,
        understood=understood,
        page=page.write(workspace, understood, models, refused, lists),
        models=models,
        refused=refused,
        lists=lists,
        key_file=first_models.key_file(workspace, "start_key", KEY_NAME, KEY_RIGHTS),
    )


def _workspace(files: Sequence[Path], directory: Path, ask: Ask) -> Workspace:
    if (directory / SETTINGS_FILE).exists():
        progress.current().note(f"{directory} is a workspace already: going on with its mapping.yaml")
        return Workspace.open(directory)
    places = [str(file) for file in files]
    progress.current().step(f"looking at {', '.join(places)}")
    drafted = draft(places, directory)
    if drafted.missing:
        raise DataError(
            "; ".join([f"no column tells {', '.join(drafted.missing)}", *drafted.unread.values()]),
            where=", ".join(places),
            why="; ".join([f"found: {_listed(drafted.roles)}", *drafted.notes]),
            todo=f"draft with: regulars init {directory} --from {files[0]}, then name the columns in mapping.yaml",
        )
    made = initialise(directory, places, answers=questions.answer(drafted.doubts, ask))
    for note in made.notes:
        progress.current().note(note)
    return Workspace.open(directory)


def _listed(roles: Mapping[str, str]) -> str:
    return ", ".join(f"{role} in {name}" for role, name in roles.items()) or "nothing"


def _models(workspace: Workspace) -> tuple[dict[str, ModelOutcome], dict[str, str]]:
    """What could be trained, and of the others why not."""
    from models.kinds import learnable
    from pipelines import first_models

    settings = workspace.settings.start
    models: dict[str, ModelOutcome] = {}
    refused: dict[str, str] = {}
    for name in learnable(workspace):
        try:
            models[name] = first_models.make(workspace, name, settings.trials, settings.timeout_s)
        except (DataError, NotReady) as error:
            refused[name] = str(error)
            progress.current().note(f"no {name} model: {error}")
    return models, refused
