"""Small words the families share: sums and counts over the last days before a snapshot."""

from __future__ import annotations

import math

import ibis
import ibis.expr.types as ir


def within(table: ir.Table, days: int) -> ir.BooleanValue:
    """The row's day is one of the last `days` before the snapshot."""
    return table.age <= days


def total(value: ir.NumericValue, condition: ir.BooleanValue) -> ir.FloatingScalar:
    """The sum of `value` over the rows where the condition holds; 0 where it never does."""
    return ibis.ifelse(condition, value, 0).sum().cast("float64")


def count(condition: ir.BooleanValue) -> ir.FloatingScalar:
    """The rows for which the condition holds."""
    return condition.fill_null(False).cast("int64").sum().cast("float64")


def distinct(value: ir.Value, condition: ir.BooleanValue) -> ir.FloatingScalar:
    """Different values among the rows where the condition holds."""
    return value.nunique(where=condition).cast("float64")


def decayed(value: ir.NumericValue, age: ir.NumericValue, half_life: float) -> ir.FloatingScalar:
    """The sum of `value`, where what lies `half_life` days back counts half, and so on."""
    return (value * (age.cast("float64") * (-math.log(2) / half_life)).exp()).sum()


def share(part: ir.NumericValue, whole: ir.NumericValue) -> ir.NumericValue:
    """part / whole, missing where the whole is 0."""
    return part / whole.cast("float64").nullif(0)


def latest(age: ir.NumericValue) -> ir.BooleanValue:
    """The row is of the customer's latest day; several of one day are all the latest."""
    return age == age.min().over(group_by="customer_id")


def from_the_last(visits: ir.Table, **by_customer: ir.Value) -> ir.Table:
    """Visits with `back`, 0 at the customer's last and so on, `recency`, the last's age, and more that is asked of all.

    By the numbers that visits carry: a window over all of them, in their order, takes the engine several times as long.
    """
    known = visits.group_by("customer_id").agg(of_visits=visits.count(), recency=visits.age.min(), **by_customer)
    joined = visits.join(known, "customer_id", rname="{name}_known")
    return joined.mutate(back=joined.of_visits - joined.number)


def slope(value: ir.NumericValue, age: ir.NumericValue, weeks: int) -> ir.FloatingScalar:
    """Least-squares change per week of the weekly sums over the last `weeks` weeks (weeks without rows are 0).

    With x = 0..n-1 from the oldest week, sum((x - mean x) y) / sum((x - mean x)^2), the latter n(n^2-1)/12.
    """
    week = weeks - 1 - ((age - 1) / 7).floor()
    centred = week - (weeks - 1) / 2
    inside = ibis.ifelse(age <= 7 * weeks, centred * value, 0.0)
    return inside.sum() / (weeks * (weeks**2 - 1) / 12)
