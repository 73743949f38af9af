"""The data contract: the tables a shop brings, their columns, and what makes a row valid.

`TABLES` is the one place that knows it: ingest validates and stores by it, the mapping is checked against
it, and the documentation prints it. Only `orders` is required; what reads the other tables and columns is told by
what reads them (`pipelines.uses`).

Stored tables have every contract column (null where the shop has none) and, for tables with a `time` (orders, events,
redemptions, reviews, tickets, consents, contacts): `day` DATE, the shop's day, and `row_key` VARCHAR, the identity that
makes ingest idempotent; where the time is a timestamp also `local_at` TIMESTAMP, the shop's wall clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

ColumnType = Literal["id", "text", "timestamp", "date", "number", "boolean"]
TableKind = Literal["fact", "plan", "attribute", "choice"]

SQL_TYPES: Mapping[ColumnType, str] = MappingProxyType(
    {
        "id": "VARCHAR",
        "text": "VARCHAR",
        "timestamp": "TIMESTAMP",
        "date": "DATE",
        "number": "DOUBLE",
        "boolean": "BOOLEAN",
    }
)
EVENT_KINDS = (
    "view",
    "cart",
    "purchase",
    "search",
    "wishlist",
    "email_open",
    "email_click",
    "login",
    "complaint",
    "ticket",
    "review",
    "payment_failed",
    "order_cancelled",
)
DELIVERY_PROBLEMS = ("late", "lost", "customs", "damaged")
SOURCE_ID = "source_customer_id"
"""Of facts, where ids are found to be one person: the id as the source wrote it, see `pipelines.identity`."""
PURPOSES = ("personalisation", "profiling", "marketing")


@dataclass(frozen=True)
class ColumnSpec:
    """One column of the contract.

    `required`: a shop that brings the table must bring the column. `nullable`: a row may leave it empty
    (every optional column is nullable). `minimum` and `maximum` are inclusive, `above` exclusive; `choices` are all
    values allowed; `money` amounts are converted to the base currency at the row's rate where the row has one.
    """

    name: str
    type: ColumnType
    description: str
    required: bool = False
    nullable: bool = True
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    choices: tuple[str, ...] = ()
    money: bool = False

    @property
    def sql_type(self) -> str:
        """The DuckDB type it is stored as."""
        return SQL_TYPES[self.type]


@dataclass(frozen=True)
class Rule:
    """A condition over `columns` that has to hold (null counts as holding), and what to say if it does not."""

    condition: str
    reason: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class TableSpec:
    """One table of the contract.

    `kind`: a *fact* happened at `time` and exists as of D if strictly before D; a *plan* is known ahead,
    from `known_from`; an *attribute* describes and has no time; a *choice* is a fact a customer decided
    (consents). `key` are the columns that identify a row; a fact with one of them empty (`line_id`), or
    without any, is identified by its whole content. `same` are columns that two versions of one row can't
    differ in: rows with one key that do are different rows under a key that is not unique. By `revised` a row
    known by its content is found again when the source tells it with other values (a corrected price), by
    `remapped` when the mapping has changed (a mended time zone). `protected` tables are stored apart, and only
    monitoring reads them. `by_source`: facts keep, beside the id of the person, the id that their source wrote.
    """

    name: str
    kind: TableKind
    row: str
    columns: tuple[ColumnSpec, ...]
    key: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    revised: tuple[str, ...] = ()
    remapped: tuple[str, ...] = ()
    time: str | None = None
    rules: tuple[Rule, ...] = ()
    protected: bool = False
    by_source: bool = field(default=False, repr=False)

    def column(self, name: str) -> ColumnSpec:
        """The column of that name; KeyError if there is none."""
        return next((c for c in self.columns if c.name == name), None) or _missing(self.name, name)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the contract's columns, in order."""
        return tuple(c.name for c in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """The columns a shop that brings this table must bring."""
        return tuple(c.name for c in self.columns if c.required)

    @property
    def has_clock(self) -> bool:
        """Whether the time is a timestamp (a moment), not just a day."""
        return self.time is not None and self.column(self.time).type == "timestamp"

    @property
    def stored(self) -> Mapping[str, str]:
        """Every stored column with its DuckDB type, in order: the contract's, then the derived ones."""
        columns = {c.name: c.sql_type for c in self.columns}
        if self.time:
            columns["day"] = "DATE"
            if self.has_clock:
                columns["local_at"] = "TIMESTAMP"
            columns["row_key"] = "VARCHAR"
        if self.by_source:
            columns[SOURCE_ID] = "VARCHAR"
        return columns


def _missing(table: str, column: str) -> ColumnSpec:
    raise KeyError(f"{table} has no column {column!r}")


def _must(name: str, type_: ColumnType, description: str, nullable: bool = False, **more: object) -> ColumnSpec:
    return ColumnSpec(name, type_, description, required=True, nullable=nullable, **more)  # type: ignore[arg-type]


_IN_ORDER = Rule("ends_on >= starts_on", "ends_on is before starts_on", ("starts_on", "ends_on"))
_REGION = ColumnSpec("region", "text", "where: a country, a county, a sales area")
_KNOWN_FROM = ColumnSpec(
    "known_from", "date", "first day on which the plan was known; empty: announced up to the horizon ahead"
)

_ORDERS = TableSpec(
    name="orders",
    kind="fact",
    row="one order line",
    key=("order_id", "line_id"),
    same=("product_id",),
    revised=("order_id", "product_id", "ordered_at"),
    remapped=("order_id", "product_id"),
    time="ordered_at",
    columns=(
        _must("customer_id", "id", "who bought; empty for a guest", nullable=True),
        _must("order_id", "id", "the order (basket, invoice) the line belongs to"),
        _must("product_id", "id", "what was bought; need not be in products"),
        _must("ordered_at", "timestamp", "when, UTC as stored"),
        _must("quantity", "number", "units; negative for a return, 0 is valid"),
        _must("revenue", "number", "total paid for the line, base currency as stored", money=True),
        ColumnSpec("line_id", "id", "tells the lines of one order apart; without it, a line is its whole content"),
        ColumnSpec("discount", "number", "taken off the line's price, base currency as stored", minimum=0, money=True),
        ColumnSpec("currency", "text", "ISO 4217 code of revenue and discount as brought; empty: base currency"),
        ColumnSpec("channel", "text", "web, shop, app, phone, ..."),
        ColumnSpec("store_id", "id", "the store"),
        _REGION,
    ),
    rules=(Rule("regexp_full_match(currency, '[A-Z]{3}')", "currency is no ISO 4217 code", ("currency",)),),
)

_PRODUCTS = TableSpec(
    name="products",
    kind="attribute",
    row="a product",
    key=("product_id",),
    columns=(
        _must("product_id", "id", "the product"),
        ColumnSpec("name", "text", "what a customer would call it"),
        ColumnSpec("category", "text", "the category demand is forecast for by default"),
        ColumnSpec("department", "text", "a level above category"),
        ColumnSpec("brand", "text", "the brand"),
        ColumnSpec("list_price", "number", "price of one unit, base currency", minimum=0),
        ColumnSpec("unit_cost", "number", "cost of one unit, base currency", minimum=0),
        ColumnSpec("launched_on", "date", "first day on sale"),
        ColumnSpec("available", "boolean", "whether it can be bought now; empty counts as yes"),
        ColumnSpec("high_risk", "boolean", "whether a person reviews its forecasts"),
    ),
)

_CUSTOMERS = TableSpec(
    name="customers",
    kind="attribute",
    row="a customer",
    key=("customer_id",),
    columns=(
        _must("customer_id", "id", "the customer"),
        _REGION,
        ColumnSpec("signed_up_on", "date", "the day the account was opened"),
    ),
)

_EVENTS = TableSpec(
    name="events",
    kind="fact",
    row="one interaction",
    remapped=("customer_id", "kind", "product_id", "occurred_at"),
    time="occurred_at",
    columns=(
        _must("customer_id", "id", "who"),
        _must("occurred_at", "timestamp", "when, UTC as stored"),
        _must("kind", "text", "what happened", choices=EVENT_KINDS),
        ColumnSpec("product_id", "id", "the product it was about"),
        ColumnSpec("order_id", "id", "the order it was about"),
        ColumnSpec("quantity", "number", "units"),
        ColumnSpec("value", "number", "an amount (base currency) or a score, by kind"),
        ColumnSpec("text", "text", "a search's words, a review's or a complaint's text"),
    ),
)

_REVIEWS = TableSpec(
    name="reviews",
    kind="fact",
    row="a review of a product",
    remapped=("customer_id", "product_id", "reviewed_at"),
    time="reviewed_at",
    columns=(
        _must("product_id", "id", "what was reviewed"),
        _must("reviewed_at", "timestamp", "when, UTC as stored"),
        ColumnSpec("rating", "number", "1 (worst) to 5", minimum=1, maximum=5),
        ColumnSpec("text", "text", "what was written"),
        ColumnSpec("language", "text", "the language it is written in"),
        ColumnSpec("customer_id", "id", "who wrote it; empty: not known"),
        ColumnSpec("order_id", "id", "the order it came with"),
    ),
)

_DELIVERIES = TableSpec(
    name="deliveries",
    kind="attribute",
    row="a parcel",
    key=("order_id", "shipped_at"),
    columns=(
        _must("order_id", "id", "the order it belongs to"),
        ColumnSpec("shipped_at", "timestamp", "when it left, UTC as stored"),
        ColumnSpec("promised_on", "date", "the day by which it was to arrive"),
        ColumnSpec("delivered_at", "timestamp", "when it arrived, UTC as stored; empty: not yet, or never"),
        ColumnSpec("carrier", "text", "who brought it"),
        _REGION,
        ColumnSpec("problem", "text", "what went wrong; empty: nothing", choices=DELIVERY_PROBLEMS),
    ),
)

_TICKETS = TableSpec(
    name="tickets",
    kind="fact",
    row="a request to the service desk",
    key=("customer_id", "opened_at"),
    same=("topic",),
    time="opened_at",
    columns=(
        _must("customer_id", "id", "who asked"),
        _must("opened_at", "timestamp", "when, UTC as stored"),
        ColumnSpec("answered_at", "timestamp", "when it was first answered, UTC as stored; empty: not yet"),
        ColumnSpec("closed_at", "timestamp", "when it was settled, UTC as stored; empty: still open"),
        ColumnSpec("topic", "text", "what it is about"),
        ColumnSpec("channel", "text", "e-mail, phone, chat, ..."),
        ColumnSpec("satisfaction", "number", "how content the customer was, 1 (not at all) to 5", minimum=1, maximum=5),
        ColumnSpec("text", "text", "what was written"),
    ),
)

_CAMPAIGNS = TableSpec(
    name="campaigns",
    kind="plan",
    row="a customer reached by a campaign",
    key=("campaign_id", "customer_id"),
    columns=(
        _must("campaign_id", "id", "the campaign"),
        _must("customer_id", "id", "who it reached"),
        ColumnSpec("kind", "text", "the sort of campaign"),
        ColumnSpec("starts_on", "date", "its first day"),
        ColumnSpec("ends_on", "date", "its last day, inclusive"),
        _KNOWN_FROM,
    ),
    rules=(_IN_ORDER,),
)

_REDEMPTIONS = TableSpec(
    name="redemptions",
    kind="fact",
    row="a coupon used",
    remapped=("customer_id", "redeemed_on"),
    time="redeemed_on",
    columns=(
        _must("customer_id", "id", "who used it"),
        _must("redeemed_on", "date", "on which of the shop's days"),
        ColumnSpec("coupon_id", "id", "the coupon"),
        ColumnSpec("campaign_id", "id", "the campaign it came from"),
    ),
)

_PROMOTIONS = TableSpec(
    name="promotions",
    kind="plan",
    row="a product promoted",
    key=("product_id", "starts_on", "ends_on", "kind", "store_id", "region"),
    columns=(
        _must("product_id", "id", "what is promoted"),
        _must("starts_on", "date", "the first of the shop's days it holds"),
        _must("ends_on", "date", "the last day it holds, inclusive"),
        ColumnSpec("kind", "text", "how: display, mailer, display+mailer, price, ..."),
        ColumnSpec("store_id", "id", "where; empty: everywhere"),
        _REGION,
        _KNOWN_FROM,
    ),
    rules=(_IN_ORDER,),
)

_CALENDAR = TableSpec(
    name="calendar",
    kind="plan",
    row="an outside signal on a day",
    key=("date", "name", "region", "known_from"),  # a forecast stays beside what was observed later
    columns=(
        _must("date", "date", "the shop's day"),
        _must("name", "text", "the signal: a holiday's name, closure, temperature, ..."),
        _must("value", "number", "its value; 1 for something that just is"),
        _REGION,
        _KNOWN_FROM,
    ),
)

_STOCK = TableSpec(
    name="stock",
    kind="attribute",
    row="units of a product at the end of a day",
    key=("product_id", "date", "store_id", "region"),
    columns=(
        _must("product_id", "id", "what is in stock"),
        _must("date", "date", "the shop's day at whose end it was counted"),
        _must("on_hand", "number", "units that are there; below 0: still owed to customers"),
        ColumnSpec("on_order", "number", "units ordered and not yet there; empty: none", minimum=0),
        ColumnSpec("store_id", "id", "where; empty: one stock for all stores"),
        _REGION,
    ),
)

_FX_RATES = TableSpec(
    name="fx_rates",
    kind="attribute",
    row="a currency's rate from a day on",
    key=("date", "currency"),
    columns=(
        _must("date", "date", "the first day the rate holds"),
        _must("currency", "text", "ISO 4217 code"),
        _must("rate", "number", "base currency for one unit of the currency", above=0),
    ),
    rules=(Rule("regexp_full_match(currency, '[A-Z]{3}')", "currency is no ISO 4217 code", ("currency",)),),
)

_CONSENTS = TableSpec(
    name="consents",
    kind="choice",
    row="a customer's choice",
    key=("customer_id", "purpose", "at"),
    time="at",
    columns=(
        _must("customer_id", "id", "who chose"),
        _must("purpose", "text", "for what", choices=PURPOSES),
        _must("granted", "boolean", "yes or no"),
        _must("at", "timestamp", "when, UTC as stored; the latest choice holds"),
    ),
)

_CONTACTS = TableSpec(
    name="contacts",
    kind="fact",
    row="a customer contacted, or held out of it",
    key=("customer_id", "campaign_id", "at"),
    time="at",
    columns=(
        _must("customer_id", "id", "who was contacted, or would have been"),
        _must("campaign_id", "id", "the campaign"),
        _must("at", "timestamp", "when, UTC as stored; of who was held out: when it would have been"),
        _must("treated", "boolean", "whether the customer was contacted; no: held out, to compare with"),
        ColumnSpec("channel", "text", "by what: e-mail, phone, app, letter, ..."),
        ColumnSpec("offer", "text", "with what: a reminder, a coupon, a gift, ..."),
        ColumnSpec("cost", "number", "what the contact cost, base currency", minimum=0),
    ),
)

_PROTECTED = TableSpec(
    name="protected",
    kind="attribute",
    row="a customer's protected attribute",
    key=("customer_id", "attribute"),
    protected=True,
    columns=(
        _must("customer_id", "id", "the customer"),
        _must("attribute", "text", "age_band, gender, income_band, ..."),
        _must("value", "text", "the group"),
    ),
)

_IDENTITIES = TableSpec(
    name="identities",
    kind="attribute",
    row="an id, with what tells whose it is",
    key=("source", "source_id", "email", "phone", "card", "device", "name", "address"),
    columns=(
        _must("source", "text", "the system whose id it is; empty: the shop's", nullable=True),
        _must("source_id", "id", "the id there"),
        ColumnSpec("customer_id", "id", "the person it belongs to"),
        ColumnSpec("email", "text", "an e-mail of the person's, kept as a keyed hash"),
        ColumnSpec("phone", "text", "a telephone number, kept as a keyed hash"),
        ColumnSpec("card", "text", "a loyalty card, kept as a keyed hash"),
        ColumnSpec("device", "text", "a device, kept as a keyed hash"),
        ColumnSpec("name", "text", "the person's name, kept as a keyed hash"),
        ColumnSpec("address", "text", "an address, kept as a keyed hash"),
    ),
)

TABLES: Mapping[str, TableSpec] = MappingProxyType(
    {
        spec.name: spec
        for spec in (
            _ORDERS,
            _PRODUCTS,
            _CUSTOMERS,
            _EVENTS,
            _REVIEWS,
            _DELIVERIES,
            _TICKETS,
            _CAMPAIGNS,
            _REDEMPTIONS,
            _PROMOTIONS,
            _CALENDAR,
            _STOCK,
            _FX_RATES,
            _CONSENTS,
            _CONTACTS,
            _PROTECTED,
            _IDENTITIES,
        )
    }
)
"""Every table of the contract by name, in the order of the documentation."""
