"""What every kind of model promises: those there are, a toy, and one that is nothing but its folders and one line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from core.errors import NotReady, StoreError, UsageError
from core.workspace import Workspace
from feature_repo import catalog, store
from models import artifact, kinds, release
from models.artifact_cache import BASELINE, EVALUATION, MODEL
from models.kinds import FittedModel, Kind
from models.registry import Registry
from models.version import Version
from monitoring import monitor
from monitoring.kinds import KindMonitor
from pipelines import predictions, training_pipeline
from tests.support import spend, toy
from tests.support.mlflow import give_empty_registry
from tests.support.shop import unbuilt_copy
from tests.support.trained import AS_OF, BUDGET
from training import run
from training.kinds import trainer

REAL = ("churn", "demand", "recommendation", "value", "uplift", spend.NAME)
READ_ELSEWHERE = ("demand", "recommendation")


@dataclass(frozen=True)
class Case:
    """A kind with a version of it, trained on the small shop."""

    workspace: Workspace
    kind: Kind[Any]
    version: Version

    @cached_property
    def folder(self) -> Path:
        return Registry(self.workspace).fetch(self.version)

    @property
    def model(self) -> FittedModel:
        return self.kind.load(self.folder / MODEL)

    @cached_property
    def inputs(self) -> pd.DataFrame:
        """The signature's inputs as the feature store gives them."""
        views = catalog.service(self.kind.service)
        frame = store.matrix(self.workspace, self.kind.service, AS_OF, key=views[0].key).assign(as_of=AS_OF)
        return frame[list(self.kind.signature(self.model)["inputs"])]


@pytest.fixture(scope="module")
def module_patch():
    with pytest.MonkeyPatch.context() as patch:
        spend.register(patch)
        yield patch


@pytest.fixture(scope="module")
def shop(_shop_template, tmp_path_factory, module_patch) -> Workspace:
    workspace = unbuilt_copy(_shop_template, tmp_path_factory.mktemp("kinds") / "workspace")
    give_empty_registry(workspace)
    return workspace


@pytest.fixture(scope="module")
def trained(shop, trained_once) -> Callable[[str], Case]:
    """Each kind's case, trained when it is first asked for; in one shop those that read the same snapshots."""

    @cache
    def train(name: str) -> Case:
        kind = kinds.kind(name)
        if name in READ_ELSEWHERE:
            workspace, version = trained_once(name)
            return Case(workspace, kind, version)
        return Case(shop, kind, run.train(shop, kind, AS_OF, BUDGET).version)

    return train


@pytest.fixture(scope="module", params=REAL)
def case(request, trained) -> Case:
    return trained(request.param)


@pytest.mark.long
def test_a_further_kind_is_trained_promoted_served_as_a_file_and_monitored(shop, tmp_path):
    trained = training_pipeline.train(shop, spend.NAME, AS_OF)
    assert [gate.name for gate in trained.version.gates if not gate.passed] == []
    assert "What will this customer spend" in Registry(shop).read_text(trained.version, "card.md")
    released = release.promote(shop, spend.NAME, trained.version.version, "ada")
    assert released.version == trained.version.version
    done = predictions.predict(shop, spend.NAME, AS_OF, tmp_path / "spend.parquet")
    assert pq.read_schema(tmp_path / "spend.parquet").names == ["customer_id", "spend", "model_version"]
    assert done.rows == pq.read_table(tmp_path / "spend.parquet").num_rows > 0
    report = monitor.run(shop, date(2024, 8, 20))
    watched = next(each for each in report.models if each.kind == spend.NAME)
    assert (watched.version, watched.performance.metric) == (trained.version.version, "mae")
    assert watched.fairness.figures
    assert {column.column for column in watched.drift.columns} >= {"spend", "revenue_84d"}
    assert "spend" in {rule.rule for rule in report.rules}


def test_it_offers_what_a_kind_must_in_every_layer(case):
    assert isinstance(case.kind, Kind)
    assert kinds.kind(case.kind.name) is case.kind
    assert callable(trainer(case.kind))
    assert isinstance(kinds.part(case.kind.name, "monitoring", "MONITOR"), KindMonitor)
    assert case.kind.primary in case.kind.statistics
    assert case.kind.question.endswith("?")
    assert case.kind.budget(case.workspace.settings).trials >= 1
    assert case.kind.horizon_days(case.workspace.settings) >= 1


def test_a_toy_is_a_kind_too(monkeypatch):
    assert isinstance(toy.install(monkeypatch), Kind)
    assert kinds.kind("churn") is toy.KIND


@pytest.mark.parametrize("part", [MODEL, EVALUATION, BASELINE])
def test_what_is_saved_loads_and_answers_as_it_did(case, part, tmp_path):
    loaded = case.kind.load(case.folder / part)
    assert loaded.trained_as_of == (case.version.evaluated_from if part == EVALUATION else AS_OF)
    loaded.save(tmp_path / "again")
    again = case.kind.load(tmp_path / "again")
    assert case.kind.golden(again) == case.kind.golden(loaded) == []
    assert again.trained_as_of == loaded.trained_as_of
    pd.testing.assert_frame_equal(case.kind.answer(again, case.inputs), case.kind.answer(loaded, case.inputs))


def test_a_damaged_model_is_refused(case, tmp_path):
    shutil.copytree(case.folder / MODEL, tmp_path / "model")
    files = sorted(path for path in (tmp_path / "model").rglob("*") if path.is_file())
    victim = next(path for path in files if path.name != artifact.MANIFEST)
    victim.write_bytes(victim.read_bytes()[:-1])
    with pytest.raises(StoreError, match="damaged"):
        case.kind.load(tmp_path / "model")


def test_the_prediction_file_has_the_columns_it_promises_and_no_gaps(case):
    file = case.kind.predict_file(case.workspace, case.model, AS_OF, "7")
    assert list(file.columns) == [*case.kind.file_columns(case.workspace.settings), "model_version"]
    assert file.notna().all().all()
    assert len(file) > 0
    assert set(file["model_version"]) == {"7"}


def test_the_prediction_file_is_refused_before_the_model_was_trained(case):
    with pytest.raises(NotReady, match=f"trained as of {AS_OF}.*train {case.kind.name} --as-of"):
        case.kind.predict_file(case.workspace, case.model, AS_OF - timedelta(days=1), "7")


def test_an_option_it_does_not_know_is_refused(case):
    with pytest.raises(UsageError):
        case.kind.predict_file(case.workspace, case.model, AS_OF, "7", mode="nearest")


def test_the_evaluation_is_what_the_registry_says(case):
    model = case.kind.load(case.folder / EVALUATION)
    frame = case.kind.evaluate(case.workspace, model, case.version.evaluated_from)
    assert frame.index.is_unique
    for name, statistic in case.kind.statistics.items():
        assert statistic(frame) == pytest.approx(case.version.metrics[name].value, rel=1e-6, nan_ok=True)


def test_the_baselines_are_judged_on_the_same_window(case):
    fitted = case.kind.baselines(case.workspace, case.version.evaluated_from)
    assert set(fitted) == set(case.version.baselines) == set(case.version.paired)
    best = fitted[case.version.best_baseline]
    found = case.kind.statistics[case.kind.primary](
        case.kind.evaluate(case.workspace, best, case.version.evaluated_from)
    )
    recorded = case.version.baselines[case.version.best_baseline][case.kind.primary].value
    assert found == pytest.approx(recorded, rel=1e-6)


def test_the_signature_is_the_one_that_is_stored(case):
    signature = {side: list(names) for side, names in case.kind.signature(case.model).items()}
    assert json.loads(case.version.tags["signature"]) == signature
    assert list(case.kind.answer(case.model, case.inputs).columns) == signature["outputs"]


def test_its_example_is_of_invented_rows_that_it_answers(case):
    example = case.kind.example(case.model)
    assert set(example.columns) == set(case.kind.signature(case.model)["inputs"])
    answers = case.kind.answer(case.model, example)
    assert len(answers) >= len(example) > 0
    known = {str(value) for column in case.inputs if column.endswith("_id") for value in case.inputs[column]}
    assert not known & set(example.astype(str).to_numpy().ravel())


PYFUNC = """
import json, sys
import pandas as pd
from core import telemetry
telemetry.switch_off()
from models import kinds
kinds.KINDS |= json.loads(sys.argv[1])
import mlflow
for folder in sys.argv[2:]:
    model = mlflow.pyfunc.load_model(folder + "/alone")
    schema = model.metadata.get_input_schema()
    numbers = {each.name: "float64" for each in schema if str(each.type) == "DataType.double"}
    inputs = pd.read_pickle(folder + "/inputs.pkl").astype(numbers)  # MLflow takes no whole number for a double
    model.predict(inputs).to_pickle(folder + "/outputs.pkl")
"""


@pytest.mark.parametrize("name", ["churn", "demand", "value"])
def test_its_run_shows_how_answers_go_with_features_and_what_more_rows_bring(trained, name):
    found = trained(name)
    registry = Registry(found.workspace)
    held = {entry.path for entry in registry.client.list_artifacts(found.version.run_id, "plots")}
    assert "plots/local_effects.png" in held
    effects = pd.read_csv(StringIO(registry.read_text(found.version, "local_effects.csv")))
    assert 0 < effects["feature"].nunique() <= 9
    assert effects["effect"].notna().all()
    assert ("plots/learning_curve.png" in held) == (name != "churn"), (
        "a churn of so few customers tries no part of them"
    )


@pytest.mark.long
def test_pyfunc_answers_a_plain_frame_with_nothing_but_the_artifact(trained, tmp_path):
    """All kinds in one process: most of its time goes into importing MLflow."""
    for name in REAL:
        case = trained(name)
        saved = Path(case.workspace.mlflow_dir) / "artifacts"
        (logged,) = [path.parent for path in saved.rglob("MLmodel") if case.version.seal in _seals(path.parent)]
        shutil.copytree(logged, tmp_path / name / "alone")
        case.inputs.to_pickle(tmp_path / name / "inputs.pkl")
    root = str(Path(__file__).parents[2])
    environment = os.environ | {"MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false", "PYTHONPATH": root}
    environment.pop("REGULARS_WORKSPACE", None)
    command = [sys.executable, "-c", PYFUNC, json.dumps(kinds.KINDS), *(str(tmp_path / name) for name in REAL)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    for name in REAL:
        case, answered = trained(name), pd.read_pickle(tmp_path / name / "outputs.pkl")
        pd.testing.assert_frame_equal(answered, case.kind.answer(case.model, case.inputs))


def _seals(folder: Path) -> set[str]:
    from core.files import sha256

    return {sha256(path) for path in folder.rglob(artifact.MANIFEST)}


@pytest.mark.long
@pytest.mark.parametrize("name", [*REAL[:-1], spend.NAME])
def test_the_same_data_and_seed_give_the_same_model(shop, name, tmp_path):
    hashes = []
    for attempt in ("one", "two"):
        shutil.rmtree(shop.tuning_dir, ignore_errors=True)
        run.fit(shop, kinds.kind(name), AS_OF, tmp_path / attempt, BUDGET)
        hashes.append(
            {
                part: artifact.read_json(tmp_path / attempt / part / artifact.MANIFEST)
                for part in (MODEL, EVALUATION, BASELINE)
            }
        )
    assert hashes[0] == hashes[1]


def test_a_name_that_is_no_kind_is_an_error_everywhere(shop, tmp_path):
    for call in (
        lambda: kinds.kind("spendings"),
        lambda: training_pipeline.train(shop, "spendings", AS_OF),
        lambda: predictions.predict(shop, "spendings", AS_OF, tmp_path / "out.csv"),
        lambda: Registry(shop).version("spendings", "1"),
    ):
        with pytest.raises(UsageError, match="did you mean 'spend'"):
            call()


def test_a_folder_that_lacks_what_a_kind_must_offer_is_an_error(monkeypatch):
    monkeypatch.setitem(kinds.KINDS, "half", "tests.support.shop")
    with pytest.raises(AttributeError):
        kinds.kind("half")
    monkeypatch.setattr("tests.support.shop.KIND", object(), raising=False)
    with pytest.raises(TypeError, match="half"):
        kinds.kind("half")
