"""The ways to train a kind of model beside the usual one, as a command names them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from core.errors import DataError, UsageError, did_you_mean
from core.workspace import SETTINGS_FILE, Workspace
from models import artifact
from models.arrays import Float64Array
from models.artifact_cache import MODEL
from models.kinds import Kind
from models.registry import Registry
from monitoring import protected
from monitoring.fairness import reweighing
from training import kinds
from training.kinds import Trainer, Weigher, require_mitigable, require_startable

REWEIGH = "reweigh"
"""Names every protected attribute of the shop at once."""


def chosen(
    workspace: Workspace, kind: Kind[Any], *, warm_start: Path | None, from_log: bool, mitigate: str | None
) -> Trainer:
    """How to train; the usual way where nothing else is asked for.

    Raises:
        UsageError: two ways at once, one that the kind does not know, or an unknown attribute.
        DataError: the shop keeps no protected attributes to weigh by.
    """
    asked = {"--warm-start": warm_start is not None, "--from-log": from_log, "--mitigate": mitigate is not None}
    named = [option for option, given in asked.items() if given]
    if len(named) > 1:
        raise UsageError(f"{' and '.join(named)} exclude each other", todo="give one of them")
    if warm_start is not None:
        return kinds.warm_trainer(kind, mature_model(workspace, kind.name, warm_start))
    if from_log:
        return kinds.log_trainer(kind)
    if mitigate is not None:
        require_mitigable(kind.name)
        names = attributes(workspace, mitigate)
        return kinds.mitigated_trainer(kind, Weigher(tuple(names), partial(_weights, workspace, names)))
    return kinds.trainer(kind)


def attributes(workspace: Workspace, mitigate: str) -> list[str]:
    """The protected attributes that are meant by a name; `reweigh` means all.

    Raises:
        UsageError: the shop keeps none of that name.
        DataError: it keeps none at all.
    """
    kept = protected.attributes(workspace)
    if not kept:
        raise DataError(
            "the shop keeps no protected attributes to weigh training rows by",
            todo="map them in the table protected (customer_id, attribute, value) and run: regulars ingest",
        )
    if mitigate != REWEIGH and mitigate not in kept:
        raise UsageError(f"no protected attribute is named {mitigate!r}", todo=did_you_mean(mitigate, [*kept, REWEIGH]))
    return kept if mitigate == REWEIGH else [mitigate]


def _weights(workspace: Workspace, names: list[str], rows: pd.DataFrame) -> Float64Array:
    groups = protected.groups(workspace, rows["customer_id"].tolist())[names]
    return reweighing.weights(groups.reset_index(drop=True), rows["churned"].to_numpy())


def mature_model(workspace: Workspace, name: str, named: Path) -> Path:
    """The folder of the saved model that a training is to start from: named itself, or by the workspace it serves in.

    Raises:
        UsageError: neither is there, it is of this workspace, or models of the kind can't be started so.
        NotReady: nothing is champion there.
    """
    require_startable(name)
    here = workspace.root.resolve()
    if here == named.resolve() or here in named.resolve().parents:
        raise UsageError("a shop can't start from itself", todo="name another shop's workspace")
    if (named / artifact.MANIFEST).exists():
        return named
    if not (named / SETTINGS_FILE).exists():
        raise UsageError(f"{named} is neither a saved model nor a workspace", todo="name another shop's workspace")
    registry = Registry(Workspace.open(named))
    return registry.fetch(registry.version(name, "champion")) / MODEL
