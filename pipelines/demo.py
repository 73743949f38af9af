"""`regulars demo`: the whole product once, on the embedded purchases; what is done already is reused."""

from __future__ import annotations

import getpass
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import progress
from core.clock import present
from core.errors import GateRefused
from core.files import write_atomically
from core.keys import KeyStore
from core.workspace import SETTINGS_FILE, Workspace
from feature_repo.materialization import Materializations
from models import release
from models.kinds import kind, names
from models.registry import Registry
from models.version import CHAMPION, Version
from monitoring import monitor
from pipelines import features, ingest
from pipelines.initialise import initialise
from pipelines.training_pipeline import train

KEY_NAME = "demo"
KEY_RIGHTS = ("predict", "customers", "feedback", "events", "review")


@dataclass(frozen=True)
class ModelOutcome:
    """One model after the demo: which version, whether it serves, and why not."""

    version: Version
    promoted: bool
    text: str


@dataclass(frozen=True)
class Prepared:
    """Everything is there to be served."""

    workspace: Workspace
    models: Mapping[str, ModelOutcome]
    key_file: Path

    def metrics(self) -> list[tuple[object, ...]]:
        """Rows of the table at the end: model, who, and the primary metric with its 95% interval."""
        return [row for name in names() for row in _metric_rows(self.models[name])]

    def examples(self) -> tuple[list[str], str]:
        """Two customers who bought lately, and the keys of the best-selling series as JSON."""
        return _examples(self.workspace)

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        return {
            "workspace": str(self.workspace.root),
            "key_file": str(self.key_file),
            "models": {
                name: {
                    "version": outcome.version.version,
                    "promoted": outcome.promoted,
                    "text": outcome.text,
                    "metrics": {key: value.as_dict() for key, value in outcome.version.metrics.items()},
                }
                for name, outcome in self.models.items()
            },
        }


def prepare(root: Path) -> Prepared:
    """Ingest, train, promote, fill the online store, monitor; each step only where it is still to be done.

    Raises:
        RegularsError: a step failed; what was done before it stays and is reused.
    """
    workspace = _workspace(root)
    progress.current().step("reading the purchases of the Complete Journey")
    ingest.run(workspace)
    models = {name: _model(workspace, name) for name in names()}
    _fill_online_store(workspace)
    progress.current().step("comparing the last days with the training data")
    monitor.run(workspace, present(workspace))
    return Prepared(workspace, models, _key(workspace))


def _workspace(root: Path) -> Workspace:
    if not (root / SETTINGS_FILE).exists():
        initialise(root, None, "complete-journey")
    return Workspace.open(root)


def _model(workspace: Workspace, name: str) -> ModelOutcome:
    """The version of today's data: the one there is, or a new one; promoted through the gates like any other."""
    today = present(workspace)
    version = _trained(workspace, name)
    if version is None:
        progress.current().step(f"training {name} as of {today} ({workspace.settings.demo.trials} trials)")
        version = train(workspace, name, as_of=today, trials=workspace.settings.demo.trials).version
    if CHAMPION in version.aliases:
        return ModelOutcome(version, True, f"{version} is champion")
    try:
        text = release.promote(workspace, name, version.version, who=getpass.getuser()).text
        promoted = True
    except GateRefused as refusal:
        text, promoted = str(refusal), False
    progress.current().note(text)
    return ModelOutcome(Registry(workspace).version(name, version.version), promoted, text)


def _trained(workspace: Workspace, name: str) -> Version | None:
    """The newest version that was trained as of the present on the same data."""
    digest = workspace.tables.digest(present(workspace))
    versions = [v for v in Registry(workspace).versions(name) if v.data_digest == digest]
    return max(versions, key=lambda version: int(version.version), default=None)


def _fill_online_store(workspace: Workspace) -> None:
    if not Materializations(workspace).is_current(present(workspace)):
        progress.current().step("filling the online store")
        features.materialize(workspace, present(workspace))


def _key(workspace: Workspace) -> Path:
    """The file with the demo's key: random, readable by its owner only."""
    path = workspace.secrets_dir / "demo_key"
    keys = KeyStore(workspace)
    if path.exists() and keys.find(path.read_text().strip()):
        return path
    number = len(keys.list())
    token = keys.create(f"{KEY_NAME} {number}" if number else KEY_NAME, KEY_RIGHTS)
    write_atomically(path, token + "\n", mode=0o600)
    return path


def _metric_rows(outcome: ModelOutcome) -> list[tuple[object, ...]]:
    version = outcome.version
    primary = kind(version.kind).primary
    rows: list[tuple[object, ...]] = [
        (version.kind, f"version {version.version}", primary, *_cells(version.metrics[primary]))
    ]
    for name, metrics in version.baselines.items():
        rows.append(("", name, primary, *_cells(metrics[primary])))
    return rows


def _cells(interval: Any) -> tuple[str, str]:
    return f"{interval.value:.4f}", f"{interval.low:.4f} to {interval.high:.4f}"


def _examples(workspace: Workspace) -> tuple[list[str], str]:
    from core import query_engine

    with query_engine.on_tables(workspace) as connection:
        customers = connection.execute(
            "SELECT customer_id FROM orders WHERE customer_id IS NOT NULL"
            " GROUP BY 1 ORDER BY max(ordered_at) DESC, 1 LIMIT 2"
        ).fetchall()
        category = connection.execute(
            "SELECT category FROM orders JOIN products USING (product_id) WHERE category IS NOT NULL"
            " GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
        ).fetchone()
    return [row[0] for row in customers], json.dumps({"category": category[0] if category else ""})
