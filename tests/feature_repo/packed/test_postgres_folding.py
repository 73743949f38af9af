"""Events are folded into PostgreSQL by one connection that is kept."""

from __future__ import annotations

import psycopg

from feature_repo.packed.backend import StoreState
from feature_repo.packed.postgres_backend import PostgresBackend
from tests.support.postgres import new_database


def test_a_kept_connection_that_the_server_has_ended_is_replaced(postgres_url: str) -> None:
    url = new_database(postgres_url)
    backend, first = PostgresBackend(url), StoreState("first")
    with backend.filling(["t"], "source") as filling:
        filling.switch(first)
    assert backend.fold(first, 1, {"t": [(b"a", b"1")]})
    (kept,) = backend._idle
    assert not backend.fold(first, 2, {"t": [(b"a", b"2")]})
    assert backend._idle == [kept]
    with psycopg.connect(backend._address, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", (kept.info.backend_pid,))
    assert backend.fold(StoreState("first", folded=1), 2, {"t": [(b"a", b"3")]})
    assert backend._idle != [kept]
    assert backend.read([("t", [b"a"])])[1] == [[b"3"]]
    backend.close()
    assert backend._idle == []
