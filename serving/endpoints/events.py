"""POST /v1/events: what customers do now; kept first, then the next prediction shows purchases, looks and searches."""

from __future__ import annotations

import secrets
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final

from core import clock, utc
from core.event_log import Event
from core.keys import Key
from core.repeats import RequestToken
from serving.answers import EventsAnswer
from serving.bodies import EventBody, EventsBody
from serving.endpoint import Endpoint, writing
from serving.problems import InvalidBody
from serving.runtime import Runtime

EARLIEST: Final = utc.parse("1900-01-01")
"""As far back as an ingest takes moments."""


def events(runtime: Runtime, body: EventsBody, _key: Key, repeat: RequestToken | None) -> dict[str, Any]:
    """Keep the events, and let the online store show what it can at once; of a person's ids any may be named."""
    now = clock.now(runtime.workspace)
    persons = runtime.persons.now
    named = [_event(event, now) for event in body.events]
    taken = [replace(event, customer_id=persons.person(event.customer_id)) for event in named]
    for place, event in enumerate(taken):
        if not EARLIEST <= event.occurred_at <= now:
            problem = "lies ahead" if event.occurred_at > now else "lies too far back"
            allowed = f"from {EARLIEST:%Y-%m-%d} to the shop's present, {now:%Y-%m-%dT%H:%M:%SZ}; null for now"
            raise InvalidBody.field(f"events[{place}].occurred_at", problem, allowed)
    return {"accepted": len(taken), **asdict(runtime.event_intake.take(taken, repeat))}


def _event(body: EventBody, now: datetime) -> Event:
    values = body.model_dump()
    at = values.pop("occurred_at")
    if at is None:
        return Event(**values, occurred_at=now, nonce=secrets.token_hex(8))
    return Event(**values, occurred_at=at)


ENDPOINT = Endpoint(
    "POST",
    "/v1/events",
    "events",
    None,
    EventsAnswer,
    "Tell what customers do; the next prediction shows purchases, views, carts, wishes and searches",
    EventsBody,
    {"events": [{"customer_id": "2375", "kind": "purchase", "product_id": "1082185", "quantity": 1, "value": 2.5}]},
    lane=writing,
    taker=events,
)
