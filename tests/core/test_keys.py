"""Keys: shown once, kept hashed, refused alike whatever is wrong with them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from core.audit import AuditLog
from core.errors import UsageError
from core.keys import RIGHTS, Forbidden, KeyStore, Unauthorized
from core.workspace import Workspace


@pytest.fixture
def keys(workspace: Workspace) -> KeyStore:
    return KeyStore(workspace)


def test_a_key_opens_what_it_has_the_right_to(keys: KeyStore) -> None:
    token = keys.create("shop front", ["predict", "events"])
    assert keys.check(token, "predict").name == "shop front"
    assert keys.check(token, "events").name == "shop front"


def test_a_key_without_the_right_is_forbidden(keys: KeyStore) -> None:
    token = keys.create("shop front", ["predict"])
    with pytest.raises(Forbidden, match="right 'customers'"):
        keys.check(token, "customers")


def test_admin_has_every_right(keys: KeyStore) -> None:
    token = keys.create("root", ["admin"])
    assert all(keys.check(token, right) for right in RIGHTS)


@pytest.mark.parametrize(
    "spoil", [lambda t: t[:-1] + ("A" if t[-1] != "A" else "B"), lambda t: t + "x", lambda t: t[:16]]
)
def test_a_token_changed_anywhere_is_refused(keys: KeyStore, spoil) -> None:
    token = keys.create("shop front", ["predict"])
    with pytest.raises(Unauthorized):
        keys.check(spoil(token), "predict")


@pytest.mark.parametrize("token", [None, "", "_", "rgl__", "rgl_x_", "Bearer", "é" * 40, "\ud800", "a_b_c"])
def test_no_token_and_nonsense_are_refused_with_the_same_words(keys: KeyStore, token: str | None) -> None:
    with pytest.raises(Unauthorized) as nonsense:
        keys.check(token, "predict")
    with pytest.raises(Unauthorized) as missing:
        keys.check(None, "predict")
    assert str(nonsense.value) == str(missing.value)


def test_the_token_is_kept_nowhere(keys: KeyStore, workspace: Workspace) -> None:
    token = keys.create("shop front", ["predict"])
    secret = token.split("_", 2)[2]
    with keys.engine.connect() as connection:
        rows = connection.execute(sa.text("select * from api_keys")).fetchall()
    assert secret not in str(rows)
    assert all(secret.encode() not in f.read_bytes() for f in workspace.root.rglob("*") if f.is_file())


def test_names_are_unique_even_after_a_revocation(keys: KeyStore) -> None:
    keys.create("shop front", ["predict"])
    keys.revoke("shop front")
    with pytest.raises(UsageError, match="already"):
        keys.create("shop front", ["predict"])


def test_a_revoked_key_is_refused_at_once_and_stays_listed(keys: KeyStore) -> None:
    token = keys.create("shop front", ["predict"])
    revoked = keys.revoke("shop front")
    assert revoked.state() == "revoked"
    assert keys.revoke("shop front").revoked_at == revoked.revoked_at
    with pytest.raises(Unauthorized):
        keys.check(token, "predict")
    assert [key.name for key in keys.list()] == ["shop front"]


def test_an_expired_key_is_refused(keys: KeyStore) -> None:
    token = keys.create("guest", ["predict"], expires=datetime.now(UTC) + timedelta(hours=1))
    assert keys.check(token, "predict")
    with keys.engine.begin() as connection:
        connection.execute(sa.text("update api_keys set expires_at = '2020-01-01 00:00:00.000000'"))
    assert keys.list()[0].state() == "expired"
    with pytest.raises(Unauthorized):
        keys.check(token, "predict")


def test_an_expiry_that_has_passed_is_refused_at_creation(keys: KeyStore) -> None:
    with pytest.raises(UsageError, match="has passed"):
        keys.create("guest", ["predict"], expires=datetime(2020, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("name", "rights", "says"),
    [
        ("x", ["predcit"], "did you mean 'predict'"),
        ("x", [], "needs a right"),
        ("", ["predict"], "can't be named"),
        ("a\nb", ["predict"], "can't be named"),
    ],
)
def test_what_cant_be_is_said(keys: KeyStore, name: str, rights: list[str], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        keys.create(name, rights)
    assert keys.list() == []


def test_revoking_a_name_that_is_not_there_offers_the_nearest(keys: KeyStore) -> None:
    keys.create("shop front", ["predict"])
    with pytest.raises(UsageError, match="did you mean 'shop front'"):
        keys.revoke("shop frnt")


def test_another_process_sees_the_key(keys: KeyStore, workspace: Workspace) -> None:
    token = keys.create("shop front", ["predict"])
    assert KeyStore(Workspace.open(workspace.root)).check(token, "predict").name == "shop front"


def test_a_rotated_key_keeps_its_name_and_its_old_token_for_a_while(keys: KeyStore) -> None:
    old = keys.create("shop front", ["predict"])
    new = keys.rotate("shop front", timedelta(days=7))
    assert old != new
    assert {keys.check(token, "predict").name for token in (old, new)} == {"shop front"}
    with keys.engine.begin() as connection:
        connection.execute(sa.text("update api_keys set previous_until = '2020-01-01 00:00:00.000000'"))
    assert keys.check(new, "predict")
    with pytest.raises(Unauthorized):
        keys.check(old, "predict")
    assert len(keys.tokens()) == 1


def test_a_key_that_is_revoked_takes_both_its_tokens_along_and_is_not_rotated(keys: KeyStore) -> None:
    keys.create("shop front", ["predict"])
    keys.rotate("shop front", timedelta(days=7))
    keys.revoke("shop front")
    assert keys.tokens() == {}
    with pytest.raises(UsageError, match="revoked"):
        keys.rotate("shop front", timedelta(days=7))
    with pytest.raises(UsageError, match="did you mean 'shop front'"):
        keys.rotate("shop frnt", timedelta(days=7))


@pytest.mark.fault("keys", "a key made, rotated or revoked", "stands in the audit log, its token does not")
def test_what_is_done_to_keys_stands_in_the_audit_log(keys: KeyStore, workspace: Workspace) -> None:
    token = keys.create("shop front", ["predict"])
    keys.rotate("shop front", timedelta(days=7))
    keys.revoke("shop front")
    keys.revoke("shop front")
    log = AuditLog(workspace)
    assert [entry.action for entry in log.entries("key:shop front")] == ["create key", "rotate key", "revoke key"]
    assert log.verify().intact
    assert token.split("_", 2)[2] not in str(log.entries())
