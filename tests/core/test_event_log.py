"""Events are kept before they are acknowledged, once each."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.event_log import Event, EventLog
from core.workspace import Workspace

AT = datetime(2024, 8, 1, 12, tzinfo=UTC)


def test_new_events_come_back_with_a_sequence_and_wait_for_an_ingest(workspace: Workspace) -> None:
    log = EventLog(workspace)
    new = log.append([Event("007", AT, "view", product_id="1"), Event("8", AT, "purchase", value=3.5)])
    assert [event.customer_id for event in new] == ["007", "8"]
    assert log.pending() == new
    log.mark_ingested(new[:1])
    assert log.pending() == new[1:]


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


def test_what_came_after_an_event_and_no_ingest_has_taken_is_read_in_order(workspace: Workspace) -> None:
    log = EventLog(workspace)
    events = log.append([Event(str(number), AT, "view") for number in range(5)])
    assert log.after(0, 10) == events
    log.mark_ingested(events[3:4])
    last = events[1].sequence
    assert last is not None
    assert log.after(last, 10) == [events[2], events[4]]
    assert log.after(last, 1) == [events[2]]


def test_more_events_than_one_statement_takes(workspace: Workspace) -> None:
    log = EventLog(workspace)
    events = [Event(str(number), AT, "view") for number in range(1203)]
    assert [event.customer_id for event in log.append(events)] == [str(number) for number in range(1203)]
    log.mark_ingested(log.pending())
    assert log.pending() == []


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
