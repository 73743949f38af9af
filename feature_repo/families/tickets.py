"""What the customer asks the service desk, how soon it answers, and how content the customer is."""

from __future__ import annotations

from typing import Final

import ibis
import ibis.expr.types as ir

from feature_repo.families.windows import count, latest, share, within
from feature_repo.feature_definition import Feature, counting
from feature_repo.shop_tables import KnownTables, Snapshot

VIEW = "customer_features"
CAUSE: Final = "service"
NEEDS = ("tickets",)
LOW = 2
FEATURES = (
    *(
        counting(f"tickets_{n}d", f"requests to the service desk in the last {n} days", "tickets")
        for n in (28, 84, 364)
    ),
    counting("tickets_change_84d", "requests to the service desk: last 84 days less the 84 before", "tickets"),
    counting("tickets_per_visit_364d", "requests to the service desk per visit, last 364 days", "tickets"),
    counting("open_tickets", "requests of the last 364 days that are not settled", "tickets"),
    counting("unanswered_tickets", "requests of the last 364 days without an answer", "tickets"),
    Feature(
        "days_since_ticket",
        "days since the last request to the service desk",
        "days",
        phrase="last asked the service desk {value} ago",
    ),
    Feature("answer_hours_mean_364d", "mean hours until a request was answered, last 364 days", "hours"),
    Feature(
        "answer_hours_last",
        "hours until the last answered request was answered",
        "hours",
        usual="answer_hours_mean_364d",
        phrase="last answer took {value}, usually {usual}",
    ),
    Feature("settling_days_mean_364d", "mean days until a request was settled, last 364 days", "days"),
    Feature("satisfaction_mean_364d", "mean satisfaction with the service desk, 1 to 5, last 364 days", "score"),
    Feature(
        "satisfaction_last",
        "satisfaction with the service desk the last time it was told, 1 to 5",
        "score",
        usual="satisfaction_mean_364d",
    ),
    counting("bad_tickets_364d", f"requests of the last 364 days with a satisfaction of {LOW} or less", "tickets"),
)


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """Requests in windows before the snapshot, with what had become of them by then."""
    tickets = shop.tickets
    year = within(tickets, 364)
    hours = tickets.answered_at.delta(tickets.opened_at, unit="minute") / 60.0
    days = tickets.closed_at.delta(tickets.opened_at, unit="hour") / 24.0
    sums = tickets.group_by("customer_id").agg(
        **{f"tickets_{n}d": count(within(tickets, n)) for n in (28, 84, 364)},
        before=count(within(tickets, 168) & ~within(tickets, 84)),
        open_tickets=count(year & tickets.closed_at.isnull()),
        unanswered_tickets=count(year & tickets.answered_at.isnull() & tickets.closed_at.isnull()),
        days_since_ticket=tickets.age.min(),
        answer_hours_mean_364d=hours.mean(where=year),
        settling_days_mean_364d=days.mean(where=year),
        satisfaction_mean_364d=tickets.satisfaction.mean(where=year),
        bad_tickets_364d=count(year & (tickets.satisfaction <= LOW)),
    )
    visits = shop.visits.group_by("customer_id").agg(visits=count(within(shop.visits, 364)))
    joined = sums.left_join(visits, "customer_id", rname="{name}_of_visits")
    for name, told, value in (
        ("answer_hours_last", tickets.answered_at.notnull(), hours),
        ("satisfaction_last", tickets.satisfaction.notnull(), tickets.satisfaction),
    ):
        joined = joined.left_join(_last(tickets, told, name, value), "customer_id", rname=f"{{name}}_of_{name}")
    return joined.mutate(
        tickets_change_84d=joined.tickets_84d - joined.before,
        tickets_per_visit_364d=share(joined.tickets_364d, joined.visits),
    )


def _last(tickets: ir.Table, told: ir.BooleanValue, name: str, value: ir.NumericValue) -> ir.Table:
    """The value of the latest of those tickets that tell it."""
    rows = tickets.select("customer_id", "age", told=told, **{name: value}).filter(ibis._.told)
    rows = rows.mutate(last=latest(rows.age))
    return rows.group_by("customer_id").agg(**{name: rows[name].mean(where=rows["last"])})
