"""A prediction file has the contract's columns and types, whole or not at all, and never looks back from the future."""

import json
from datetime import date

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from core.errors import DataError, NotReady, UsageError
from models import release
from models.registry import Registry
from pipelines import predictions
from tests.models.conftest import trainer
from tests.support import toy
from tests.support.mlflow import give_empty_registry

AS_OF = date(2024, 8, 1)


@pytest.fixture
def workspace(small_shop, monkeypatch, tmp_path):
    toy.install(monkeypatch)
    give_empty_registry(small_shop)
    train = trainer(small_shop, tmp_path)
    train(1.0, as_of=date(2024, 7, 1))
    return small_shop


@pytest.fixture
def champion(workspace):
    return release.promote(workspace, "churn", "1", "ada")


def test_parquet_has_the_contracts_columns_and_types(workspace, champion, tmp_path):
    done = predictions.predict(workspace, "churn", AS_OF, tmp_path / "out.parquet")
    schema = pq.read_schema(tmp_path / "out.parquet")
    assert schema.names == [
        "customer_id", "as_of", "churn_probability", "risk_score", "risk_tier", "action", "model_version",
    ]  # fmt: skip
    assert (schema.field("customer_id").type, schema.field("as_of").type) == (pa.string(), pa.date32())
    assert schema.field("risk_score").type == pa.int32()
    assert (done.rows, done.version) == (3, "1")


def test_csv_keeps_ids_as_they_are(workspace, champion, tmp_path):
    predictions.predict(workspace, "churn", AS_OF, tmp_path / "out.csv")
    frame = pd.read_csv(tmp_path / "out.csv", dtype=str)
    assert frame["customer_id"].tolist() == ["007", "c1", "c2"]
    assert frame["as_of"].unique().tolist() == ["2024-08-01"]


def test_a_second_run_replaces_the_file_and_leaves_nothing_beside_it(workspace, champion, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    for _ in range(2):
        predictions.predict(workspace, "churn", AS_OF, folder / "churn.parquet")
    assert [path.name for path in folder.iterdir()] == ["churn.parquet"]


def test_without_a_champion_it_says_which_command_to_run(workspace, tmp_path):
    with pytest.raises(NotReady, match="regulars promote churn 1"):
        predictions.predict(workspace, "churn", AS_OF, tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_the_challenger_predicts_when_asked(workspace, tmp_path):
    assert predictions.predict(workspace, "churn", AS_OF, tmp_path / "out.csv", alias="challenger").version == "1"


def test_a_model_that_has_seen_later_days_is_refused(workspace, champion, tmp_path):
    with pytest.raises(NotReady, match=r"trained as of 2024-07-01.*regulars train churn --as-of 2024-06-30"):
        predictions.predict(workspace, "churn", date(2024, 6, 30), tmp_path / "out.csv")
    predictions.predict(workspace, "churn", date(2024, 7, 1), tmp_path / "out.csv")


@pytest.mark.parametrize(
    ("name", "options", "text"),
    [
        ("out.txt", {}, r"\.parquet or \.csv"),
        ("no/out.csv", {}, "there is no folder"),
        ("out.csv", {"k": 3}, "--k is not for churn"),
        ("out.csv", {"mode": "new"}, "--mode is not for churn"),
        ("out.csv", {"alias": "champoin"}, "did you mean 'champion'"),
        ("out.csv", {"alias": "7"}, "no churn version '7'"),
    ],
)
@pytest.mark.usefixtures("champion")
def test_what_can_not_be_meant_is_refused(workspace, tmp_path, name, options, text):
    with pytest.raises(UsageError, match=text):
        predictions.predict(workspace, "churn", AS_OF, tmp_path / name, **options)
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize(("options", "text"), [({"k": 0}, "1 to 1000"), ({"mode": "nwe"}, "did you mean 'new'")])
def test_recommendation_options_are_checked(workspace, tmp_path, options, text):
    with pytest.raises(UsageError, match=text):
        predictions.predict(workspace, "recommendation", AS_OF, tmp_path / "out.csv", **options)


def test_a_missing_value_is_no_file(workspace, champion, tmp_path, monkeypatch):
    whole = toy.ToyKind.predict_file

    def broken(self, *arguments, **options):
        return whole(self, *arguments, **options).assign(churn_probability=[0.1, None, 0.2])

    monkeypatch.setattr(toy.ToyKind, "predict_file", broken)
    with pytest.raises(DataError, match="churn_probability"):
        predictions.predict(workspace, "churn", AS_OF, tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


class TestCommandLine:
    @pytest.fixture
    def regulars(self, workspace):
        from pipelines.cli.main import build

        app, runner = build(), CliRunner()

        def run(*words):
            return runner.invoke(app, [*words, "--workspace", str(workspace.root)])

        return run

    def test_promote_shows_the_gates_and_predict_writes(self, regulars, tmp_path):
        done = regulars("promote", "churn", "challenger")
        assert done.exit_code == 0, done.output
        assert "PASS  quality" in done.output
        output = tmp_path / "out.csv"
        done = regulars("predict", "churn", "--as-of", "2024-08-01", "--output", str(output), "--json")
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout)["rows"] == 3
        assert output.exists()

    def test_a_refused_promotion_exits_with_3_and_names_the_gate(self, regulars, workspace, tmp_path):
        trainer(workspace, tmp_path)(1.9)
        done = regulars("promote", "churn", "2")
        assert done.exit_code == 3
        assert "FAIL  quality" in done.output
        document = json.loads(regulars("promote", "churn", "2", "--json").stdout)
        assert (document["ok"], document["gates"][0]["passed"]) == (False, False)

    def test_compare_approve_refuse_rollback_and_audit(self, regulars, workspace, tmp_path):
        trainer(workspace, tmp_path)(0.999)
        assert "difference" in regulars("compare", "churn", "1", "2").output
        assert regulars("promote", "churn", "1").exit_code == 0
        assert regulars("refuse", "churn", "2", "--reason", "too early").exit_code == 0
        assert regulars("promote", "churn", "2").exit_code == 3
        assert regulars("approve", "churn", "2", "--reason", "now").exit_code == 0
        assert regulars("promote", "churn", "2").exit_code == 0
        assert "version 1 is champion again" in regulars("rollback", "churn").output
        assert Registry(workspace).aliases("churn")["champion"] == "1"
        done = regulars("audit", "verify", "--json")
        head = json.loads(done.stdout)["head"]
        assert regulars("audit", "verify", "--head", head).exit_code == 0

    def test_a_broken_audit_log_exits_with_1_and_names_the_entry(self, regulars, workspace):
        import sqlalchemy as sa

        regulars("refuse", "churn", "1", "--reason", "no")
        with workspace.database.begin() as connection:
            connection.execute(sa.text("update audit_log set who = 'eve' where seq = 2"))
        done = regulars("audit", "verify")
        assert done.exit_code == 1
        assert "broken at entry 2" in done.output

    def test_a_model_that_is_none_is_named_with_the_nearest(self, regulars):
        for words in (("promote", "chrun", "1"), ("rollback", "chrun"), ("compare", "chrun", "1", "2")):
            done = regulars(*words)
            assert done.exit_code == 2
            assert "did you mean 'churn'" in done.output
