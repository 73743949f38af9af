"""Weekly looks at a shop as it went: what they say of a look, and that the shop's own workspace stays as it was."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from typer.testing import CliRunner

from core.clock import present
from core.errors import UsageError
from core.messages import Message
from core.workspace import Workspace
from monitoring.results import ColumnDrift, DriftResult, ModelReport, MonitorReport, RuleState
from pipelines.bench.quiet_years import weekly_looks
from pipelines.cli import main

DAY = date(2024, 9, 2)
COLUMN = ColumnDrift("last_weekday", "feature", "location", 0.4, 0.3, 0.1, False, change=-0.4, p=1e-7)


def report(column, *rules):
    drift = DriftResult((column, replace(COLUMN, column="visits")), (DAY,), 400, 400)
    model = ModelReport("churn", "1", None, DAY, drift=drift)
    return MonitorReport(DAY, "", 28, (model,), (), (), rules)


def test_a_look_names_the_columns_that_moved_and_counts_those_that_were_judged():
    look = weekly_looks.look_of(report(replace(COLUMN, drifted=True)), 2.0)
    assert look.columns == 2
    assert look.moved == ("churn last_weekday (location -0.40, p 1e-07)",)
    assert look.told().startswith("2024-09-02: 2 columns, moved: churn last_weekday")


def test_other_alerts_are_told_apart_from_drift():
    says = [RuleState(rule, "churn", "churn", "alert", Message("rule.drift.nothing")) for rule in ("drift", "quality")]
    assert weekly_looks.look_of(report(COLUMN, *says), 2.0).others == ("quality of churn",)


def test_the_verdict_counts_looks_with_an_alert():
    looks = [weekly_looks.look_of(report(replace(COLUMN, drifted=moved)), 2.0) for moved in (True, False)]
    assert weekly_looks.verdict(looks) == "drift alerts in 1 of 2 weekly looks, other alerts in 0"


def test_only_tables_and_settings_are_copied(tmp_path):
    root = tmp_path / "shop"
    (root / "tables").mkdir(parents=True)
    (root / "mlflow").mkdir()
    for name in ("regulars.toml", "tables/orders.parquet", "mlflow/mlflow.db", "state.db"):
        (root / name).touch()
    with weekly_looks.copied(Workspace.open(root)) as copy:
        assert sorted(path.name for path in copy.root.iterdir()) == ["regulars.toml", "tables"]
        assert (copy.root / "tables/orders.parquet").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["shop"]


def test_a_workspace_whose_state_is_on_servers_is_refused(tmp_path):
    (tmp_path / "regulars.toml").write_text('[stores]\ndatabase = "postgresql://localhost/shop"\n')
    with pytest.raises(UsageError, match=r"stores\.database"), weekly_looks.copied(Workspace.open(tmp_path)):
        pass


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_command_trains_looks_every_week_and_leaves_the_shop_as_it_was(small_shop, monkeypatch):
    """Of one kind, for speed: what the command does is the same for each."""
    monkeypatch.setattr(weekly_looks, "learnable", lambda workspace: ("churn",))
    before = sorted(path.relative_to(small_shop.root) for path in small_shop.root.rglob("*"))
    asked = ["bench", "monitoring", "--weekly", "--looks", "5", "--json", "-w", str(small_shop.root)]
    answer = CliRunner().invoke(main.build(), asked)
    assert answer.exit_code == 0, answer.output
    looks = json.loads(answer.stdout)["looks"]
    last = present(small_shop)
    assert [look["day"] for look in looks] == [str(last - timedelta(days=7 * back)) for back in range(4, -1, -1)]
    assert all(look["columns"] > 100 for look in looks)
    assert sorted(path.relative_to(small_shop.root) for path in small_shop.root.rglob("*")) == before
    assert [path.name for path in small_shop.root.parent.iterdir()] == [small_shop.root.name]
