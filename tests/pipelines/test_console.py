"""The console says the same to people and to machines."""

from __future__ import annotations

import json

import pytest

from core.errors import GateRefused, UsageError
from pipelines.cli.console import Console, render_table


def test_numbers_stand_to_the_right_and_text_to_the_left() -> None:
    lines = render_table(("name", "rows"), [("orders", 1200), ("a", 3)]).splitlines()
    assert lines == ["name     rows", "------  -----", "orders  1,200", "a           3"]


def test_the_last_line_says_what_to_do_next(capsys: pytest.CaptureFixture[str]) -> None:
    Console().finish("ingested 3 tables", "regulars train churn")
    assert capsys.readouterr().out.splitlines() == ["ingested 3 tables", "next: regulars train churn"]


def test_machines_get_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console(as_json=True)
    console.print("not shown")
    console.finish("done", data={"rows": 3})
    document = json.loads(capsys.readouterr().out)
    assert (document["ok"], document["message"], document["rows"]) == (True, "done", 3)


@pytest.mark.parametrize(("error", "code"), [(UsageError("what", todo="do"), 2), (GateRefused("no"), 3)])
def test_an_error_is_a_line_and_an_exit_code(capsys: pytest.CaptureFixture[str], error: UsageError, code: int) -> None:
    with pytest.raises(SystemExit) as ended, Console().running():
        raise error
    assert ended.value.code == code
    assert capsys.readouterr().err == f"error: {error}\n"


def test_machines_get_errors_as_a_document_too(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit), Console(as_json=True).running():
        raise UsageError("bad", where="here", todo="mend")
    document = json.loads(capsys.readouterr().out)
    assert document == {"ok": False, "error": "UsageError", "what": "bad", "where": "here", "why": None, "todo": "mend"}
