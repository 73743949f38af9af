"""`regulars ingest --watch`: rounds begin for a reason, take whole files only, and survive bad ones."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from pipelines.ingest.rounds import IngestRound, rounds
from tests.pipelines.conftest import HEADER, Shop, orders

Lines = Callable[[int], list[str]]


class Script:
    """A clock that stands still until somebody waits; meanwhile the world goes on as a test has written it."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.acts: list[tuple[float, Callable[[], object]]] = []

    def at(self, seconds: float, act: Callable[[], object]) -> None:
        self.acts.append((seconds, act))

    def now(self) -> float:
        return self.seconds

    def pause(self, seconds: float) -> None:
        self.seconds += seconds
        if self.seconds > 2_000:
            raise TimeoutError("nothing happens any more")
        for due, act in [one for one in self.acts if one[0] <= self.seconds]:
            self.acts.remove((due, act))
            act()


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def watched(shop: Shop, script: Script) -> Iterator[IngestRound]:
    return rounds(shop.workspace, script)


def added(done: IngestRound) -> int:
    assert done.report, done.error
    return orders(done.report).added


def test_a_new_file_of_a_pattern_is_a_reason(
    shop: Shop, script: Script, watched: Iterator[IngestRound], good_lines: Lines
) -> None:
    shop.map(**{"from": "orders-*.csv"})
    lines = good_lines(30)
    shop.lines(lines[:10], name="orders-1.csv")
    assert added(next(watched)) == 10
    script.at(script.seconds + 500, lambda: shop.lines(lines[10:], name="orders-2.csv"))
    done = next(watched)
    assert (added(done), done.number) == (20, 2)
    assert script.seconds > 500


def test_a_file_is_read_once_it_is_quiet(
    shop: Shop, script: Script, watched: Iterator[IngestRound], good_lines: Lines
) -> None:
    lines = good_lines(40)
    shop.lines(lines[:10])
    next(watched)
    began = script.seconds
    for step in range(1, 4):  # a program that writes for 18 seconds, each pause shorter than quiet_s
        script.at(began + 6 * step, lambda step=step: shop.lines(lines[: 10 + 10 * step]))
    assert added(next(watched)) == 30
    assert script.seconds >= began + 18 + shop.workspace.settings.ingest.quiet_s


def test_the_rest_of_a_last_line_without_an_end_is_waited_for(
    shop: Shop, script: Script, watched: Iterator[IngestRound], good_lines: Lines
) -> None:
    lines = good_lines(30)
    shop.lines(lines[:10])
    next(watched)
    quiet = shop.workspace.settings.ingest.quiet_s
    whole = shop.lines(lines).read_bytes()
    (shop.root / "orders.csv").write_bytes(whole[: whole.index(lines[20].encode()) - 2])
    script.at(script.seconds + 2 * quiet, lambda: shop.lines(lines))
    assert added(next(watched)) == 20


def test_a_bad_file_changes_nothing_and_is_tried_again_once_it_changes(
    shop: Shop, script: Script, watched: Iterator[IngestRound], good_lines: Lines
) -> None:
    lines = good_lines(20)
    shop.lines(lines[:10])
    first = next(watched)
    script.at(20, lambda: shop.write("orders.csv", "something\nelse\n"))
    bad = next(watched)
    assert bad.report is None
    assert "\n" not in bad.said()
    assert "customer" in bad.said()
    assert len(shop.rows("order_id")) == 10
    script.at(script.seconds + 100, lambda: shop.lines(lines))
    mended = next(watched)
    assert (added(mended), first.report and first.report.generation) == (10, 1)


def test_a_file_that_is_gone_for_a_while_is_said_once(
    shop: Shop, script: Script, watched: Iterator[IngestRound], good_lines: Lines
) -> None:
    path = shop.lines(good_lines(10))
    next(watched)
    script.at(20, path.unlink)
    assert "there is no file" in next(watched).said()
    script.at(script.seconds + 100, lambda: shop.lines(good_lines(12)))
    assert added(next(watched)) == 2


def test_a_change_of_the_mapping_is_a_reason_and_a_broken_one_no_end(
    shop: Shop, script: Script, watched: Iterator[IngestRound], good_lines: Lines
) -> None:
    shop.lines(good_lines(10))
    next(watched)
    good = shop.mapping
    script.at(20, lambda: shop.write("mapping.yaml", "tables: ["))
    assert "not valid YAML" in next(watched).said()
    shop.mapping = good
    script.at(script.seconds + 50, lambda: shop.map(constants={"channel": "web"}))
    assert next(watched).report is not None
    assert shop.rows("DISTINCT channel") == [("web",)]


def test_nothing_happens_while_nothing_changes(shop: Shop, watched: Iterator[IngestRound], good_lines: Lines) -> None:
    shop.lines(good_lines(10))
    next(watched)
    with pytest.raises(TimeoutError):
        next(watched)


def test_a_database_file_is_watched_like_any(shop: Shop, script: Script, watched: Iterator[IngestRound]) -> None:
    def sell(number: int) -> None:
        with sqlite3.connect(shop.root / "shop.db") as connection:
            connection.execute('CREATE TABLE IF NOT EXISTS lines (customer, "order", product, at, qty, price)')
            connection.execute("INSERT INTO lines VALUES ('a', ?, 'p', '2024-03-01', 1, 2)", [f"o{number}"])

    sell(1)
    shop.map(**{"from": f"sqlite:///{shop.root / 'shop.db'}#lines"})
    assert added(next(watched)) == 1
    script.at(400, lambda: sell(2))
    assert added(next(watched)) == 1
    assert script.seconds > 400


def test_a_server_is_asked_from_time_to_time(shop: Shop, script: Script, watched: Iterator[IngestRound]) -> None:
    shop.map(**{"from": "postgresql+psycopg://nobody@127.0.0.1:1/none#lines"})
    assert "the database can't be read" in next(watched).said()
    before = script.seconds
    assert next(watched).error is not None
    assert script.seconds - before >= shop.workspace.settings.ingest.every_s


def test_a_round_is_one_document_for_machines(shop: Shop, watched: Iterator[IngestRound], good_lines: Lines) -> None:
    shop.lines([*good_lines(10), "c,o,p,2024-03-01,many,1"])
    shop.write("regulars.toml", "max_rejected_share = 0.5\n")
    done = next(watched)
    told = json.loads(json.dumps(done.as_dict(), default=str))
    assert (told["ok"], told["round"], told["tables"][0]["added"]) == (True, 1, 10)
    assert "orders: 10 added, 1 bad; generation 1" in done.said()


@pytest.mark.long
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(shop: Shop, good_lines: Lines, how: signal.Signals) -> None:
    shop.lines(good_lines(10))
    command = [sys.executable, "-m", "pipelines.cli.main", "ingest", "--watch", "--json"]
    environment = {**os.environ, "REGULARS_WORKSPACE": str(shop.root), "REGULARS_INGEST__QUIET_S": "0.1"}
    environment["REGULARS_INGEST__LOOK_S"] = "0.1"
    process = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        # A shell without job control starts what runs in its background with Ctrl-C ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    assert process.stdout
    first = json.loads(process.stdout.readline())
    shop.write("orders.csv", "\n".join([HEADER, *good_lines(15)]) + "\n")
    second = json.loads(process.stdout.readline())
    process.send_signal(how)
    rest, _ = process.communicate(timeout=60)
    assert [one["tables"][0]["added"] for one in (first, second)] == [10, 5]
    assert json.loads(rest.splitlines()[-1]) == {"ok": True, "message": "stopped", "rounds": 2, "generation": 2}
    assert process.returncode == 0
