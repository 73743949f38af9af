"""A seal says what something consisted of, and nothing can be changed, added or taken away unseen."""

import pytest
import sqlalchemy as sa

from core.audit import AuditLog
from core.seals import Seals, digest

WHOLE = {"tag metrics": digest("0.8"), "file card.md": digest("# card")}


@pytest.fixture
def seals(workspace) -> Seals:
    seals = Seals(workspace)
    seals.put("churn/1", WHOLE, "ada", whole=True)
    return seals


def test_what_is_as_it_was_sealed_differs_in_nothing(seals):
    assert seals.of("churn/1").whole
    assert seals.of("churn/1").differences(WHOLE) == ()


def test_what_changed_went_or_was_added_is_named(seals):
    found = {"tag metrics": digest("0.9"), "tag note": digest("new")}
    assert seals.of("churn/1").differences(found) == (
        "file card.md is gone",
        "tag metrics was changed",
        "tag note was added",
    )


def test_a_later_seal_speaks_for_its_items_only_and_the_same_once_more_writes_nothing(workspace, seals):
    seals.put("churn/1", {"tag gates": digest("[]")}, "ada")
    entries = len(AuditLog(workspace).entries())
    seals.put("churn/1", {"tag gates": digest("[]")}, "ada")
    assert len(AuditLog(workspace).entries()) == entries
    assert seals.of("churn/1").differences({**WHOLE, "tag gates": digest("[]")}) == ()
    seals.put("churn/1", {"tag gates": ""}, "ada")
    assert seals.of("churn/1").differences(WHOLE) == ()


def test_what_an_earlier_release_made_is_not_whole_and_checked_as_far_as_it_is_known(workspace):
    seals = Seals(workspace)
    assert not seals.of("churn/1").whole
    seals.put("churn/1", {"tag gates": digest("[]")}, "ada")
    assert seals.of("churn/1").differences({"tag metrics": digest("?")}) == ("tag gates is gone",)


def test_a_seal_taken_out_of_the_log_leaves_a_doubt_and_a_wrong_entry_before_it_none(workspace, seals):
    seals.put("demand/1", {}, "ada", whole=True)
    assert seals.doubt(seals.of("churn/1")) == ""
    with workspace.database.begin() as connection:
        connection.execute(sa.text("update audit_log set who = 'eve' where seq = 1"))
    assert "broken at entry 1" in seals.doubt(seals.of("churn/1"))
    assert seals.doubt(seals.of("demand/1")) == ""
    assert set(seals.all()) == {"churn/1", "demand/1"}
