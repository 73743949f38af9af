"""Ids that are one person become one customer by ingest, and become several again where the link is taken back."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import query_engine, row_places
from core.errors import MappingError
from pipelines.identity.keyed_hashes import GUEST_PATTERN
from pipelines.identity.pair_verdicts import PairVerdicts
from pipelines.ingest import IngestReport, run
from pipelines.ingest.readmission import readmit
from tests.pipelines.conftest import HEADER, Shop

WHO = f"{HEADER},mail,tel,who"
KEYS = {"email": "mail", "phone": "tel", "name": "who"}
LINES = [
    "7,o1,p,2024-03-01 10:00:00,1,2.00,Anna@Gmail.com,,Anna Smith",
    "12,o2,p,2024-03-02 10:00:00,1,3.00,a.n.n.a+news@googlemail.com,,A. Smith",
    ",o3,p,2024-03-03 10:00:00,1,4.00,,020 7946 0958,Bob Jones",
    ",o4,p,2024-03-04 10:00:00,1,5.00,bob@example.com,+44 20 7946 0958,Bob Jones",
    "9,o5,p,2024-03-05 10:00:00,1,6.00,,,",
    ",o6,p,2024-03-06 10:00:00,1,7.00,,,",
]


def identify(shop: Shop, **more: Any) -> None:
    shop.mapping["identity"] = {"country": "GB", "model": False, "tables": {"orders": KEYS}, **more}
    shop.map()


def of_orders(shop: Shop, column: str = "customer_id") -> dict[str, str | None]:
    return dict(shop.rows(f"order_id, {column}"))


def places(shop: Shop) -> dict[str, int]:
    """On which line of its file each order stands."""
    with query_engine.connect(shop.workspace) as connection:
        rows = row_places.placed_rows(shop.workspace, "orders")
        return dict(connection.execute(f"SELECT order_id, {row_places.POSITION} FROM ({rows})").fetchall())


def said(report: IngestReport) -> str:
    return "; ".join(note for table in report.tables for note in table.notes)


@pytest.fixture
def known(shop: Shop) -> Shop:
    """A shop with two ids of one person, a guest with a telephone number, and a guest without anything."""
    shop.lines(LINES, header=WHO)
    identify(shop)
    return shop


def test_ids_with_one_mailbox_are_one_customer_and_guests_with_a_key_become_customers(known: Shop) -> None:
    report = run(known.workspace)
    found = of_orders(known)
    assert (found["o1"], found["o2"], found["o5"], found["o6"]) == ("7", "7", "9", None)
    assert found["o3"] == found["o4"]
    assert GUEST_PATTERN.fullmatch(found["o3"] or "")
    assert "4 ids are 2 customers" in said(report)
    assert of_orders(known, "source_customer_id")["o2"] == "12"


def test_the_same_file_twice_changes_nothing(known: Shop) -> None:
    run(known.workspace)
    before = known.files()
    report = run(known.workspace)
    assert not any(table.changed for table in report.tables)
    assert known.files() == before


def test_without_identity_tables_are_those_of_before(known: Shop) -> None:
    del known.mapping["identity"]
    known.map()
    run(known.workspace)
    plain = sorted(known.rows("*"), key=str)
    identify(known)
    run(known.workspace)
    del known.mapping["identity"]
    known.map()
    run(known.workspace)
    assert sorted(known.rows("*"), key=str) == plain
    assert not known.workspace.tables.has("identities")


def test_a_new_link_merges_rows_that_the_source_no_longer_has(known: Shop) -> None:
    known.lines(["31,o8,p,2024-03-07 10:00:00,1,1.00,cy@example.com,,Cy Hall"], header=WHO)
    run(known.workspace)
    known.lines(["4,o9,p,2024-03-08 10:00:00,1,1.00,cy@example.com,,Cy Hall"], header=WHO)
    report = run(known.workspace)
    assert of_orders(known) == {"o8": "4", "o9": "4"}
    assert "1 rows in force are another customer's now" in said(report)


def test_a_familys_telephone_does_not_make_it_one(shop: Shop) -> None:
    lines = [
        f"{n},o{n},p,2024-03-01 10:00:00,1,2.00,,0171 1234567,{who}" for n, who in enumerate(("Ann Lee", "Tom Lee"))
    ]
    shop.lines(lines, header=WHO)
    identify(shop)
    report = run(shop.workspace)
    assert of_orders(shop) == {"o0": "0", "o1": "1"}
    assert "doubtful" not in said(report)


def test_a_key_that_too_many_share_links_nobody(shop: Shop) -> None:
    shop.lines([f"{n},o{n},p,2024-03-01 10:00:00,1,2.00,till@example.com,," for n in range(9)], header=WHO)
    identify(shop)
    report = run(shop.workspace)
    assert len(set(of_orders(shop).values())) == 9
    assert "share one email: it links none of them" in said(report)


@pytest.mark.parametrize("decision", ["same", "apart"])
def test_a_persons_decision_holds_and_can_be_taken_back(known: Shop, decision: str) -> None:
    run(known.workspace)
    before = sorted(known.rows("*"), key=str), sorted(known.rows("*", "identities"), key=str)
    pair = ("7", "9") if decision == "same" else ("7", "12")
    PairVerdicts.of(known.workspace).decide(pair, decision, "anna")  # type: ignore[arg-type]
    run(known.workspace)
    assert places(known)["o2"] == 3
    found = of_orders(known)
    assert (found["o1"] == found["o5"], found["o1"] == found["o2"]) == (
        (True, True) if decision == "same" else (False, False)
    )
    verdicts = PairVerdicts.of(known.workspace)
    [name] = verdicts.by_pair
    verdicts.undo(name)
    run(known.workspace)
    assert (sorted(known.rows("*"), key=str), sorted(known.rows("*", "identities"), key=str)) == before


def test_a_customer_described_under_two_ids_has_one_row(known: Shop) -> None:
    known.write("customers.csv", "id,where,since\n12,Leeds,2020-01-01\n7,,2021-01-01\n9,York,2022-01-01\n")
    columns = {"customer_id": "id", "region": "where", "signed_up_on": "since"}
    known.add_table("customers", **{"from": "customers.csv", "columns": columns})
    run(known.workspace)
    assert sorted(known.rows("customer_id, region, CAST(signed_up_on AS VARCHAR)", "customers")) == [
        ("7", "Leeds", "2020-01-01"),
        ("9", "York", "2022-01-01"),
    ]
    PairVerdicts.of(known.workspace).decide(("7", "12"), "apart", "anna")
    run(known.workspace)
    assert sorted(known.rows("customer_id, region", "customers")) == [("12", "Leeds"), ("7", None), ("9", "York")]


def test_ids_of_another_system_are_joined_by_what_the_shop_says_of_them(known: Shop) -> None:
    known.write("crm.csv", "crm,shop,card\nc1,9,\nc2,,\n")
    columns = {"source_id": "crm", "customer_id": "shop", "card": "card"}
    known.add_table("identities", **{"from": "crm.csv", "columns": columns, "constants": {"source": "crm"}})
    known.write("visits.csv", "who,at\nc1,2024-03-01 10:00:00\nc2,2024-03-01 11:00:00\n")
    events = {"customer_id": "who", "occurred_at": "at"}
    known.add_table("events", **{"from": "visits.csv", "columns": events, "constants": {"kind": "view"}})
    identify(known, tables={"orders": KEYS, "events": {"source": "crm"}})
    run(known.workspace)
    assert sorted(known.rows("customer_id", "events")) == [("9",), ("crm:c2",)]


def test_contacts_follow_the_person_and_keep_the_id_of_their_list(known: Shop) -> None:
    known.write("sent.csv", "who,at,sent\n7,2024-03-02,yes\n12,2024-03-02,no\n9,2024-03-02,no\n")
    columns = {"customer_id": "who", "at": "at", "treated": "sent"}
    known.add_table("contacts", **{"from": "sent.csv", "columns": columns, "constants": {"campaign_id": "spring"}})
    run(known.workspace)
    found = sorted(known.rows("source_customer_id, customer_id", "contacts"))
    assert found == [("12", "7"), ("7", "7"), ("9", "9")]


def test_rows_released_from_quarantine_belong_to_their_person(known: Shop) -> None:
    lines = [f"5,x{n},p,2024-03-01 10:00:00,1,2.00,,," for n in range(60)]
    known.lines([*LINES, *lines, "12,o7,p,03/04/2024,1,2.00,anna@gmail.com,,"], header=WHO)
    run(known.workspace)
    known.map(timestamps={"format": ["%Y-%m-%d %H:%M:%S", "%d/%m/%Y"]})
    assert readmit(known.workspace, "orders").added == 1
    assert of_orders(known)["o7"] == "7"


def test_no_key_is_kept_in_clear(known: Shop) -> None:
    bad = ["7,o7,p,yesterday,1,2.00,secret.one@example.com,0171 9876543,Carla Hidden", "7,o8,secret.two@example.com"]
    lines = [f"5,x{n},p,2024-03-01 10:00:00,1,2.00,five@example.com,0171 5555123,Fay Five" for n in range(60)]
    source = known.lines([*LINES, *lines, *bad], header=WHO)
    run(known.workspace)
    source.unlink()
    everything = b"".join(known.files().values())
    for planted in (b"nna@", b"bob@", b"five@", b"secret.", b"5555123", b"9876543", b"Hidden", b"hidden", b"bob jones"):
        assert planted not in everything
    assert (known.root / "secrets" / "identity-key").stat().st_mode & 0o077 == 0


@pytest.fixture
def one_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGULARS_IDENTITY_KEY", "the same in every workspace")


ENTRY = st.tuples(
    st.sampled_from(["", "1", "2", "3", "4"]),
    st.sampled_from(["", "a@x.com", "b@x.com", "c@x.com"]),
    st.sampled_from(["", "0171 111222", "0171 333444"]),
    st.sampled_from(["", "Ann Lee", "Bo Hall"]),
)


@pytest.mark.long
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries=st.lists(ENTRY, min_size=1, max_size=8), seed=st.integers(0, 99))
def test_the_order_of_rows_does_not_matter(
    tmp_path: Path, one_secret: None, entries: list[tuple[str, ...]], seed: int
) -> None:
    lines = [f"{i},o{n},p,2024-03-01 10:00:{n:02d},1,2.00,{m},{t},{w}" for n, (i, m, t, w) in enumerate(entries)]
    shuffled = random.Random(seed).sample(lines, len(lines))
    shops = [Shop(tmp_path / uuid4().hex) for _ in range(2)]
    for shop, rows in zip(shops, (lines, shuffled), strict=True):
        shop.lines(rows, header=WHO)
        identify(shop)
        run(shop.workspace)
    assert of_orders(shops[0]) == of_orders(shops[1])


@pytest.mark.parametrize(
    ("identity", "said"),
    [
        ({"tables": {"order": {"email": "mail"}}}, "did you mean 'orders'"),
        ({"tables": {"orders": {"mail": "mail"}}}, "did you mean 'email'"),
        ({"tables": {"orders": {"email": "mial"}}}, "did you mean 'mail'"),
        ({"tables": {"orders": {"email": "mail"}}, "adress": 1}, "unknown key"),
        ({"tables": {"orders": {"email": "mail"}}, "alone": ["name"]}, "links nobody by itself"),
        ({"tables": {"orders": {"email": "mail"}}, "review": 0.995}, "above probability"),
    ],
)
def test_a_block_that_cannot_be_meant_is_refused(known: Shop, identity: dict[str, Any], said: str) -> None:
    known.mapping["identity"] = identity
    known.map()
    with pytest.raises(MappingError, match=said):
        run(known.workspace)


def test_where_no_id_is_mapped_customers_are_known_by_their_keys(known: Shop) -> None:
    columns = known.mapping["tables"]["orders"]["columns"]
    known.map(columns={**columns, "customer_id": "CAST(NULL AS VARCHAR)"})
    run(known.workspace)
    found = of_orders(known)
    assert found["o1"] == found["o2"]
    assert GUEST_PATTERN.fullmatch(found["o1"] or "")
    assert found["o5"] is None
