"""Small requests are answered in the callback that brought them; whoever asks can't tell."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from serving.at_once import AtOnce
from serving.protocol import GuardedProtocol
from serving.told_ahead import ToldAhead
from tests.serving.conftest import Shop
from tests.serving.test_connections import Server, refused, rest

OWN = {"date", "x-request-id", "content-length"}
"""Headers that differ between two answers."""


class Counting(AtOnce):
    """Counts what it answered."""

    answered = 0

    def answer(self, *asked: Any) -> bytes | None:
        told = super().answer(*asked)
        self.answered += told is not None
        return told


@pytest.fixture
def server(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    shop.runtime.access.refresh()
    monkeypatch.setattr(GuardedProtocol, "at_once", Counting(shop.answering))
    with Server(shop) as listening:
        yield listening


def asked(server: Server, body: bytes, *headers: str, path: str = "/v1/churn") -> bytes:
    return server.head("Host: a", *headers, length=len(body), path=path) + body


def parts(answer: bytes) -> tuple[bytes, dict[str, str], dict[str, Any]]:
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    named = dict(line.decode().split(": ", 1) for line in lines)
    assert int(named["content-length"]) == len(body)
    return first, {name: value for name, value in named.items() if name not in OWN}, json.loads(body)


def told(server: Server, *requests: bytes) -> list[bytes]:
    """The answers to requests that come one after the other on one connection."""
    found = []
    with closing(server.connect()) as connection:
        for request in requests:
            connection.sendall(request)
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(65536)
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            while len(head.partition(b"\r\n\r\n")[2]) < length:
                head += connection.recv(65536)
            found.append(head)
    return found


def count(server: Server) -> int:
    assert isinstance(GuardedProtocol.at_once, Counting)
    return GuardedProtocol.at_once.answered


BODY = b'{"customer_ids": ["nobody"]}'


def test_the_answer_is_the_same_as_on_the_ordinary_way(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    request = asked(server, BODY)
    at_once = parts(told(server, request)[0])
    assert count(server) == 1
    monkeypatch.setattr(GuardedProtocol, "at_once", None)
    ordinary = parts(told(server, request)[0])
    assert at_once[:2] == ordinary[:2]
    assert at_once[2]["results"] == ordinary[2]["results"]
    assert at_once[2].keys() == ordinary[2].keys()


def test_a_connection_goes_both_ways_in_turn(server: Server) -> None:
    many = json.dumps({"customer_ids": ["a", "b"]}).encode()
    answers = told(server, asked(server, BODY), asked(server, many), asked(server, b"{}"), asked(server, BODY))
    assert [answer[9:12] for answer in answers] == [b"200", b"200", b"400", b"200"]
    assert count(server) == 2


@pytest.mark.parametrize(("customers", "more", "at_once"), [(100, "", 1), (101, "", 0), (100, ', "explain": true', 0)])
def test_some_whose_scores_are_kept_are_answered_as_one_is(
    server: Server, monkeypatch: pytest.MonkeyPatch, customers: int, more: str, at_once: int
) -> None:
    monkeypatch.setattr(ToldAhead, "is_kept", lambda *_: True)
    ids = json.dumps([f"c{number}" for number in range(customers)])
    answer = parts(told(server, asked(server, f'{{"customer_ids": {ids}{more}}}'.encode()))[0])
    assert [line["customer_id"] for line in answer[2]["results"]] == json.loads(ids)
    assert count(server) == at_once


def test_requests_sent_at_once_are_answered_in_their_order(server: Server) -> None:
    bodies = [json.dumps({"customer_ids": ["x"] * (1 + number % 2)}).encode() for number in range(8)]
    requests = [asked(server, body, f"X-Request-Id: r{number}") for number, body in enumerate(bodies)]
    requests[-1] = requests[-1].replace(b"Host: a", b"Host: a\r\nConnection: close")
    answer = server.ask(b"".join(requests))
    named = [line for line in answer.lower().split(b"\r\n") if line.startswith(b"x-request-id")]
    assert named == [b"x-request-id: r%d" % number for number in range(8)]
    assert answer.count(b" 200 OK") == 8


@pytest.mark.parametrize("pause", [0.0, 0.2])
def test_a_body_may_come_after_its_head(server: Server, pause: float) -> None:
    whole = asked(server, BODY, "Connection: keep-alive")
    with closing(server.connect()) as connection:
        for piece in (whole[: -len(BODY)], BODY[:5], BODY[5:]):
            connection.sendall(piece)
            time.sleep(pause)
        assert b" 200 OK" in connection.recv(65536)


@pytest.mark.parametrize("header", ["Connection: close", "Expect: 100-continue", "Origin: https://shop.example"])
def test_what_asks_for_more_than_an_answer_goes_the_ordinary_way(server: Server, header: str) -> None:
    request = asked(server, BODY, *{header, "Connection: close"})
    assert b" 200 OK" in server.ask(request)
    assert count(server) == 0


def test_a_key_without_the_right_or_with_a_limit_is_told_so(server: Server) -> None:
    shop = server.shop
    shop.token = shop.keys.create("others", ["feedback"])
    limited = shop.keys.create("limited", ["predict"], per_second=0.1)
    shop.runtime.access.refresh()
    answers = told(server, asked(server, BODY))
    shop.token = limited
    answers += told(server, asked(server, BODY), asked(server, BODY))
    assert [answer[9:12] for answer in answers] == [b"403", b"200", b"429"]
    assert b"ratelimit-remaining: 0" in answers[1]


def test_what_a_handler_refuses_is_a_problem(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server.shop.runtime.champions, "_serving", {})
    status, headers, body = parts(told(server, asked(server, BODY))[0])
    assert (status[9:12], headers["content-type"], body["status"]) == (b"503", "application/problem+json", 503)
    assert headers["retry-after"]
    assert count(server) == 1


def test_a_connection_that_was_answered_at_once_ends_with_the_process(server: Server) -> None:
    connection = server.connect()
    connection.sendall(asked(server, BODY))
    assert b" 200 OK" in connection.recv(65536)
    server.should_exit = True
    server.thread.join(5)
    assert not server.thread.is_alive()
    assert rest(connection) == b""
    connection.close()


def test_a_request_of_an_unknown_method_after_one_is_answered_as_what_it_is(server: Server) -> None:
    """Both come together, and the parser says no more than that the second has no method it knows."""
    body = json.dumps({"customer_ids": ["c001"]}).encode()
    answers = server.ask(asked(server, body) + b"FOO /v1/models HTTP/1.1\r\nHost: a\r\n\r\n")
    first, second = answers.split(b"HTTP/1.1 ")[1:]
    assert first.startswith(b"200 ")
    refused(b"HTTP/1.1 " + second, 405, "method-not-allowed")
    assert b"/v1/models takes GET" in second
