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


class Killed(BaseException):
    """In the place of a signal that nothing can catch."""


@pytest.fixture
def announced(seals) -> Seals:
    """Of a process that was killed after its announcement."""
    with pytest.raises(Killed), seals.around("churn/1", {"tag metrics": digest("0.9"), "tag gates": "x"}, "ada"):
        raise Killed
    return seals


def test_of_a_process_that_was_killed_an_item_may_be_what_it_was_or_what_was_announced(announced):
    seal = announced.of("churn/1")
    for metrics in ("0.8", "0.9"):
        assert seal.differences({**WHOLE, "tag metrics": digest(metrics)}) == ()
        assert seal.differences({**WHOLE, "tag metrics": digest(metrics), "tag gates": "x"}) == ()
    assert seal.differences({**WHOLE, "tag metrics": digest("1.0")}) == ("tag metrics was changed",)
    assert seal.differences({**WHOLE, "tag gates": "y"}) == ("tag gates was added",)


def test_the_next_that_is_sealed_leaves_nothing_announced(announced):
    with announced.around("churn/1", {"tag metrics": digest("0.9"), "tag gates": "x"}, "ada"):
        pass
    seal, now = announced.of("churn/1"), {**WHOLE, "tag metrics": digest("0.9"), "tag gates": "x"}
    assert seal.differences(now) == ()
    assert seal.differences({**now, "tag metrics": digest("0.8")}) == ("tag metrics was changed",)


def test_what_was_sealed_before_an_announcement_is_sealed_again_when_it_is_what_stays(announced):
    announced.put("churn/1", {"tag metrics": WHOLE["tag metrics"]}, "ada")
    assert announced.of("churn/1").differences({**WHOLE, "tag metrics": digest("0.9")}) == ("tag metrics was changed",)


def test_what_is_sealed_like_that_already_is_not_announced(workspace, seals):
    entries = len(AuditLog(workspace).entries())
    with seals.around("churn/1", WHOLE, "ada"):
        pass
    assert len(AuditLog(workspace).entries()) == entries


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
