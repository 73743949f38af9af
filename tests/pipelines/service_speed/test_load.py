"""The load generator of the bench of serving: every request is answered once, and counted as what it came to."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from pipelines.bench.service_speed import load
from pipelines.bench.service_speed.load import LoadSample, post
from pipelines.bench.service_speed.serving_bench import HEADER, ServingBench, ServingMeasure


class Echo(socketserver.StreamRequestHandler):
    """Answers 200 and the body; of `/wrong` 503."""

    def handle(self) -> None:
        while line := self.rfile.readline():
            length = 0
            while (header := self.rfile.readline()) not in (b"\r\n", b""):
                name, _, value = header.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            body = self.rfile.read(length)
            status = b"503 No" if b"/wrong" in line else b"200 OK"
            self.wfile.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: %d\r\n\r\n" % len(body))
            self.wfile.flush()
            self.wfile.write(body)
        self.server.asked.append(line)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


@pytest.fixture
def port() -> Iterator[int]:
    with Server(("127.0.0.1", 0), Echo) as server:
        server.asked = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_so_many_requests_are_sent_and_answered(port: int) -> None:
    sample = load.count(port, [post("/", b"x" * 5000)], 3, 50)
    assert len(sample.times) == 50
    assert sample.failed == 0
    assert sample.per_second > 0


def test_what_is_no_200_counts_as_failed(port: int) -> None:
    sample = load.count(port, [post("/", b""), post("/wrong", b"")], 1, 10)
    assert (len(sample.times), sample.failed) == (10, 5)


def test_requests_come_at_a_rate_whether_or_not_earlier_ones_are_answered(port: int) -> None:
    sample = load.pace(port, [post("/", b"{}")], 4, 0.5, 100)
    assert len(sample.times) == pytest.approx(50, abs=40)
    assert sample.failed == 0
    evenly = load.pace(port, [post("/", b"{}")], 4, 0.5, 100, evenly=True)
    assert (len(evenly.times), evenly.failed) == (50, 0)


def test_runs_add_up() -> None:
    both = LoadSample(np.array([0.001, 0.003]), 1.0, 1, 0.1).joined(LoadSample(np.array([0.002]), 0.5, 0, 0.2))
    assert (both.per_second, both.failed, both.lag) == (2.0, 1, 0.2)
    assert both.quantile(0.5) == pytest.approx(2.0)
    assert both.longest == pytest.approx(3.0)


def test_the_service_is_told_as_a_multiple_of_the_floor() -> None:
    def measured(by: str, seconds: float) -> ServingMeasure:
        return ServingMeasure("churn, 1 id", by, LoadSample(np.full(10, seconds), 10 * seconds), cpu=seconds)

    found = ServingBench((measured("regulars", 0.004), measured("floor", 0.002)), ())
    assert found.ratios() == [("churn, 1 id", "floor", "0.50", "2.00", "2.00", "2.00")]
    assert "0.50 of the floor's throughput" in found.verdict()


def test_both_ways_of_arriving_are_told() -> None:
    at_random, evenly = (LoadSample(np.array([0.001] * 49 + [slow]), 1.0) for slow in (0.009, 0.002))
    told = ServingMeasure("churn, 1 id", "regulars", at_random, at_random, 0.001, evenly)
    shown = dict(zip(HEADER[-4:], told.row()[-4:], strict=True))
    assert (shown["evenly: p50"], shown["failed"]) == ("1.00", 0)
    assert told.as_dict()["evenly_p99"] < told.as_dict()["p99"]


class Impatient(Echo):
    """Closes a connection on which nothing comes."""

    timeout = 0.2

    def handle(self) -> None:
        try:
            super().handle()
        except TimeoutError:
            return


def test_connections_that_the_service_closed_unused_are_opened_again() -> None:
    with Server(("127.0.0.1", 0), Impatient) as server:
        server.asked = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        told = load.pace(server.server_address[1], [post("/a", b"x")], 20, 1.0, 40)
        server.shutdown()
    assert told.failed == 0
    assert len(told.times) > 10
