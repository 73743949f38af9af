"""Logs a training run to MLflow and registers its version: everything by which a run can be judged and repeated."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import pandas as pd
from mlflow.entities import Metric, Param
from mlflow.models import Model
from mlflow.utils.mlflow_tags import MLFLOW_GIT_COMMIT, MLFLOW_RUN_NOTE, MLFLOW_SOURCE_NAME, MLFLOW_USER

from core import actors, provenance
from core.actors import KEY_VARIABLE
from core.audit import AuditLog, person
from core.errors import StoreError
from core.progress import current
from core.workspace import Workspace
from models import artifact, model_card, version_seal
from models import pyfunc as pyfunc_code
from models.artifact_cache import BASELINE, EVALUATION, MODEL, PACKAGE, seal_of
from models.intervals import Interval
from models.mlflow_store import talking
from models.registry import PLOTS, Registry
from models.registry_place import artifact_root
from models.version import Version
from training import dataset_inputs, slice_report, trial_runs
from training.model_signature import Described
from training.outcome import TrainingRecord

_REQUIREMENTS = ("regulars", "mlflow", "numpy", "pandas", "pyarrow", "scikit-learn", "scipy", "xgboost-cpu")
_LONGEST_PARAM = 6000
_BATCH = 100


def log(workspace: Workspace, record: TrainingRecord) -> Version:
    """Log the run, register its version and let it be the challenger.

    Raises:
        StoreError: the registry does not answer, or the saved models are damaged.
    """
    registry = Registry(workspace)
    described = Described(record.kind, record.directory)
    facts = describe(workspace, record, described)
    current().step(f"logging the run to MLflow and registering a version of {record.kind.name}")
    with _run(registry, record) as run_id:
        _log_run(registry, run_id, record, facts)
        with talking(workspace):
            registry.client.log_inputs(run_id, dataset_inputs.of_run(facts, described.columns()))
            trial_runs.log(registry.client, run_id, record.outcome.study, _run_tags(record))
        with tempfile.TemporaryDirectory() as scratch:
            package = _package(record, facts, Path(scratch))
            model_id, source = _log_model(registry, run_id, record.kind.name, described, package)
            seal = seal_of(package)
        _log_metrics(registry, run_id, record, model_id)
        version = registry.register(
            record.kind.name, run_id, source, _tags(facts, seal), model_id, question=record.kind.question
        )
    details = {name: facts[name] for name in ("as_of", "data_digest", "code_version", "seed", "trials")}
    AuditLog(workspace).append("train", person(), version.subject, details | {"seal": seal})
    version_seal.seal(registry, version, person())
    return version


def describe(workspace: Workspace, record: TrainingRecord, described: Described) -> dict[str, Any]:
    """Everything about a run that is text or a number: `record.json`, from which the model card is written."""
    outcome, judged = record.outcome, record.outcome.evaluation
    return {
        "kind": record.kind.name,
        "as_of": record.as_of.isoformat(),
        "evaluated_from": outcome.evaluated_from.isoformat(),
        "question": record.kind.question,
        "service": record.kind.service,
        "primary": record.kind.primary,
        "higher_is_better": record.kind.higher_is_better,
        "best_baseline": judged.best_baseline,
        "seed": record.seed,
        "threads": workspace.settings.threads,
        "trials": outcome.study.trials,
        "study": outcome.study.name,
        "best_trial_value": outcome.study.best_value,
        "data_digest": record.data_digest,
        "code_version": record.code_version,
        "trained_by": person(),
        "trained_by_ids": sorted(actors.training(workspace, os.environ.get(KEY_VARIABLE)).ids),
        "rows": outcome.rows,
        "units": outcome.units,
        "units_are": outcome.units_are,
        "seconds": round(record.seconds, 1),
        "parameters": dict(outcome.parameters),
        "best_parameters": dict(outcome.study.best_parameters),
        "metrics": _plain(judged.metrics),
        "baselines": {name: _plain(metrics) for name, metrics in judged.baselines.items()},
        "paired": _plain(judged.paired),
        "promised": _plain(outcome.promised),
        "features": [vars(note) for note in outcome.features],
        "notes": list(outcome.notes),
        "tables": [asdict(table) for table in outcome.tables],
        "signature": described.names,
        "extra": dict(outcome.extra),
    }


def metric_name(name: str) -> str:
    """The name under which MLflow takes a metric: `lift@10%` becomes `lift_at_10pct`."""
    return re.sub(r"[^\w\-./ :]", "_", name.replace("@", "_at_").replace("%", "pct"))


@contextmanager
def _run(registry: Registry, record: TrainingRecord) -> Iterator[str]:
    """A run that ends as finished, failed or killed, whatever happens."""
    name, tags = f"{record.kind.name} as of {record.as_of}", _run_tags(record)
    with talking(registry.workspace):
        run = registry.client.create_run(_experiment(registry, record.kind.name), run_name=name, tags=tags)
    run_id, status = str(run.info.run_id), "KILLED"
    try:
        yield run_id
        status = "FINISHED"
    except Exception:
        status = "FAILED"
        raise
    finally:
        registry.client.set_terminated(run_id, status)


def _experiment(registry: Registry, name: str) -> str:
    found = registry.client.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    return str(registry.client.create_experiment(name, f"{artifact_root(registry.workspace)}/{name}"))


def _run_tags(record: TrainingRecord) -> dict[str, str]:
    """`mlflow.source.git.commit` is a commit's whole hash, or is not there; `code_version` is always."""
    commit = provenance.commit()
    return {
        MLFLOW_USER: person(),
        MLFLOW_SOURCE_NAME: f"regulars train {record.kind.name}",
        **({MLFLOW_GIT_COMMIT: commit} if commit else {}),
        MLFLOW_RUN_NOTE: f"{record.kind.name}, trained as of {record.as_of}",
        "kind": record.kind.name,
        "as_of": str(record.as_of),
        "data_digest": record.data_digest,
        "code_version": record.code_version,
    }


def _log_run(registry: Registry, run_id: str, record: TrainingRecord, facts: Mapping[str, Any]) -> None:
    client = registry.client
    with talking(registry.workspace):
        _log_params(registry, run_id, facts)
        client.log_text(run_id, json.dumps(facts, indent=1, default=str), model_card.RECORD)
        if found := record.outcome.extra.get(slice_report.SLICES):
            client.log_table(run_id, pd.DataFrame(found), "slices.json")
        trials = pd.DataFrame([_flat(row) for row in record.outcome.study.history])
        client.log_text(run_id, trials.to_csv(index=False), "tuning/trials.csv")
        for name, text in model_card.render(facts, None).items():
            client.log_text(run_id, text, name)
        for name, text in record.outcome.csv.items():
            client.log_text(run_id, text, name)
        for name, plot in record.outcome.plots.items():
            _log_plot(registry, run_id, name, plot)


def _log_params(registry: Registry, run_id: str, facts: Mapping[str, Any]) -> None:
    names = ("as_of", "evaluated_from", "service", "seed", "threads", "trials", "data_digest", "code_version", "rows")
    values = {name: facts[name] for name in names}
    values |= _flat(facts["parameters"]) | {f"best.{k}": v for k, v in facts["best_parameters"].items()}
    params = [Param(metric_name(name), str(value)[:_LONGEST_PARAM]) for name, value in values.items()]
    for start in range(0, len(params), _BATCH):
        registry.client.log_batch(run_id, params=params[start : start + _BATCH])


def _log_plot(registry: Registry, run_id: str, name: str, plot: Any) -> None:
    if isinstance(plot, str | Path):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(shutil.copy(plot, Path(folder) / Path(name).name))
            registry.client.log_artifact(run_id, str(path), PLOTS)
    else:
        registry.client.log_figure(run_id, plot, f"{PLOTS}/{name}")


def _log_metrics(registry: Registry, run_id: str, record: TrainingRecord, model_id: str) -> None:
    now = int(time.time() * 1000)
    judged = record.outcome.evaluation
    values = _interval_metrics("", judged.metrics)
    for name, metrics in judged.baselines.items():
        values |= _interval_metrics(f"baseline.{name}.", metrics)
    values |= _interval_metrics("versus.", judged.paired)
    values |= {metric_name(name): value for name, value in record.outcome.figures.items()}
    found = [Metric(k, v, now, 0, model_id=model_id, run_id=run_id) for k, v in values.items() if math.isfinite(v)]
    history = [row.get("value") for row in record.outcome.study.history]
    found += [Metric("tuning.value", v, now, i) for i, v in enumerate(history) if v is not None and math.isfinite(v)]
    with talking(registry.workspace):
        for start in range(0, len(found), 1000):
            registry.client.log_batch(run_id, metrics=found[start : start + 1000])


def _interval_metrics(prefix: str, metrics: Mapping[str, Interval]) -> dict[str, float]:
    values: dict[str, float] = {}
    for name, interval in metrics.items():
        key = metric_name(prefix + name)
        values |= {key: interval.value, f"{key}.low": interval.low, f"{key}.high": interval.high}
    return values


def _package(record: TrainingRecord, facts: Mapping[str, Any], scratch: Path) -> Path:
    """The version's own files, sealed."""
    package = scratch / PACKAGE
    for name in (MODEL, EVALUATION, BASELINE):
        source = record.directory / name
        if not source.is_dir():
            raise StoreError(f"the training left no {name}/", where=str(record.directory))
        artifact.verify(source)
        shutil.copytree(source, package / name)
    brief = {name: value for name, value in facts.items() if name not in {"features", "extra"}}
    artifact.write_json(package / "version.json", _finite(brief))
    artifact.write_json(package / "features.json", facts["features"])
    (package / "card.md").write_text(model_card.render(facts, None)["card.md"], encoding="utf-8")
    artifact.seal(package)
    return package


def _log_model(registry: Registry, run_id: str, kind: str, described: Described, package: Path) -> tuple[str, str]:
    """Log the package as an `mlflow.pyfunc` from code; gives MLflow's id of it and where it lies."""
    client, saved = registry.client, package.parent / "saved"
    experiment = client.get_run(run_id).info.experiment_id
    with talking(registry.workspace):
        logged = client.create_logged_model(experiment, kind, run_id, model_type="regulars")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            mlflow.pyfunc.save_model(
                path=str(saved),
                python_model=pyfunc_code.__file__,
                artifacts={PACKAGE: str(package)},
                signature=described.signature,
                input_example=described.example if len(described.example) else None,
                metadata={"units": described.units},
                pip_requirements=[f"{name}=={installed(name)}" for name in _REQUIREMENTS],
                mlflow_model=Model(model_id=logged.model_id, run_id=run_id),
            )
        client.log_model_artifacts(logged.model_id, str(saved))
        client.finalize_logged_model(logged.model_id, "READY")
    return str(logged.model_id), str(logged.artifact_location)


def _tags(facts: Mapping[str, Any], seal: str) -> dict[str, str]:
    """What the registry tells of a version without a download."""
    names = ["as_of", "evaluated_from", "service", "primary", "best_baseline", "seed", "threads", "trials"]
    names += ["data_digest", "code_version", "trained_by", "rows", "units"]
    tags = {name: str(facts[name]) for name in names}
    written = ("metrics", "baselines", "paired", "promised", "signature", "trained_by_ids")
    tags |= {name: json.dumps(facts[name]) for name in written}
    return tags | {"higher_is_better": "true" if facts["higher_is_better"] else "false", "seal": seal}


def _plain(metrics: Mapping[str, Interval]) -> dict[str, dict[str, float]]:
    return {name: interval.as_dict() for name, interval in metrics.items()}


def _finite(value: Any) -> Any:
    """The same with null for what JSON has no number for."""
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, str | int | bool | None) else str(value)


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in values.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {f"{prefix}{name}": value}
    return flat
