"""`regulars demo`: the whole product once, on the embedded purchases; what is done already is reused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import progress
from core.clock import present
from core.workspace import SETTINGS_FILE, Workspace
from models.kinds import kind, learnable
from monitoring import monitor
from pipelines import data_review, first_models, ingest
from pipelines.first_models import ModelOutcome
from pipelines.initialise import initialise

KEY_NAME = "demo"
KEY_RIGHTS = ("predict", "customers", "feedback", "events", "review")


@dataclass(frozen=True)
class Prepared:
    """Everything is there to be served."""

    workspace: Workspace
    models: Mapping[str, ModelOutcome]
    key_file: Path

    def metrics(self) -> list[tuple[object, ...]]:
        """Rows of the table at the end: model, who, and the primary metric with its 95% interval."""
        return [row for name in self.models for row in _metric_rows(self.models[name])]

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
    data_review.review(workspace)
    trials = workspace.settings.demo.trials
    models = {name: first_models.make(workspace, name, trials) for name in learnable(workspace)}
    first_models.fill_online_store(workspace)
    progress.current().step("comparing the last days with the training data")
    monitor.run(workspace, present(workspace))
    return Prepared(workspace, models, first_models.key_file(workspace, "demo_key", KEY_NAME, KEY_RIGHTS))


def _workspace(root: Path) -> Workspace:
    if not (root / SETTINGS_FILE).exists():
        initialise(root, None, "complete-journey")
    return Workspace.open(root)


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
