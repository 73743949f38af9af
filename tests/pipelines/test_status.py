"""What `regulars status` repeats of the last run of monitoring."""

from __future__ import annotations

from datetime import date

from core.messages import Message
from core.workspace import Workspace
from models import artifact
from models.artifact_cache import MODEL, ArtifactCache, ServingState, seal_of
from monitoring.results import SEGMENT_CHURN, MonitorReport, RuleState
from monitoring.rules import ABOUT_GROUPS
from monitoring.summary import Summaries
from pipelines import status
from tests.support import toy


def run(day: int, *raised: str) -> MonitorReport:
    values = {"judged": 3, "limit": 0.05, "months": 3, "raised": list(raised)}
    rule = RuleState(SEGMENT_CHURN, ABOUT_GROUPS, None, "ok", Message("rule.segment_churn", values), items=raised)
    return MonitorReport(date(2024, 7, day), f"2024-07-{day:02d}T01:00:00+00:00", 28, (), (), (), (rule,))


def test_a_group_that_raised_its_hand_is_named_until_a_later_run_finds_none(new_workspace: Workspace) -> None:
    assert status.collect(new_workspace).flags == []
    Summaries(new_workspace).append(run(1, "new (34.0%)"))
    assert status.collect(new_workspace).flags == [
        "churn of groups as of 2024-07-01: 1 of 3 groups lose more than 5% of their active members, 3 months in a row:"
        " new (34.0%)"
    ]
    Summaries(new_workspace).append(run(2))
    assert status.collect(new_workspace).flags == []


def test_a_lost_registry_is_said_with_the_version_that_goes_on(new_workspace: Workspace) -> None:
    folder = new_workspace.models_dir / "churn" / "3"
    toy.ToyModel(1.0, date(2024, 7, 1)).save(folder / MODEL)
    artifact.seal(folder)
    state = ServingState("churn", "3", folder / MODEL, "champion", "model", seal_of(folder))
    ArtifactCache(new_workspace).remember(state)
    found = next(model for model in status.collect(new_workspace).models if model.name == "churn")
    assert (found.readiness, found.champion) == (status.Readiness.LOST, "3")
