"""Everything monitored as a DuckDB database, and the notebook that reads it, run as it is."""

import json
from pathlib import Path

import duckdb
import matplotlib
import pytest

from core import query_engine
from core.audit import AuditLog
from core.errors import UsageError
from monitoring.summary import Summaries
from pipelines import monitoring_export

matplotlib.use("agg")
import matplotlib.pyplot as plt

NOTEBOOK = Path(__file__).parents[2] / "docs" / "monitoring.ipynb"


@pytest.fixture
def written(shop, tmp_path):
    AuditLog(shop).append("refuse", "ada", "churn/1", {"reason": "too early"})
    return monitoring_export.export(shop, tmp_path / "monitoring.duckdb")


def test_it_holds_what_the_runs_found(shop, written):
    (run,) = Summaries(shop).history()
    model = run.model("churn")
    with duckdb.connect(str(written.output), read_only=True) as database:
        assert database.sql("SELECT version FROM latest WHERE model = 'churn'").fetchall() == [(model.version,)]
        ((share,),) = database.sql("SELECT share FROM drift_share WHERE model = 'churn'").fetchall()
        assert share == pytest.approx(model.drift.share)
        assert database.sql("FROM fairness").df().shape[0] == len(model.fairness.figures)
        assert database.sql("FROM rules").df().shape[0] == len(run.rules)
        assert ("refuse", "too early") in database.sql("SELECT action, reason FROM decisions").fetchall()
        ((value, floor),) = database.sql("SELECT value, floor FROM performance").fetchall()
    assert (value, floor) == pytest.approx((model.performance.value, model.performance.floor))


def test_no_customer_is_in_it(shop, written):
    with query_engine.on_tables(shop) as connection:
        customers = {each for (each,) in connection.sql("SELECT DISTINCT customer_id FROM orders").fetchall()}
    with duckdb.connect(str(written.output), read_only=True) as database:
        for (table,) in database.sql("SHOW TABLES").fetchall():
            texts = database.sql(f"FROM {table}").df().select_dtypes("object")
            assert not customers & set(texts.astype(str).to_numpy().ravel())


def test_the_notebook_runs_as_it_is(written, monkeypatch):
    monkeypatch.setenv("MONITORING", str(written.output))
    cells = [each["source"] for each in json.loads(NOTEBOOK.read_text())["cells"] if each["cell_type"] == "code"]
    space: dict[str, object] = {}
    for cell in cells:
        exec("".join(cell), space)
    assert plt.get_fignums()
    plt.close("all")


@pytest.mark.parametrize("name", ["monitoring.csv", "nowhere/monitoring.duckdb"])
def test_a_file_that_cant_be_written_is_refused(shop, tmp_path, name):
    with pytest.raises(UsageError):
        monitoring_export.export(shop, tmp_path / name)
