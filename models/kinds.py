"""The three kinds of model, and what each must offer so that the registry, the gates and the service can use it.

A kind is a module-level object `KIND` in `models/<name>/__init__.py`'s package; `kind(name)` imports it on
first use, so that asking for one model does not load the libraries of the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast, runtime_checkable

from core.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from pandas import DataFrame

    from core.workspace import Workspace
    from models.intervals import Statistic

NAMES = ("churn", "demand", "recommendation")


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


@runtime_checkable
class Measured(Protocol):
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
class Kind(Measured, Protocol):
    """What one kind of model can do."""

    @property
    def name(self) -> str:
        """`churn`, `demand` or `recommendation`."""
        ...

    @property
    def service(self) -> str:
        """The Feast feature service it reads, such as `churn_v1`."""
        ...

    def load(self, directory: Path) -> FittedModel:
        """Load a model or a baseline; a damaged directory is refused (StoreError)."""
        ...

    def evaluate(self, workspace: Workspace, model: FittedModel, as_of: date) -> DataFrame:
        """One row per unit (customer, series), indexed by its id, for the window that starts at `as_of`."""
        ...

    def predict_file(
        self, workspace: Workspace, model: FittedModel, as_of: date, version: str, **options: Any
    ) -> DataFrame:
        """The prediction file of the whole population as of a date."""
        ...

    def baselines(self, workspace: Workspace, as_of: date) -> Mapping[str, FittedModel]:
        """The built-in baselines, fitted on the facts before `as_of`."""
        ...

    def signature(self, model: FittedModel) -> Mapping[str, list[str]]:
        """The names of its `inputs` and `outputs`: a version that serves may not be replaced by another shape."""
        ...

    def answer(self, model: FittedModel, inputs: DataFrame) -> DataFrame:
        """The signature's outputs, a row for each row of `inputs` (the signature's inputs): nothing else is read.

        The golden inputs are replayed through it, and `mlflow.pyfunc` predicts with it.
        """
        ...

    def golden(self, model: FittedModel) -> list[str]:
        """Replay the golden inputs saved with the model; what came out differently, in words (empty: nothing)."""
        ...


def require_name(name: str) -> None:
    """Refuse what is no kind, without importing one.

    Raises:
        UsageError: no such model, with the nearest name.
    """
    if name not in NAMES:
        raise UsageError(f"there is no model {name!r}", todo=did_you_mean(name, NAMES))


def kind(name: str) -> Kind:
    """The kind of that name.

    Raises:
        UsageError: no such model, with the nearest name.
    """
    require_name(name)
    return cast(Kind, import_module(f"models.{name}").KIND)
