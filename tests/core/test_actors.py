"""Who decides is told by a key or by the account, never by what the environment claims."""

import pytest

from core import actors
from core.audit import AuditLog, person
from core.errors import UsageError
from core.keys import Forbidden, KeyStore, Unauthorized
from core.reasons import LONGEST, reason_given, reason_if_given


def test_without_a_key_it_is_the_account_and_nobody_has_verified_it(workspace, monkeypatch):
    monkeypatch.setenv("LOGNAME", "maria")
    found = actors.acting(workspace, None)
    assert (found.name, found.ids, found.verified) == (person(), {f"account:{person()}"}, False)


def test_with_a_key_it_is_its_holder_and_the_account_as_well(workspace):
    token = KeyStore(workspace).create("maria", ["review"])
    found = actors.acting(workspace, token)
    assert found.verified
    assert found.name == "maria"
    assert found.is_one_of(actors.of_account(person()).ids)


@pytest.mark.parametrize(("right", "refused"), [("predict", Forbidden), (None, Unauthorized)])
def test_a_key_that_may_not_review_is_no_reviewers(workspace, right, refused):
    token = KeyStore(workspace).create("shop front", [right]) if right else "rgl_x_y"
    with pytest.raises(refused):
        actors.acting(workspace, token)


def test_a_key_is_one_person_with_who_created_it_and_with_who_created_their_key(workspace, monkeypatch):
    keys = KeyStore(workspace)
    monkeypatch.setattr(actors, "person", lambda: "root")
    first = keys.create("admin", ["admin"])
    monkeypatch.setattr(actors, "person", lambda: "ci")
    keys.create("maria", ["review"], by=first)
    admin, maria = keys.list()
    found = actors.of_key(workspace, maria)
    assert found.ids == {
        f"key:{maria.id}",
        "account:maria",
        "account:ci",
        f"key:{admin.id}",
        "account:admin",
        "account:root",
    }
    (entry,) = AuditLog(workspace).entries("key:maria")
    assert entry.details["by"]["verified"]


def test_the_creator_of_an_earlier_releases_key_is_who_the_log_names(workspace):
    keys = KeyStore(workspace)
    keys.create("maria", ["review"])
    AuditLog(workspace).append("create key", "ada", "key:maria", {"rights": ["review"]})
    assert "account:ada" in actors.of_key(workspace, keys.list()[0]).ids


def test_who_trains_shows_a_key_or_not_and_a_wrong_one_stops_nothing(workspace):
    token = KeyStore(workspace).create("maria", ["review"])
    assert actors.training(workspace, token).verified
    assert actors.training(workspace, "rgl_no_key").ids == {f"account:{person()}"}


def test_a_key_comes_from_a_private_file_or_from_the_environment(tmp_path, monkeypatch):
    path = tmp_path / "key"
    path.write_text("rgl_a_b\n")
    path.chmod(0o600)
    monkeypatch.setenv("REGULARS_KEY", "rgl_c_d")
    assert actors.shown_key(path) == "rgl_a_b"
    assert actors.shown_key(None) == "rgl_c_d"
    path.chmod(0o644)
    with pytest.raises(UsageError, match="chmod 600"):
        actors.shown_key(path)
    with pytest.raises(UsageError, match="can't be read"):
        actors.shown_key(tmp_path / "none")


def test_a_reason_is_needed_and_as_long_as_the_page_says(workspace):
    assert reason_given("  too early ") == "too early"
    assert reason_if_given("") == ""
    assert len(reason_given("x" * LONGEST)) == 2000
    for read, text in ((reason_given, " "), (reason_given, "x" * 60_000), (reason_if_given, "x" * 2001)):
        with pytest.raises(UsageError, match="reason"):
            read(text)
