"""Events are kept before they are acknowledged, once each."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.event_log import Event, EventLog
from core.workspace import Workspace

AT = datetime(2024, 8, 1, 12, tzinfo=UTC)


def test_new_events_come_back_with_a_sequence_and_wait_for_both_stores(workspace: Workspace) -> None:
    log = EventLog(workspace)
    new = log.append([Event("007", AT, "view", product_id="1"), Event("8", AT, "purchase", value=3.5)])
    assert [event.customer_id for event in new] == ["007", "8"]
    assert log.pending() == log.unapplied(1) == new
    log.mark_applied(new, 1)
    assert log.unapplied(1) == []
    assert log.pending() == new
    log.mark_ingested(new[:1])
    assert log.pending() == new[1:]


def test_what_waits_of_some_customers_is_found_in_the_order_it_came(workspace: Workspace) -> None:
    log = EventLog(workspace)
    events = [Event(customer, AT, "view", product_id=str(n)) for n, customer in enumerate(("b", "a", "c", "b"))]
    new = log.append(events)
    assert log.pending(["a", "b", "b"]) == [new[0], new[1], new[3]]
    log.mark_ingested(new[:1])
    assert log.pending(["a", "b"]) == [new[1], new[3]]
    assert log.pending([]) == []


def test_an_event_sent_again_counts_once(workspace: Workspace) -> None:
    log = EventLog(workspace)
    event = Event("007", AT, "view", product_id="1")
    assert len(log.append([event, event])) == 1
    assert log.append([event]) == []
    assert len(log.pending()) == 1


def test_two_events_without_a_time_are_two(workspace: Workspace) -> None:
    log = EventLog(workspace)
    log.append([Event("007", AT, "view", nonce="a"), Event("007", AT, "view", nonce="b")])
    assert len(log.pending()) == 2


def test_a_refilled_online_store_has_to_be_told_again_what_no_ingest_has_taken(workspace: Workspace) -> None:
    log = EventLog(workspace)
    events = log.append([Event("007", AT, "view"), Event("8", AT, "view")])
    log.mark_applied(events, 1)
    assert log.unapplied(1) == []
    assert log.unapplied(2) == events
    log.mark_ingested(events[:1])
    assert log.unapplied(2) == events[1:]
    log.mark_applied(events[1:], 2)
    assert log.unapplied(2) == []


def test_more_events_than_one_statement_takes(workspace: Workspace) -> None:
    log = EventLog(workspace)
    events = [Event(str(number), AT, "view") for number in range(1203)]
    assert [event.customer_id for event in log.append(events)] == [str(number) for number in range(1203)]
    log.mark_applied(log.unapplied(1), 1)
    assert log.unapplied(1) == []


# U+0000 is refused at the door: not every database can keep it.
text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
events = st.builds(
    Event,
    customer_id=text.filter(bool),
    occurred_at=st.datetimes(timezones=st.just(UTC), min_value=datetime(1990, 1, 1)),
    kind=st.sampled_from(["view", "purchase"]),
    product_id=st.none() | text,
    quantity=st.none() | st.floats(allow_nan=False),
    text=st.none() | text,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(events, max_size=6))
def test_whatever_is_appended_is_read_back(workspace: Workspace, batch: list[Event]) -> None:
    log = EventLog(workspace)
    log.append(batch)
    kept = {event.key for event in log.pending()}
    assert {event.key for event in batch} <= kept
