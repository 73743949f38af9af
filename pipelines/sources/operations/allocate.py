"""`allocate`: amounts that an order has once (subtotal, discount, tax, shipping, refund) are shared out to its lines.

Here each line gets to know its order's amounts; `pipelines.ingest.allocation` shares them out, once it is settled
which lines there are.
"""

from __future__ import annotations

from typing import ClassVar

import duckdb
from pydantic import model_validator

from core.errors import MappingError
from core.expressions import analyse, quote
from pipelines.parsing.blanks import bare
from pipelines.sources.form_parts import Written
from pipelines.sources.operations.operation import Operation, Types, amount_of, place, refuse_taken, said, value_of
from pipelines.sources.operations.relations import remade
from pipelines.sources.source import Fault, OrderAmount, Staged, TableSource

SUBTOTAL = "subtotal"
ROLES = (SUBTOTAL, "discount", "tax", "shipping", "refund")
"""What can be allocated, in the order in which it is."""


class Allocate(Operation):
    """For each role, the source column or expression that holds the order's amount, on one of its rows or on all.

    An order whose rows say different amounts is set aside: which of them is meant can't be told. A subtotal is what the
    lines come to once discounts are off: what they cost more is taken off, and the order's discount is in it.
    """

    key: ClassVar[str] = "allocate"
    subtotal: Written | None = None
    discount: Written | None = None
    tax: Written | None = None
    shipping: Written | None = None
    refund: Written | None = None

    @model_validator(mode="after")
    def _something(self) -> Allocate:
        if not self._amounts():
            raise ValueError(f"name the column of at least one of {', '.join(ROLES)}")
        return self

    def columns_after(self, source: TableSource, types: Types, where: str) -> Types:
        """The source's columns, and for each role the order's amount."""
        if source.table != "orders" or not {"order_id", "revenue"} <= set(source.columns):
            raise MappingError(
                "allocate shares the amounts of orders out to their lines by what each line costs",
                where=where,
                todo="use it in orders, with order_id and revenue mapped in columns",
            )
        for role, text in self._amounts().items():
            if not analyse(text, types, where=f"{where}.{role}").columns:
                todo = "name a column; in quotes, where YAML takes it for yes or no"
                raise MappingError(f"{text!r} reads no column", where=f"{where}.{role}", todo=todo)
        new = [_column(role) for role in self._amounts()]
        refuse_taken(new, types, where, "rename it in the source")
        return {**types, **dict.fromkeys(new, "DOUBLE")}

    def applied(self, connection: duckdb.DuckDBPyConnection, source: TableSource, staged: Staged) -> Staged:
        """The same rows, each with the amounts of its order."""
        where = place(source, self.key)
        order = bare(f"CAST({value_of(source.columns['order_id'], source, staged, where)} AS VARCHAR)", prose=True)
        query = f"SELECT *, {order} AS order_ FROM {quote(staged.relation)}"
        faults = []
        for role, text in self._amounts().items():
            shown = analyse(text, staged.types, where=where).columns
            amount = amount_of(text, source, staged, where)
            unread = " OR ".join(f"{said(source, staged, name, prose=False)} IS NOT NULL" for name in shown) or "false"
            wrong = f"({unread}) AND {amount} IS NULL AS unread_{role}_"
            query = f"SELECT *, {amount} AS amount_{role}_, {wrong} FROM ({query})"
            faults.append(Fault(_mark(role), f"{text} is no amount, or not the same in the whole order", shown[0]))
        return remade(
            connection,
            staged,
            self.key,
            self._of_the_order(query),
            types=self.columns_after(source, staged.types, where),
            faults=faults,
            order_amounts=[OrderAmount(role, _column(role), text) for role, text in self._amounts().items()],
        )

    def _amounts(self) -> dict[str, str]:
        return {role: text for role in ROLES if (text := getattr(self, role)) is not None}

    def _of_the_order(self, query: str) -> str:
        parts, dropped = [], ["order_"]
        for role in self._amounts():
            amount = f"amount_{role}_"
            # No discount is one of nothing; an order that says no subtotal has one all the same.
            filled = f"FILTER (amount_{role}_ {'IS NOT NULL' if role == SUBTOTAL else '<> 0'})"
            found = f"max({amount}) {filled} OVER whole_"
            differs = f"{found} <> min({amount}) {filled} OVER whole_"
            none = f"count(*) FILTER (amount_{role}_ = 0) OVER whole_ > 0"
            mixed = "false" if role == SUBTOTAL else f"count(*) {filled} OVER whole_ > 1 AND {none}"
            parts.append(f"{found if role == SUBTOTAL else f'coalesce({found}, 0)'} AS {quote(_column(role))}")
            parts.append(
                f"coalesce(bool_or(unread_{role}_) OVER whole_ OR {differs} OR ({mixed}), false) AS {_mark(role)}"
            )
            dropped += [amount, f"unread_{role}_"]
        return (
            f"SELECT * EXCLUDE ({', '.join(dropped)}), {', '.join(parts)} FROM ({query})"
            " WINDOW whole_ AS (PARTITION BY order_)"
        )


def _column(role: str) -> str:
    return f"order_{role}"


def _mark(role: str) -> str:
    return f"fault_allocate_{role}_"
