"""The desk's page of the data says what was kept last, the worst first."""

from __future__ import annotations

import pandas as pd
import pytest

from core.workspace import Workspace
from monitoring.data_quality import assessment
from monitoring.data_quality.quality_history import QualityHistory
from monitoring.data_quality.quality_report import Intake
from monitoring.desk import data_page
from monitoring.desk.render import Templates
from tests.monitoring.data_quality.test_assessment import lines
from tests.support.shop import commit


def page(workspace: Workspace) -> str:
    return Templates(workspace).render("data.html", data_page.build(workspace))


@pytest.mark.parametrize(("bad", "word"), [(1, "In order"), (20, "Look at it"), (60, "Act")])
def test_the_light_follows_the_score(new_workspace: Workspace, bad: int, word: str) -> None:
    commit(new_workspace, {"orders": lines()})
    intake = Intake("orders", "<b>orders.csv", ("order_id",), 100, bad, {"revenue is <i>": bad})
    QualityHistory(new_workspace).append(assessment.assess(new_workspace, [intake]))
    text = page(new_workspace)
    assert f"{bad} of 100 rows of the source are set aside: revenue is &lt;i&gt;" in text
    assert word in text
    assert "regulars quarantine show orders" in text
    assert data_page.build(new_workspace).tables[0].findings[0].score == 100 - bad


def test_before_the_first_look_and_after_a_change_it_says_so(new_workspace: Workspace) -> None:
    assert "not been assessed yet" in page(new_workspace)
    commit(new_workspace, {"orders": lines()})
    QualityHistory(new_workspace).append(assessment.assess(new_workspace))
    assert "nothing wrong" in page(new_workspace)
    assert "have changed since" not in page(new_workspace)
    commit(new_workspace, {"products": pd.DataFrame([{"product_id": "p0"}])})
    assert "have changed since" in page(new_workspace)
