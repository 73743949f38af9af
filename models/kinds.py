"""The kinds of model, and what each must offer so that the registry, the gates and the command line can use it.

A kind is its own folders and one line in `KINDS`: in each layer it has a part of its own, found by that line.
`models` holds what is saved and served (`KIND`, a `Kind`), `training` how it is fitted (`TRAINER`), `monitoring` how
it is watched (`MONITOR`). A part is imported on first use, so that asking for one model does not load the libraries
of the others. The kind travels as an object; only where a person or a program writes a name is the name resolved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, runtime_checkable

from core.errors import NotReady, UsageError, did_you_mean

if TYPE_CHECKING:
    from pandas import DataFrame

    from core.settings import Settings
    from core.workspace import Workspace
    from models.intervals import Statistic

KINDS: dict[str, str] = {
    "churn": "{layer}.churn",
    "demand": "{layer}.demand",
    "recommendation": "{layer}.recommendation",
    "value": "{layer}.value",
    "uplift": "{layer}.uplift",
}
"""Every kind by its name (that of its registered model), with the place of its parts."""
NEEDS: dict[str, tuple[str, ...]] = {"uplift": ("contacts",)}
"""Tables beside orders without which a kind has nothing to learn from."""

Layer = Literal["models", "training", "monitoring"]
ColumnType = Literal["text", "day", "number", "integer"]


@dataclass(frozen=True)
class Budget:
    """How much one training may tune: completed trials, and a safety stop in seconds.

    With `joins_within` it takes part in a study that another process opens within so many seconds, whose trials
    count, and ends with it (`training.study.StudyOver`).
    """

    trials: int
    timeout_s: float
    joins_within: float | None = None


@runtime_checkable
class FittedModel(Protocol):
    """A model, or a baseline, that was fitted on facts before a date."""

    @property
    def trained_as_of(self) -> date:
        """The first day it knows nothing of."""
        ...

    def save(self, directory: Path) -> None:
        """Write it as data (UBJ, JSON, Parquet) into a sealed directory, replacing what was there."""
        ...


M = TypeVar("M", bound=FittedModel)


@runtime_checkable
class Scoring(Protocol):
    """By what a kind of model is measured."""

    @property
    def primary(self) -> str:
        """The statistic by which versions are compared."""
        ...

    @property
    def higher_is_better(self) -> bool:
        """Whether more of the primary statistic is better."""
        ...

    @property
    def statistics(self) -> Mapping[str, Statistic]:
        """Every metric, computed from the frame that `evaluate` gives."""
        ...


@runtime_checkable
class Kind(Scoring, Protocol[M]):
    """What one kind of model can do; `M` is the type of its models and baselines."""

    @property
    def name(self) -> str:
        """The name of its registered model, such as `churn`."""
        ...

    @property
    def question(self) -> str:
        """What it answers, as one question to a shop owner."""
        ...

    @property
    def service(self) -> str:
        """The Feast feature service it reads, such as `churn_v1`."""
        ...

    def horizon_days(self, settings: Settings) -> int:
        """Days ahead that a prediction is about, and that an evaluation window has."""
        ...

    def budget(self, settings: Settings) -> Budget:
        """How much a training tunes where nobody says otherwise."""
        ...

    def limits(self, settings: Settings) -> Mapping[str, float]:
        """Statistics that may not lie certainly beyond a distance from 0, where the best baseline lies nearer to it."""
        ...

    def load(self, directory: Path) -> M:
        """Load a model or a baseline; a damaged directory is refused (StoreError)."""
        ...

    def evaluate(self, workspace: Workspace, model: M, as_of: date) -> DataFrame:
        """One row per unit (customer, series), indexed by its id, for the window that starts at `as_of`."""
        ...

    def file_columns(self, settings: Settings, **options: Any) -> Mapping[str, ColumnType]:
        """The columns of the prediction file, in order, without `model_version`, which every file ends with."""
        ...

    def file_options(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """What `predict_file` takes, from what a caller gave by name; refuses what it does not know (UsageError)."""
        ...

    def predict_file(self, workspace: Workspace, model: M, as_of: date, version: str, **options: Any) -> DataFrame:
        """The prediction file of the whole population as of a date, with every column of `file_columns`.

        Raises:
            NotReady: the model was trained as of a later date (see `refuse_hindsight`).
            UsageError: an option it does not know.
        """
        ...

    def baselines(self, workspace: Workspace, as_of: date) -> Mapping[str, M]:
        """The built-in baselines, fitted on the facts before `as_of`."""
        ...

    def signature(self, model: M) -> Mapping[str, list[str]]:
        """The names of its `inputs` and `outputs`: a version that serves may not be replaced by another shape."""
        ...

    def answer(self, model: M, inputs: DataFrame) -> DataFrame:
        """The signature's outputs for a plain frame of its inputs; nothing but the two is read.

        `mlflow.pyfunc` predicts with it, in a process that has only the artifact.
        """
        ...

    def example(self, model: M) -> DataFrame:
        """A few invented rows of the signature's inputs, no customer's; empty for a model that was never saved."""
        ...

    def golden(self, model: M) -> list[str]:
        """Replay the golden inputs saved with the model; what came out differently, in words (empty: nothing)."""
        ...


@runtime_checkable
class PartwiseKind(Protocol):
    """A kind whose prediction file may be too large to be held."""

    def predict_parts(
        self, workspace: Workspace, model: Any, as_of: date, version: str, **options: Any
    ) -> Iterator[DataFrame]:
        """`Kind.predict_file` in parts, one after the other in its order; at least one.

        Raises:
            NotReady, UsageError: as `predict_file`.
        """
        ...


def names() -> tuple[str, ...]:
    """The names of all kinds."""
    return tuple(KINDS)


def learnable(workspace: Workspace) -> tuple[str, ...]:
    """The names of the kinds whose tables the shop has brought."""
    has = workspace.tables.has
    return tuple(name for name in KINDS if all(has(table) for table in NEEDS.get(name, ())))


def require_name(name: str) -> None:
    """Refuse what is no kind, without importing one.

    Raises:
        UsageError: no such model, with the nearest name.
    """
    if name not in KINDS:
        raise UsageError(f"there is no model {name!r}", todo=did_you_mean(name, KINDS))


def part(name: str, layer: Layer, attribute: str) -> Any:
    """What a kind has in a layer, such as its `KIND` in `models`.

    Raises:
        UsageError: no such model, with the nearest name.
    """
    require_name(name)
    return getattr(import_module(KINDS[name].format(layer=layer)), attribute)


def kind(name: str) -> Kind[Any]:
    """The kind of that name.

    Raises:
        UsageError: no such model, with the nearest name.
        TypeError: its folder holds something else.
    """
    found: object = part(name, "models", "KIND")
    if not isinstance(found, Kind):
        raise TypeError(f"KIND of {name!r} does not offer what a kind must")
    return found


def refuse_hindsight(kind_name: str, version: str, model: FittedModel, as_of: date) -> None:
    """Refuse a model that knows facts at or after `as_of`: it would predict what it has seen.

    Raises:
        NotReady: it was trained as of a later date.
    """
    if model.trained_as_of > as_of:
        raise NotReady(
            f"{kind_name} version {version} was trained as of {model.trained_as_of}, later than {as_of}",
            why="it has seen what it would predict",
            todo=f"run: regulars train {kind_name} --as-of {as_of}, then predict with --alias challenger",
        )


def no_file_options(kind_name: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The options of a kind whose file has none.

    Raises:
        UsageError: one was given.
    """
    known = sorted(name for name, value in given.items() if value is not None)
    if known:
        options = " and ".join(f"--{name}" for name in known)
        verb = "is" if len(known) == 1 else "are"
        raise UsageError(f"{options} {verb} not for {kind_name}", todo="leave it out")
    return {}
