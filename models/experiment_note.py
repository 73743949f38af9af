"""What runs beside a champion, kept on this machine's disk: a process that starts without the registry goes on with it.

Otherwise a customer of an arm would have another version from each replica. Who ends an arm on this machine takes the
note away at once; elsewhere the next look at the registry does.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.files import write_atomically
from core.workspace import Workspace
from models.artifact_cache import ArtifactCache, ServingState, read_state, state_row
from models.experiment import Experiment

FILE: Final = "experiment.json"


@dataclass(frozen=True)
class RunningBeside:
    """An experiment, and the states of the arms that may answer."""

    experiment: Experiment
    arms: tuple[ServingState, ...]


class ExperimentNote:
    """The notes of a workspace."""

    def __init__(self, workspace: Workspace, cache: ArtifactCache) -> None:
        self._workspace = workspace
        self._cache = cache

    def keep(self, kind: str, experiment: Experiment | None, arms: Sequence[ServingState]) -> None:
        """Note what runs; None: nothing does. Writes only what is new."""
        if experiment is None:
            self.forget(kind)
            return
        content = {"experiment": json.loads(experiment.to_json()), "arms": [state_row(state) for state in arms]}
        text, path = json.dumps(content, indent=1) + "\n", self._path(kind)
        if not path.exists() or path.read_text() != text:
            write_atomically(path, text)

    def forget(self, kind: str) -> None:
        """Nothing runs any more."""
        self._path(kind).unlink(missing_ok=True)

    def recall(self, kind: str, champion: ServingState) -> RunningBeside | None:
        """What ran beside that champion, with the arms whose copies are whole; None where nothing did."""
        try:
            content = json.loads(self._path(kind).read_text())
            experiment = Experiment.of_json(json.dumps(content["experiment"]))
            states = [read_state(self._workspace, row) for row in content["arms"]]
        except (OSError, ValueError, TypeError, KeyError):
            return None
        if experiment.champion != champion.version or champion.mode == "baseline":
            return None
        return RunningBeside(experiment, tuple(state for state in states if self._cache.is_whole(state)))

    def _path(self, kind: str) -> Path:
        return self._workspace.models_dir / kind / FILE
