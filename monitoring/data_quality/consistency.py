"""Consistency: what tables say of each other, and what a row says of itself. Each rule is a row of `CROSS_RULES`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from core.messages import Message
from monitoring.data_quality.look import Look
from monitoring.data_quality.quality_report import Finding

Say = Callable[[dict[str, int | str]], Message]


@dataclass(frozen=True)
class CrossRule:
    """A rule between tables: `counts` is a query of (wrong, judged), `rows` the condition for a row that breaks it.

    `needs` are the columns («table.column») without which there is nothing to judge.
    """

    name: str
    table: str
    needs: tuple[str, ...]
    counts: str
    rows: str
    says: Say
    todo: Say
    column: str | None = None


def consistency(look: Look, table: str) -> Iterator[Finding]:
    """Every rule about a table that can be judged."""
    for rule in CROSS_RULES:
        if rule.table == table and all(look.brings(*need.split(".")) for need in rule.needs):
            wrong, judged = look.numbers(rule.counts)
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
    known = f"(SELECT DISTINCT {column} FROM {other})"
    named = f"(SELECT {column}, count(*) AS n FROM {table} WHERE {column} IS NOT NULL GROUP BY 1)"
    return CrossRule(
        f"unknown {other}",
        table,
        (f"{table}.{column}", f"{other}.{column}"),
        f"SELECT sum(n) FILTER ({column} NOT IN {known}), sum(n) FROM {named}",
        f"{column} NOT IN {known}",
        says,
        todo,
        column,
    )


def _before(other: str, key: str, column: str, says: Say, todo: Say) -> CrossRule:
    """Order lines of a day before something that comes first."""
    table = "orders"
    late = f"(SELECT {key}, min({column}) AS first_ FROM {other} WHERE {column} IS NOT NULL GROUP BY 1)"
    return CrossRule(
        f"before {column}",
        table,
        (f"{table}.{key}", f"{other}.{column}"),
        f"SELECT count(*) FILTER (day < first_), count(*) FROM {table} JOIN {late} USING ({key})",
        f"EXISTS (SELECT 1 FROM {late} AS l WHERE l.{key} = t.{key} AND t.day < l.first_)",
        says,
        todo,
    )


_ORDERS = (
    "(SELECT order_id, sum(revenue) FILTER (revenue > 0) AS paid, -sum(revenue) FILTER (revenue < 0) AS back,"
    " count(DISTINCT customer_id) AS customers FROM orders GROUP BY 1)"
)
_REFUNDED = "back > paid + 0.005"
_SIGNS = "((quantity > 0 AND revenue < 0) OR (quantity < 0 AND revenue > 0))"
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
        f"SELECT count(*) FILTER ({_REFUNDED}), count(*) FROM {_ORDERS} WHERE paid > 0",
        f"order_id IN (SELECT order_id FROM {_ORDERS} WHERE paid > 0 AND {_REFUNDED})",
        lambda values: Message("quality.refunds", values),
        lambda values: Message("quality.refunds.todo", values),
        "revenue",
    ),
    CrossRule(
        "an order of several customers",
        "orders",
        (),
        f"SELECT count(*) FILTER (customers > 1), count(*) FROM {_ORDERS}",
        f"order_id IN (SELECT order_id FROM {_ORDERS} WHERE customers > 1)",
        lambda values: Message("quality.several_customers", values),
        lambda values: Message("quality.several_customers.todo", values),
        "order_id",
    ),
    CrossRule(
        "quantity and amount of different signs",
        "orders",
        (),
        f"SELECT count(*) FILTER ({_SIGNS}), count(*) FROM orders",
        _SIGNS,
        lambda values: Message("quality.signs", values),
        lambda values: Message("quality.signs.todo", values),
        "revenue",
    ),
    CrossRule(
        "returned and never bought",
        "orders",
        (),
        f"SELECT count(*) FILTER (left_ < 0), count(*) FROM {_RETURNED}",
        "quantity < 0 AND (customer_id, product_id) IN"
        f" (SELECT (customer_id, product_id) FROM {_RETURNED} WHERE left_ < 0)",
        lambda values: Message("quality.returned", values),
        lambda values: Message("quality.returned.todo", values),
        "quantity",
    ),
)
"""Every rule; a new one needs its words in `core/texts/en.yaml`."""
