"""A training run leaves everything by which it can be judged and repeated, and a version that loads without pickles."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
import pytest
from mlflow.models import Model

from core import provenance
from core.audit import AuditLog
from core.errors import StoreError
from core.messages import Message
from models import model_card, release, run_notes
from models.fairness_result import FairnessResult, GroupFigure
from models.registry import Registry
from models.version import GateResult
from tests.support import toy
from tests.support.mlflow import give_empty_registry
from tests.support.shop import empty_workspace
from training import tracking
from training.outcome import CardTable


@pytest.fixture(scope="module")
def module_patch():
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def workspace(tmp_path_factory, module_patch):
    toy.install(module_patch)
    workspace = empty_workspace(tmp_path_factory.mktemp("tracking") / "workspace")
    give_empty_registry(workspace)
    return workspace


@pytest.fixture(scope="module")
def logged(workspace, tmp_path_factory):
    figure = plt.figure()
    table = CardTable("Said and came", ("group", "left"), (("tier 3 | top", "0.71"),))
    record = toy.record(tmp_path_factory.mktemp("record"), plots={"reliability.png": figure}, tables=(table,))
    version = tracking.log(workspace, record)
    plt.close(figure)
    return version


@pytest.fixture(scope="module")
def run(workspace, logged):
    return Registry(workspace).client.get_run(logged.run_id)


def test_the_version_is_the_challenger_and_records_what_it_is(logged):
    assert logged.aliases == ("challenger",)
    assert logged.as_of == date(2024, 7, 1)
    assert logged.evaluated_from == date(2024, 6, 3)
    assert (logged.primary, logged.higher_is_better, logged.best_baseline) == ("error", False, "recency")
    wanted = {"service", "seed", "threads", "trials", "data_digest", "code_version", "trained_by", "seal"}
    assert wanted <= set(logged.tags)


def test_the_run_holds_metrics_with_intervals_beside_the_baselines(run, logged):
    metrics = run.data.metrics
    for name in ("error", "baseline.recency.error", "baseline.popularity.error", "versus.recency"):
        assert metrics[f"{name}.low"] <= metrics[name] <= metrics[f"{name}.high"]
    assert metrics["lift_at_10pct"] == 2.0
    assert logged.metrics["error"].value == metrics["error"]
    assert logged.paired["recency"].high < 0


def test_the_run_holds_parameters_study_plots_features_card_data_and_code(workspace, run, logged):
    params = run.data.params
    assert (params["learner.eta"], params["best.depth"], params["as_of"]) == ("0.1", "6", "2024-07-01")
    assert (params["data_digest"], params["code_version"]) == ("d" * 16, "c" * 12)
    client = Registry(workspace).client
    names = {
        entry.path for folder in ("", "tuning", "plots") for entry in client.list_artifacts(run.info.run_id, folder)
    }
    assert {"record.json", "card.md", "card.html", "tuning/trials.csv", "plots/reliability.png"} <= names
    trials = Registry(workspace).read_text(logged, "tuning/trials.csv")
    assert trials.splitlines() == ["number,value", "0,0.6", "1,0.5"]
    features = json.loads((Registry(workspace).fetch(logged) / "features.json").read_text())
    assert features[0]["unit"] == "days"


def test_the_run_names_its_data_by_digest_days_and_rows(run):
    data = {each.tags[0].value: each.dataset for each in run.inputs.dataset_inputs}
    assert set(data) == {"training", "evaluation"}
    training, profile = data["training"], json.loads(data["training"].profile)
    assert (training.digest, profile["num_rows"], profile["as_of"]) == ("d" * 16, 1234, "2024-07-01")
    assert json.loads(data["evaluation"].profile)["days"] == "2024-06-03 to 2024-07-01"
    assert "days_since_last_visit" in training.schema
    assert str(Path.home()) not in training.source


def test_each_trial_is_a_run_below_it(workspace, run):
    found = Registry(workspace).client.search_runs(
        [run.info.experiment_id], f"tags.`mlflow.parentRunId` = '{run.info.run_id}'", order_by=["start_time"]
    )
    assert {each.info.run_name: each.data.metrics["value"] for each in found} == {"trial 0": 0.6, "trial 1": 0.5}
    assert {each.info.status for each in found} == {"FINISHED"}


def test_the_commit_is_a_whole_hash_or_not_there(run, monkeypatch):
    told = run.data.tags.get("mlflow.source.git.commit")
    assert told == provenance.commit()
    assert told is None or re.fullmatch("[0-9a-f]{40}", told)
    assert run.data.tags["code_version"] == "c" * 12


def test_the_signature_has_types_units_and_an_example_of_invented_rows(workspace, logged):
    saved = Model.load(logged.location)
    assert [str(spec.type) for spec in saved.signature.inputs] == ["DataType.double"]
    assert [spec.name for spec in saved.signature.outputs] == ["probability"]
    assert saved.metadata["units"] == {"days_since_last_visit": "days"}
    assert saved.load_input_example(logged.location)["days_since_last_visit"].tolist() == [3.0, 4.0]


def test_the_registrys_page_tells_the_story(workspace, logged):
    registry = Registry(workspace)
    model = registry.client.get_registered_model("churn")
    assert "Which number is it?" in model.description
    told = registry.client.get_model_version("churn", logged.version).description
    assert "| error | 0.2" in told
    assert "best baseline: recency" in told
    assert "1234 rows" in told
    registry.tag(logged, "gates", json.dumps([GateResult("quality", False, Message.plain("worse")).as_dict()]))
    assert "**refused**: quality (worse)" in registry.client.get_model_version("churn", logged.version).description


def test_the_run_ends_as_finished(run):
    assert run.info.status == "FINISHED"


def test_the_training_is_in_the_audit_log(workspace, logged):
    (entry,) = AuditLog(workspace).entries("churn/1")
    assert (entry.action, entry.details["data_digest"], entry.details["seal"]) == ("train", "d" * 16, logged.seal)


def test_the_local_copy_has_the_models_and_nothing_that_is_no_data(workspace, logged):
    copy = Registry(workspace).fetch(logged)
    assert {"model", "evaluation", "baseline", "card.md", "features.json", "version.json"} <= {
        p.name for p in copy.iterdir()
    }
    assert {path.suffix for path in copy.rglob("*") if path.is_file()} <= {".json", ".md", ".ubj", ".parquet"}


def test_the_card_shows_the_model_beside_its_baselines(workspace, logged):
    card = Registry(workspace).read_text(logged, "card.md")
    assert "| metric | model | recency | popularity |" in card
    assert "recency (the best baseline): -" in card
    assert "days since the last purchase \\| at most 60" in card
    assert "training measures it next" in card


def test_the_card_shows_a_kinds_own_tables(workspace, logged):
    registry = Registry(workspace)
    assert "| group | left |\n|---|---|\n| tier 3 \\| top | 0.71 |" in registry.read_text(logged, "card.md")
    assert "<caption>Said and came</caption>" in registry.read_text(logged, "card.html")


def test_a_fairness_measurement_goes_into_the_registry_and_the_card(workspace, logged):
    figure = GroupFigure("age_band", "<old>", "tier rate", 99, 0.3, 0.1, 3.0, 2.0, 4.0, "flagged")
    result = FairnessResult("churn", date(2024, 6, 3), date(2024, 7, 1), (figure,))
    registry = Registry(workspace)
    registry.store_fairness(logged, result)
    version = registry.version("churn", "1")
    assert registry.fairness(version) == result
    assert version.tags["fairness"] == "blocked"
    assert "3.00 times the rest" in registry.read_text(version, "card.md")
    page = registry.read_text(version, "card.html")
    assert "&lt;old&gt;" in page
    assert "<old>" not in page


LOAD = """
import sys, pandas as pd, pytest
sys.path.insert(0, sys.argv[1])
from core import telemetry
telemetry.switch_off()
from tests.support import toy
from tests.support.mlflow import give_empty_registry
from tests.support.shop import empty_workspace
toy.install(pytest.MonkeyPatch())
import mlflow
mlflow.set_tracking_uri(sys.argv[2])
model = mlflow.pyfunc.load_model("models:/churn@challenger")
print(model.predict(pd.DataFrame({"days_since_last_visit": [3.0, 4.0]}))["probability"].tolist())
"""


@pytest.mark.long
def test_it_loads_as_pyfunc_with_pickles_forbidden(workspace, logged):
    root = Path(__file__).parents[2]
    environment = os.environ | {"MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false"}
    arguments = [sys.executable, "-c", LOAD, str(root), f"sqlite:///{workspace.mlflow_dir}/mlflow.db"]
    done = subprocess.run(arguments, capture_output=True, text=True, env=environment, cwd=workspace.root, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip().splitlines()[-1] == "[3.0, 4.0]"


def test_nothing_logged_is_a_pickle(workspace, logged):
    suffixes = {path.suffix for path in (workspace.mlflow_dir / "artifacts").rglob("*") if path.is_file()}
    assert not suffixes & {".pkl", ".pickle", ".cloudpickle", ".joblib"}


def test_a_training_with_a_damaged_model_registers_nothing_and_its_run_has_failed(workspace, logged, tmp_path):
    record = toy.record(tmp_path, 1.1)
    (record.directory / "model" / "model.json").write_text("{}")
    with pytest.raises(StoreError, match="damaged"):
        tracking.log(workspace, record)
    registry = Registry(workspace)
    assert [version.version for version in registry.versions("churn")] == ["1"]


def test_a_table_cell_with_odd_numbers_says_so():
    from models.model_card import interval

    assert interval({"value": float("nan"), "low": 0, "high": 0}) == "-"
    assert interval({"value": 0.5, "low": float("nan"), "high": float("nan")}) == "0.5"


@pytest.mark.parametrize(("trials", "told"), [(1, "1 trial of"), (2, "2 trials of")])
def test_the_card_counts_in_words(workspace, logged, trials: int, told: str) -> None:
    facts = json.loads(Registry(workspace).read_text(logged, "record.json"))
    for card in model_card.render(facts | {"trials": trials, "units": 437}, None).values():
        assert told in card
        assert "437 customers, 95% intervals" in card


def test_a_decision_and_a_look_are_told_on_the_run(workspace, logged):
    registry = Registry(workspace)
    release.refuse(workspace, "churn", logged.version, "ada", "too early")
    run_notes.look(registry, logged, date(2024, 8, 5), {"error": 0.3, "unknown": float("nan")})
    run = registry.client.get_run(logged.run_id)
    (told,) = [value for name, value in run.data.tags.items() if name.startswith("decision ")]
    assert told == "ada: too early"
    (metric,) = registry.client.get_metric_history(logged.run_id, "monitoring.error")
    assert (metric.value, metric.step) == (0.3, 35)
    assert "**refused** by ada" in registry.client.get_model_version("churn", logged.version).description


def test_a_note_that_cant_be_kept_stops_nothing(workspace, logged):
    run_notes.decision(Registry(workspace), replace(logged, run_id="0" * 32), "promote", "ada: good")
