"""The floor: the least that a service has to do for churn.

    python -m pipelines.bench.service_speed.floor -w DIR --port P

A bare Starlette application on uvicorn: no keys, no limits, no consents, no log, no other figure than the probability.
It reads the same packed row by SQL, decodes it by NumPy and predicts by the same model.
"""

from __future__ import annotations

import argparse
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import uvicorn
from scipy.special import expit
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from core.packed_rows import matrix
from core.workspace import Workspace
from feature_repo import catalog
from feature_repo.packed.entity_keys import entity_keys
from feature_repo.packed.view_tables import layout_of, table_of
from models.arrays import Float32Array
from models.churn import KIND
from models.registry import Registry

VIEW = "customer_features"


class Floor:
    """Rows of the store, and the model."""

    def __init__(self, workspace: Workspace) -> None:
        self._layout = layout_of(catalog.view(VIEW))
        self._store = sqlite3.connect(workspace.feast_dir / "online.db", isolation_level=None)
        state = Registry(workspace).serving_state(KIND.name)
        assert state is not None
        self.scorer = KIND.load(state.directory)
        numbers = [self._layout.names[place] for place in self._layout.number_places]
        self._columns = np.array([numbers.index(name) for name in self.scorer.about.inputs.names])

    def matrix(self, ids: Sequence[str]) -> Float32Array:
        """The features of customers that the store knows, shape (customers, features)."""
        marks = ",".join("?" * len(ids))
        query = f"SELECT entity_key, content FROM {table_of(VIEW)} WHERE entity_key IN ({marks})"
        keys = entity_keys("customer_id", ids)
        found = dict(self._store.execute(query, keys))
        rows = [found[key] for key in keys]
        return np.ascontiguousarray(matrix(self._layout, rows)[:, self._columns], dtype=np.float32)

    async def churn(self, request: Request) -> JSONResponse:
        """A probability for each id."""
        asked = await request.json()
        ids = asked["customer_ids"]
        rows = self.matrix(ids)
        told = expit(self.scorer.margins(rows)).tolist()
        results = [{"customer_id": each, "churn_probability": value} for each, value in zip(ids, told, strict=True)]
        if asked.get("explain"):
            effects = self.scorer.contributions(rows)
            strongest = np.argsort(-np.abs(effects), axis=1)[:, :5]
            names = self.scorer.about.inputs.names
            for line, places, row in zip(results, strongest, effects, strict=True):
                line["reasons"] = [{"feature": names[place], "effect": float(row[place])} for place in places]
        return JSONResponse({"results": results})

    async def alive(self, _: Request) -> JSONResponse:
        """Liveness."""
        return JSONResponse({"status": "alive"})


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-w", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    floor = Floor(Workspace.open(given.w))
    routes = [Route("/v1/churn", floor.churn, methods=["POST"]), Route("/healthz", floor.alive)]
    uvicorn.run(Starlette(routes=routes), port=given.port, log_level="error", access_log=False)


if __name__ == "__main__":
    main()
