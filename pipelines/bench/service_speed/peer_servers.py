"""Peers that serve models: `mlflow models serve` and MLServer, in environments of their own, on the same boosters.

They are told the features with each request, where the service and the floor read them: what they leave out, reading,
keys, consents, the log, is not held against anybody. Their pins conflict with each other's and with ours.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from core import progress
from core.workspace import Workspace
from models.churn.model import BoostedModel
from models.churn.portfolio import Portfolio
from pipelines.bench.service_speed import contenders, load
from pipelines.bench.service_speed.contenders import HOST, Contender
from pipelines.bench.service_speed.floor import Floor
from pipelines.bench.service_speed.load import post
from pipelines.bench.service_speed.scenarios import CHURN, LoadScenario
from pipelines.bench.service_speed.serving_bench import WARM_SECONDS, Effort, ServingMeasure, saturated
from pipelines.processes import free_port

MLFLOW, MLSERVER = "mlflow", "mlserver"
CUSTOMERS: Final = 200
_SAVE: Final = (
    "import sys, mlflow, xgboost; mlflow.xgboost.save_model(xgboost.Booster(model_file=sys.argv[1]), sys.argv[2])"
)


@dataclass(frozen=True)
class PeerModel:
    """The first booster of the churn champion as a file, and the rows of some customers."""

    booster: Path
    rows: list[list[float | None]]
    names: list[str]


def measure(workspace: Workspace, environments: Path, effort: Effort) -> Iterator[ServingMeasure]:
    """Each peer that is there, as fast as it goes; one that is not there is said to be absent."""
    folder = workspace.root / "bench-peers"
    folder.mkdir()
    model = _model(workspace, folder)
    for name, start in ((MLFLOW, _mlflow), (MLSERVER, _mlserver)):
        binaries = next(
            (each for each in (environments / name / "bin", environments / "bin") if (each / name).exists()), None
        )
        if binaries is None or model is None:
            why = f"no {name} in {environments}" if model else "the champion has no booster"
            progress.current().note(f"- {name} is absent: {why}")
            continue
        progress.current().step(name)
        with start(binaries.absolute(), model, folder) as peer:
            requests = _REQUESTS[name](model)
            load.saturate(peer.port, requests, 16, WARM_SECONDS)
            found = ServingMeasure(CHURN, name)
            for _ in range(effort.rounds):
                found = saturated(peer, LoadScenario(CHURN, requests), found, effort)
            half, even = (
                load.pace(peer.port, requests, 64, effort.seconds, found.full.per_second / 2, evenly=evenly)
                for evenly in (False, True)
            )
            yield ServingMeasure(CHURN, name, found.full, half, found.cpu, even)


def _model(workspace: Workspace, folder: Path) -> PeerModel | None:
    floor = Floor(workspace)
    trees: Any = floor.scorer
    if isinstance(trees, Portfolio):
        trees = next((each for each in trees.members.values() if isinstance(each, BoostedModel)), None)
    if not isinstance(trees, BoostedModel):
        return None
    from feature_repo.materialization import Materializations

    ids = list(Materializations(workspace).keys("customer_features"))[:CUSTOMERS]
    names = trees.about.inputs.names
    all_names = floor.scorer.about.inputs.names
    rows = floor.matrix(ids)[:, [all_names.index(name) for name in names]].astype(float)
    trees.boosters[0].save_model(folder / "model.ubj")
    told = [[None if value != value else value for value in row] for row in rows.tolist()]  # noqa: PLR0124 - NaN
    return PeerModel(folder / "model.ubj", told, names)


def _mlflow(binaries: Path, model: PeerModel, folder: Path) -> AbstractContextManager[Contender]:
    saved, port = folder / "mlflow-model", free_port(HOST, contenders.FIRST_PORT + 200)
    subprocess.run([binaries / "python", "-c", _SAVE, model.booster, saved], check=True, capture_output=True)
    command = [binaries / "mlflow", "models", "serve", "-m", saved, "-h", HOST, "-p", str(port), "-w", "1"]
    return _running(
        MLFLOW, [*map(str, command), "--env-manager", "local"], f"http://{HOST}:{port}/ping", binaries, folder
    )


def _mlserver(binaries: Path, model: PeerModel, folder: Path) -> AbstractContextManager[Contender]:
    port = free_port(HOST, contenders.FIRST_PORT + 300)
    home = folder / "mlserver"
    home.mkdir()
    settings = {"host": HOST, "http_port": port, "grpc_port": free_port(HOST, port + 10), "parallel_workers": 0}
    settings |= {"metrics_port": free_port(HOST, port + 20), "debug": False}
    (home / "settings.json").write_text(json.dumps(settings))
    about = {"name": "churn", "implementation": "mlserver_xgboost.XGBoostModel"}
    about |= {"parameters": {"uri": str(model.booster.absolute())}}  # type: ignore[dict-item]
    (home / "model-settings.json").write_text(json.dumps(about))
    command = [str(binaries / "mlserver"), "start", str(home)]
    return _running(MLSERVER, command, f"http://{HOST}:{port}/v2/models/churn/ready", binaries, folder)


def _running(
    name: str, command: list[str], url: str, binaries: Path, folder: Path
) -> AbstractContextManager[Contender]:
    environment = {"PATH": f"{binaries}:/usr/bin:/bin", "PYTHONPATH": "", "VIRTUAL_ENV": str(binaries.parent)}
    return contenders.running(name, command, url, folder / f"{name}.log", environment=environment)


def _of_mlflow(model: PeerModel) -> list[bytes]:
    asked = [{"inputs": [row]} for row in model.rows]
    return [post("/invocations", json.dumps(each).encode()) for each in asked]


def _of_mlserver(model: PeerModel) -> list[bytes]:
    """It takes no missing values in JSON: zeros stand for them, which costs it nothing."""
    inputs = [
        {"name": "x", "shape": [1, len(row)], "datatype": "FP32", "data": [value or 0.0 for value in row]}
        for row in model.rows
    ]
    return [post("/v2/models/churn/infer", json.dumps({"inputs": [each]}).encode()) for each in inputs]


_REQUESTS: Final = {MLFLOW: _of_mlflow, MLSERVER: _of_mlserver}
