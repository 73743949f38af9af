"""The audit log shows every tampering, and names the first entry that is wrong."""

import os
import pwd
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.audit import AuditLog, person
from core.errors import StoreError, UsageError
from core.settings import Settings
from core.workspace import Workspace


@pytest.fixture
def log(workspace) -> AuditLog:
    log = AuditLog(workspace)
    for number in range(1, 6):
        log.append("promote", "ada", f"churn/{number}", {"reason": "better", "n": number})
    return log


def tamper(workspace: Workspace, statement: str) -> None:
    with workspace.database.begin() as connection:
        connection.execute(sa.text(statement))


def test_an_untouched_log_is_intact_and_its_head_is_the_last_entry(log):
    found = log.verify()
    assert found.intact
    assert found.entries == 5
    assert found.head == log.head() == f"5:{log.entries()[-1].mac}"


def test_entries_come_back_as_they_were_written(log):
    entry = log.entries("churn/3")[0]
    assert (entry.seq, entry.action, entry.who, entry.details) == (3, "promote", "ada", {"reason": "better", "n": 3})
    assert [entry.seq for entry in log.entries(last=2)] == [4, 5]


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("update audit_log set who = 'eve' where seq = 3", 3),
        ("update audit_log set details = '{}' where seq = 1", 1),
        ("update audit_log set at = '2001-01-01' where seq = 5", 5),
        ("delete from audit_log where seq = 2", 2),
        ("delete from audit_log where seq = 1", 1),
        ("update audit_log set mac = (select mac from audit_log where seq = 1) where seq = 4", 4),
    ],
)
def test_a_changed_or_removed_entry_is_the_first_broken_one(workspace, log, statement, broken):
    tamper(workspace, statement)
    found = log.verify()
    assert not found.intact
    assert found.broken == broken
    assert str(broken) in found.reason


def test_swapped_entries_are_found(workspace, log):
    tamper(workspace, "update audit_log set seq = 99 where seq = 2")
    tamper(workspace, "update audit_log set seq = 2 where seq = 4")
    tamper(workspace, "update audit_log set seq = 4 where seq = 99")
    assert log.verify().broken == 2


def test_a_forged_chain_without_the_key_is_found(tmp_path, workspace, log, monkeypatch):
    tamper(workspace, "delete from audit_log")
    monkeypatch.setenv("REGULARS_AUDIT_KEY", "not the key")
    AuditLog(workspace).append("promote", "eve", "churn/1")
    monkeypatch.delenv("REGULARS_AUDIT_KEY")
    assert AuditLog(workspace).verify().broken == 1


def forget_head(workspace: Workspace) -> None:
    (workspace.secrets_dir / "audit-head").unlink()


def test_a_cut_end_is_found_with_the_head_kept_elsewhere(workspace, log):
    head = log.head()
    assert log.verify(head).intact
    tamper(workspace, "delete from audit_log where seq > 3")
    forget_head(workspace)
    assert log.verify().intact
    assert log.verify(head).broken == 4


@pytest.mark.parametrize("which", ["seq > 3", "seq > 0"])
def test_a_log_cut_or_deleted_whole_is_found_by_the_head_that_the_workspace_keeps_apart(workspace, log, which):
    tamper(workspace, f"delete from audit_log where {which}")
    found = log.verify()
    assert not found.intact
    assert found.reason == "the log ends before the head kept, 5"
    log.append("promote", "eve", "churn/9")
    assert not log.verify().intact, "writing on heals nothing"


def test_a_head_that_was_moved_back_or_forged_is_none(workspace, log):
    path = workspace.secrets_dir / "audit-head"
    path.write_text(f"3:{log.entries()[2].mac}:{'0' * 64}")
    assert "the head kept in this workspace was changed" in log.verify().reason


def test_after_a_restored_backup_the_head_is_accepted_by_an_act_that_the_log_tells(workspace, log):
    tamper(workspace, "delete from audit_log where seq > 3")
    log.accept_head("ada", "the backup of 1 November")
    assert log.verify().intact
    (entry,) = log.entries("audit log")
    assert (entry.who, entry.details["reason"]) == ("ada", "the backup of 1 November")
    assert entry.details["kept"].startswith("5:")


def test_the_head_is_private_and_an_earlier_releases_log_gets_one_with_its_next_entry(workspace, log):
    forget_head(workspace)
    assert log.verify().intact
    log.append("promote", "ada", "churn/6")
    path = workspace.secrets_dir / "audit-head"
    assert path.read_text().startswith("6:")
    assert path.stat().st_mode & 0o077 == 0


def test_a_check_from_a_later_entry_on_looks_at_nothing_before_it(workspace, log):
    tamper(workspace, "update audit_log set who = 'eve' where seq = 2")
    assert log.verify(since=2).broken == 2
    assert log.verify(since=3).intact


def test_who_runs_a_command_is_the_account_and_not_what_the_environment_claims(monkeypatch):
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody else")
    assert person() == pwd.getpwuid(os.getuid()).pw_name


def test_a_log_that_grew_still_holds_the_head_kept_elsewhere(log):
    head = log.head()
    log.append("rollback", "ada", "churn/4")
    assert log.verify(head).intact


def test_a_log_rewritten_by_the_keys_holder_does_not_hold_the_head_kept_elsewhere(workspace, log):
    head = log.head()
    tamper(workspace, "delete from audit_log")
    forget_head(workspace)
    for number in range(7):
        log.append("promote", "ada", f"churn/{number}")
    assert log.verify().intact
    assert log.verify(head).broken == 5


@pytest.mark.parametrize("text", ["abc", "", "0:" + "a" * 64])
def test_a_head_that_is_none_is_a_usage_error(log, text):
    with pytest.raises(UsageError, match="no head"):
        log.verify(text)


def test_an_empty_log_is_intact(workspace):
    log = AuditLog(workspace)
    assert log.verify().intact
    assert log.head().startswith("0:")


def test_many_threads_append_at_once_and_lose_nothing(workspace):
    log = AuditLog(workspace)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: log.append("promote", "ada", f"churn/{n}"), range(60)))
    assert log.verify().intact
    assert {entry.subject for entry in log.entries()} == {f"churn/{n}" for n in range(60)}


def append_some(root: str, name: str) -> None:
    log = AuditLog(Workspace.open(Path(root)))
    for number in range(15):
        log.append("approve", name, f"demand/{number}")


def test_processes_append_at_once_and_share_one_secret(workspace):
    context = get_context("spawn")
    processes = [context.Process(target=append_some, args=(str(workspace.root), name)) for name in ("a", "b", "c")]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    log = AuditLog(workspace)
    assert log.verify().intact
    assert len(log.entries()) == 45


def test_a_customer_is_in_the_log_as_a_keyed_hash_only(workspace, log):
    name = log.customer("customer 4711")
    log.append("forget", "ada", name)
    assert name == log.customer("customer 4711") != log.customer("customer 4712")
    assert "customer 4711" not in name
    with workspace.database.connect() as connection:
        rows = connection.execute(sa.text("select * from audit_log")).all()
    assert not [row for row in rows if "customer 4711" in str(row)]


def test_the_secret_file_is_private_and_refused_when_it_is_not(tmp_path):
    workspace = Workspace(tmp_path, Settings())
    AuditLog(workspace)
    path = workspace.secrets_dir / "audit-key"
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    with pytest.raises(StoreError, match="chmod 600"):
        AuditLog(workspace)


text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries=st.lists(st.tuples(text, text, text, st.dictionaries(text, text, max_size=3)), max_size=5))
def test_any_text_goes_in_and_verifies(workspace, entries):
    log = AuditLog(workspace)
    before = len(log.entries())
    for entry in entries:
        log.append(*entry)
    assert log.verify().intact
    assert [(e.action, e.who, e.subject, e.details) for e in log.entries()[before:]] == entries


def test_a_log_begun_with_another_secret_is_not_written_to(log, workspace, monkeypatch):
    """As where two machines share the database and each has made a secret of its own."""
    before = log.entries()
    monkeypatch.setenv("REGULARS_AUDIT_KEY", "made on another machine")
    with pytest.raises(StoreError, match="set REGULARS_AUDIT_KEY to the secret of the machine that began it"):
        AuditLog(workspace).append("promote", "bob", "churn/6")
    assert log.entries() == before
    assert log.verify().intact


def test_the_log_leaves_only_private_files_among_the_secrets(workspace, log):
    assert {path.name for path in workspace.secrets_dir.iterdir()} == {"audit-key", "audit-head"}
    assert not [path for path in workspace.secrets_dir.iterdir() if path.stat().st_mode & 0o077]
