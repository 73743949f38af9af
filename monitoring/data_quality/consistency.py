"""Consistency: what tables say of each other, and what a row says of itself. Each rule is a row of `CROSS_RULES`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import ibis.expr.types as ir

from core.messages import Message
from monitoring.data_quality.look import Look, ShopTable
from monitoring.data_quality.quality_report import Finding

Say = Callable[[dict[str, int | str]], Message]


@dataclass(frozen=True)
class CrossRule:
    """A rule between tables: `counts` is one row of (wrong, judged), `rows` the condition for a row that breaks it, in
    SQL of the embedded engine, which knows where rows stand in the shop's files.

    `needs` are the columns («table.column») without which there is nothing to judge.
    """

    name: str
    table: str
    needs: tuple[str, ...]
    counts: Callable[[ShopTable], ir.Table]
    rows: str
    says: Say
    todo: Say
    column: str | None = None


def consistency(look: Look, table: str) -> Iterator[Finding]:
    """Every rule about a table that can be judged."""
    for rule in CROSS_RULES:
        if rule.table == table and all(look.brings(*need.split(".")) for need in rule.needs):
            wrong, judged = look.numbers(rule.counts(look.table))
            if judged:
                values: dict[str, int | str] = {"table": table, "wrong": wrong, "judged": judged}
                places = look.places(table, rule.rows) if wrong else ()
                yield Finding(
                    "consistency",
                    table,
                    rule.name,
                    wrong,
                    judged,
                    rule.says(values),
                    rule.todo(values),
                    column=rule.column,
                    places=places,
                )


def _unknown(table: str, column: str, other: str, says: Say, todo: Say) -> CrossRule:
    """Rows that name something another table does not have."""

    def counts(of: ShopTable) -> ir.Table:
        rows, names = of(table), of(other)
        known = names.select(known=names[column]).distinct()
        rows = rows.filter(rows[column].notnull())
        named = rows.group_by(column).agg(n=rows.count())
        told = named.left_join(known, named[column] == known.known)
        return told.agg(wrong=told.n.sum(where=told.known.isnull()), judged=told.n.sum())

    return CrossRule(
        f"unknown {other}",
        table,
        (f"{table}.{column}", f"{other}.{column}"),
        counts,
        f"{column} NOT IN (SELECT {column} FROM {other} WHERE {column} IS NOT NULL)",
        says,
        todo,
        column,
    )


def _before(other: str, key: str, column: str, says: Say, todo: Say) -> CrossRule:
    """Order lines of a day before something that comes first."""
    table = "orders"

    def counts(of: ShopTable) -> ir.Table:
        begun = of(other)
        begun = begun.filter(begun[column].notnull())
        begun = begun.group_by(key).agg(first=begun[column].min())
        lines = of(table).inner_join(begun, key)
        return lines.agg(wrong=(lines.day < lines["first"]).sum(), judged=lines.count())

    first = f"(SELECT {key}, min({column}) AS first_ FROM {other} WHERE {column} IS NOT NULL GROUP BY 1)"
    return CrossRule(
        f"before {column}",
        table,
        (f"{table}.{key}", f"{other}.{column}"),
        counts,
        f"EXISTS (SELECT 1 FROM {first} AS l WHERE l.{key} = t.{key} AND t.day < l.first_)",
        says,
        todo,
    )


def _refunded(of: ShopTable) -> ir.Table:
    lines = of("orders")
    paid, back = lines.revenue.sum(where=lines.revenue > 0), lines.revenue.sum(where=lines.revenue < 0)
    orders = lines.group_by("order_id").agg(paid=paid, back=-back)
    orders = orders.filter(orders.paid > 0)
    return orders.agg(wrong=(orders.back > orders.paid + A_CENT / 2).sum(), judged=orders.count())


def _of_several(of: ShopTable) -> ir.Table:
    lines = of("orders")
    orders = lines.group_by("order_id").agg(customers=lines.customer_id.nunique())
    return orders.agg(wrong=(orders.customers > 1).sum(), judged=orders.count())


def _of_different_signs(of: ShopTable) -> ir.Table:
    lines = of("orders")
    return lines.agg(wrong=(lines.quantity.sign() * lines.revenue.sign() < 0).sum(), judged=lines.count())


def _never_bought(of: ShopTable) -> ir.Table:
    lines = of("orders").filter(lambda each: each.customer_id.notnull())
    pairs = lines.group_by("customer_id", "product_id").agg(left=lines.quantity.sum())
    return pairs.agg(wrong=(pairs["left"] < 0).sum(), judged=pairs.count())


A_CENT = 0.01
_ORDERS = (
    "(SELECT order_id, sum(revenue) FILTER (revenue > 0) AS paid, -sum(revenue) FILTER (revenue < 0) AS back,"
    " count(DISTINCT customer_id) AS customers FROM orders GROUP BY 1)"
)
_RETURNED = (
    "(SELECT customer_id, product_id, sum(quantity) AS left_ FROM orders WHERE customer_id IS NOT NULL GROUP BY ALL)"
)

CROSS_RULES = (
    _unknown(
        "orders",
        "product_id",
        "products",
        lambda values: Message("quality.unknown_products", values),
        lambda values: Message("quality.unknown_products.todo", values),
    ),
    _unknown(
        "orders",
        "customer_id",
        "customers",
        lambda values: Message("quality.unknown_customers", values),
        lambda values: Message("quality.unknown_customers.todo", values),
    ),
    _unknown(
        "events",
        "product_id",
        "products",
        lambda values: Message("quality.unknown_products", values),
        lambda values: Message("quality.unknown_products.todo", values),
    ),
    _unknown(
        "promotions",
        "product_id",
        "products",
        lambda values: Message("quality.unknown_products", values),
        lambda values: Message("quality.unknown_products.todo", values),
    ),
    _unknown(
        "redemptions",
        "campaign_id",
        "campaigns",
        lambda values: Message("quality.unknown_campaigns", values),
        lambda values: Message("quality.unknown_campaigns.todo", values),
    ),
    _before(
        "customers",
        "customer_id",
        "signed_up_on",
        lambda values: Message("quality.before_sign_up", values),
        lambda values: Message("quality.before_sign_up.todo", values),
    ),
    _before(
        "products",
        "product_id",
        "launched_on",
        lambda values: Message("quality.before_launch", values),
        lambda values: Message("quality.before_launch.todo", values),
    ),
    CrossRule(
        "refunds above the order",
        "orders",
        (),
        _refunded,
        f"order_id IN (SELECT order_id FROM {_ORDERS} WHERE paid > 0 AND back > paid + {A_CENT / 2})",
        lambda values: Message("quality.refunds", values),
        lambda values: Message("quality.refunds.todo", values),
        "revenue",
    ),
    CrossRule(
        "an order of several customers",
        "orders",
        (),
        _of_several,
        f"order_id IN (SELECT order_id FROM {_ORDERS} WHERE customers > 1)",
        lambda values: Message("quality.several_customers", values),
        lambda values: Message("quality.several_customers.todo", values),
        "order_id",
    ),
    CrossRule(
        "quantity and amount of different signs",
        "orders",
        (),
        _of_different_signs,
        "sign(quantity) * sign(revenue) < 0",
        lambda values: Message("quality.signs", values),
        lambda values: Message("quality.signs.todo", values),
        "revenue",
    ),
    CrossRule(
        "returned and never bought",
        "orders",
        (),
        _never_bought,
        "quantity < 0 AND (customer_id, product_id) IN"
        f" (SELECT (customer_id, product_id) FROM {_RETURNED} WHERE left_ < 0)",
        lambda values: Message("quality.returned", values),
        lambda values: Message("quality.returned.todo", values),
        "quantity",
    ),
)
"""Every rule; a new one needs its words in `core/texts/en.yaml`."""
