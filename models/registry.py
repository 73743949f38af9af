"""The model registry: versions, aliases and tags of MLflow's, typed, with verified local copies.

Registered models are called `churn`, `demand`, `recommendation`. Aliases: `challenger` (the latest candidate),
`canary`, `champion` (serves), and `baseline`: while there is no champion and the quality gate refused, the
endpoints answer from the best baseline of the version that carries it.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from core import shared_lock, utc
from core.audit import person
from core.errors import StoreError, UsageError
from core.seals import Seals, digest
from core.workspace import Workspace
from models import fairness_result, version_story
from models.artifact_cache import ArtifactCache, ServingState
from models.experiment import TAG as EXPERIMENT
from models.experiment import Experiment
from models.experiment_note import ExperimentNote
from models.fairness_result import FairnessResult
from models.kinds import require_name
from models.mlflow_store import connect, talking
from models.registry_place import exists
from models.serving_state import LineupState, RegistryStanding, Watch
from models.version import CHALLENGER, PREFIX, Version, choose
from models.version_seal import file_item, tag_item

Found = TypeVar("Found")
_TOLD = ("gates", "review", fairness_result.TAG.removeprefix(PREFIX))
"""Tags that a version's description tells."""
PLOTS = "plots"
"""The folder of a run's pictures."""


class Registry:
    """The registry of a workspace. Methods raise StoreError where it does not answer, unless they say otherwise.

    registry = Registry(workspace)
    champion = registry.version("churn", "champion")
    model = kind("churn").load(registry.fetch(champion) / "model")
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.cache = ArtifactCache(workspace)
        self._client: MlflowClient | None = None
        self._watch = Watch(self)

    @property
    def client(self) -> MlflowClient:
        """MLflow's client, connected on first use."""
        if self._client is None:
            self._client = connect(self.workspace)
        return self._client

    def register(
        self, kind: str, run_id: str, source: str, facts: Mapping[str, str], model_id: str, *, question: str = ""
    ) -> Version:
        """Make a new version of what a run logged at `source`, and let it be the challenger.

        `question` is what the kind answers, for the registry's page.
        """
        with talking(self.workspace):
            self._ensure_model(kind, question)
            tags = {PREFIX + name: value for name, value in facts.items()}
            made = self.client.create_model_version(kind, source, run_id, tags=tags, model_id=model_id)
        self.set_alias(kind, CHALLENGER, str(made.version))
        version = self.version(kind, str(made.version))
        self._tell(version)
        return version

    def version(self, kind: str, name: str) -> Version:
        """The version of that number or alias.

        Raises:
            NotReady: no version carries the alias, or there is none at all; says which command to run.
            UsageError: no such kind or number; says which there are.
        """
        require_name(kind)
        found = self.find(kind, name)
        if found is not None:
            return found
        return choose(kind, name, self.versions(kind))

    def find(self, kind: str, name: str) -> Version | None:
        """The version of that number or alias, or None."""
        if name.isdigit():
            return self._found(lambda: self._version(self.client.get_model_version(kind, name)))
        return self._found(lambda: self._version(self.client.get_model_version_by_alias(kind, name)))

    def versions(self, kind: str) -> list[Version]:
        """Every version, the newest first."""
        if not exists(self.workspace):
            return []
        aliases = self.aliases(kind)
        with talking(self.workspace):
            found = self.client.search_model_versions(f"name = '{kind}'")
        versions = [self._version(entity, aliases) for entity in found]
        return sorted(versions, key=lambda version: int(version.version), reverse=True)

    def aliases(self, kind: str) -> dict[str, str]:
        """Which version carries which alias: `{"champion": "3"}`."""
        model = self._model(kind)
        return {alias: str(number) for alias, number in model.aliases.items()} if model else {}

    def set_alias(self, kind: str, alias: str, version: str) -> None:
        """Let a version carry an alias; another version that carried it loses it."""
        with talking(self.workspace):
            self.client.set_registered_model_alias(kind, alias, version)

    def drop_alias(self, kind: str, alias: str) -> None:
        """Let no version carry the alias."""
        with talking(self.workspace):
            self.client.delete_registered_model_alias(kind, alias)

    def tag(self, version: Version, name: str, value: str) -> None:
        """Store a fact with a version: the tag `regulars.<name>`, sealed."""
        with talking(self.workspace), self._sealing(version, tags={name: value}):
            self._set_tag(version, name, value)
        if name in _TOLD:
            self._tell(self.version(version.kind, version.version))

    def past_champions(self, kind: str) -> list[str]:
        """The versions that were champion before the present one, the latest last."""
        return list(self.standing(kind).past_champions)

    def set_past_champions(self, kind: str, versions: list[str]) -> None:
        """Keep that history."""
        with talking(self.workspace):
            self.client.set_registered_model_tag(kind, PREFIX + "past_champions", json.dumps(versions))

    def experiment(self, kind: str) -> Experiment | None:
        """The experiment that runs beside the champion, or None."""
        return self.standing(kind).experiment

    def standing(self, kind: str) -> RegistryStanding:
        """The aliases, the experiment and the past champions, all of one moment."""
        model = self._model(kind)
        if model is None:
            return RegistryStanding({}, None, ())
        text = model.tags.get(EXPERIMENT, "")
        aliases = {alias: str(number) for alias, number in model.aliases.items()}
        past = json.loads(model.tags.get(PREFIX + "past_champions", "[]"))
        return RegistryStanding(aliases, Experiment.of_json(text) if text else None, tuple(past))

    def set_experiment(self, kind: str, experiment: Experiment | None) -> None:
        """Keep an experiment; None: none runs."""
        ExperimentNote(self.workspace, self.cache).forget(kind)
        with talking(self.workspace):
            text = experiment.to_json() if experiment and experiment.arms else ""
            self.client.set_registered_model_tag(kind, EXPERIMENT, text)

    def store_fairness(self, version: Version, result: FairnessResult) -> None:
        """Keep a fairness measurement with a version, in the place of an earlier one, and in its model card.

        The fairness gate reads it.
        """
        from models import model_card  # templates: only who measures needs them

        facts = json.loads(self.read_text(version, model_card.RECORD))
        files = {fairness_result.ARTIFACT: result.to_json(), **model_card.render(facts, result)}
        tags = {fairness_result.EVIDENCE: result.evidence, fairness_result.TAG.removeprefix(PREFIX): result.state}
        with talking(self.workspace), self._sealing(version, files, tags):
            for name, text in files.items():
                self._log_text(version, name, text)
            for name, value in tags.items():
                self._set_tag(version, name, value)
        self._tell(self.version(version.kind, version.version))

    def fairness(self, version: Version) -> FairnessResult | None:
        """The fairness measurement stored last with a version, or None."""
        if fairness_result.TAG.removeprefix(PREFIX) not in version.tags:
            return None
        return FairnessResult.from_json(self.read_text(version, fairness_result.ARTIFACT))

    def read_text(self, version: Version, name: str) -> str:
        """A text that the version's run logged, such as `card.md`."""
        from mlflow.artifacts import load_text

        try:
            with talking(self.workspace):
                return str(load_text(f"{self.artifacts(version)}/{name}"))
        except MlflowException as error:
            raise StoreError(f"{name} of {version} can't be read", where=version.location, why=str(error)) from error

    def plots(self, version: Version) -> tuple[str, ...]:
        """The names of the pictures that the version's run logged, such as `forecast.png`."""
        with talking(self.workspace):
            logged = self.client.list_artifacts(version.run_id, PLOTS)
        return tuple(sorted(Path(each.path).name for each in logged if each.path.endswith(".png")))

    def plot(self, version: Version, name: str) -> bytes:
        """A picture of `plots`, as PNG.

        Raises:
            UsageError: the version's run logged no picture of that name.
        """
        from mlflow.artifacts import download_artifacts

        known = self.plots(version)
        if name not in known:
            raise UsageError(f"{version} has no picture {name!r}", why=f"there are: {', '.join(known) or 'none'}")
        with talking(self.workspace), tempfile.TemporaryDirectory() as scratch:
            path = download_artifacts(f"{self.artifacts(version)}/{PLOTS}/{name}", dst_path=scratch)
            return Path(path).read_bytes()

    def write_text(self, version: Version, name: str, text: str) -> None:
        """Keep a text among what the version's run logged, in the place of an earlier one, and seal it."""
        with talking(self.workspace), self._sealing(version, files={name: text}):
            self._log_text(version, name, text)

    def fetch(self, version: Version) -> Path:
        """The verified local copy: `model/`, `evaluation/`, `baseline/`, `card.md`, `features.json`, `version.json`.

        Raises:
            StoreError: the version is damaged; the error names it.
        """
        return self.cache.fetch(version)

    def serving_state(self, kind: str) -> ServingState | None:
        """What the endpoints answer from now (see `models.serving_state`). Never raises a StoreError."""
        return self._watch.state(kind)

    def lineup(self, kind: str) -> LineupState:
        """The same with the versions that answer a share of requests beside it. Never raises a StoreError."""
        return self._watch.lineup(kind)

    def artifacts(self, version: Version) -> str:
        """Where what its run logged lies."""
        return str(self.client.get_run(version.run_id).info.artifact_uri)

    @contextmanager
    def _sealing(
        self, version: Version, files: Mapping[str, str] | None = None, tags: Mapping[str, str] | None = None
    ) -> Iterator[None]:
        """Of two that store the same at once, the one whose content stays is the one that is sealed."""
        contents = {file_item(name): text for name, text in (files or {}).items()}
        contents |= {tag_item(name): value for name, value in (tags or {}).items()}
        items = {item: digest(content) for item, content in contents.items()}
        one_at_a_time = shared_lock.waiting(self.workspace, f"seal-{version.kind}-{version.version}")
        with one_at_a_time, Seals(self.workspace).around(version.subject, items, person()):
            yield

    def _set_tag(self, version: Version, name: str, value: str) -> None:
        self.client.set_model_version_tag(version.kind, version.version, PREFIX + name, value)

    def _log_text(self, version: Version, name: str, text: str) -> None:
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        folder, _, file = name.rpartition("/")
        with tempfile.TemporaryDirectory() as scratch:
            (Path(scratch) / file).write_text(text, encoding="utf-8")
            # The client's own way remembers where a run of that id lay, also when another workspace was open.
            get_artifact_repository(self.artifacts(version)).log_artifact(f"{scratch}/{file}", folder or None)

    def _ensure_model(self, kind: str, question: str) -> None:
        told = version_story.of_kind(kind, question)
        if (model := self._model(kind)) is None:
            self.client.create_registered_model(kind, description=told)
        elif question and model.description != told:
            self.client.update_registered_model(kind, told)

    def _tell(self, version: Version) -> None:
        """Let the registry's page tell what the version is and what was decided on it."""
        with talking(self.workspace):
            self.client.update_model_version(version.kind, version.version, version_story.of_version(version))

    def _model(self, kind: str) -> Any:
        return self._found(lambda: self.client.get_registered_model(kind))

    def _found(self, ask: Callable[[], Found]) -> Found | None:
        """What MLflow knows; None where it knows of no such thing, or there is no registry yet."""
        if not exists(self.workspace):
            return None
        try:
            with talking(self.workspace):
                return ask()
        except MlflowException:
            return None

    def _version(self, entity: Any, aliases: Mapping[str, str] | None = None) -> Version:
        number = str(entity.version)
        carried = [a for a, v in aliases.items() if v == number] if aliases is not None else entity.aliases
        return Version(
            kind=entity.name,
            version=number,
            run_id=entity.run_id,
            created_at=utc.of_epoch(entity.creation_timestamp),
            aliases=tuple(sorted(carried)),
            tags={key.removeprefix(PREFIX): value for key, value in entity.tags.items() if key.startswith(PREFIX)},
            location=self.client.get_model_version_download_uri(entity.name, number),
        )


__all__ = ["Registry", "ServingState", "Version"]
