"""Which column of a source plays which role in the contract: names propose, the rows decide."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from core.expressions import literal
from feature_repo.contract import TABLES
from pipelines.sources import order_rows
from pipelines.sources.amounts import Amounts, Value, decide, reference
from pipelines.sources.evidence import ColumnWords, Evidence
from pipelines.sources.given_back import given_back, told_beside
from pipelines.sources.header_names import STATUS, protected_attribute, score, words
from pipelines.sources.moment_style import ISO
from pipelines.sources.profile import ColumnProfile

_KEYS = ("ordered_at", "customer_id", "order_id", "product_id")
_OTHERS = ("currency", "channel", "store_id", "region", "name", "category", "department", "brand")
_OF_PRODUCTS = ("name", "category", "department", "brand")
_FILLED_BY_ORDER = ("customer_id", "ordered_at", "currency", "channel", "store_id", "region")
_UNSOLD = ("refund", "void", "cancel", "fail", "storn", "annul", "anulad", "rembours", "reembols", "rimbors", "erstatt",
           "returned", "retour", "devuelt", "取消", "关闭", "退款", "キャンセル")  # fmt: skip
_PARTLY = ("part", "teil", "parc")
"""Of such orders something is left: «partially refunded» came to less, not to nothing."""
_UNPAID = ("pending", "unpaid", "offen", "ausstehend", "待付款")
_MANY_IDENTICAL = 0.02
_COMPLETE = 0.99
_FITS: dict[str, Callable[[ColumnProfile], bool]] = {
    "ordered_at": lambda c: c.moment is not None or c.epoch is not None,
    "currency": lambda c: len(c.most_frequent) == 3,
}


@dataclass
class Guess:
    """What was found: the columns by role, the values of the mapping's tables, and remarks for a person.

    `identical` says what is thought of lines of one order that are equal, `unsold` the words of orders that came to
    nothing, `given_back` those of lines that only a word says were given back.
    """

    roles: dict[str, ColumnProfile] = field(default_factory=dict)
    orders: dict[str, Value] = field(default_factory=dict)
    constants: dict[str, Value] = field(default_factory=dict)
    fill_down: list[ColumnProfile] = field(default_factory=list)
    keep_identical: bool = False
    identical: list[str] = field(default_factory=list)
    protected: dict[str, ColumnProfile] = field(default_factory=dict)
    unsold: ColumnWords | None = None
    given_back: ColumnWords | None = None
    remarks: list[str] = field(default_factory=list)

    @property
    def missing(self) -> tuple[str, ...]:
        """Required columns of orders that nothing was found for."""
        return tuple(c for c in TABLES["orders"].required if c not in self.orders and c not in self.constants)

    @property
    def used(self) -> set[str]:
        """The names of the columns that play a role."""
        return {column.name for column in [*self.roles.values(), *self.protected.values()]}


def guess(columns: Sequence[ColumnProfile], evidence: Evidence) -> Guess:
    """Find the columns' roles; each column plays one at most."""
    found = Guess()
    filled = [c for c in columns if c.filled]
    for column in filled:
        if attribute := protected_attribute(column.name):
            found.protected.setdefault(attribute, column)
    rest = [c for c in filled if c not in found.protected.values()]
    _take(found, rest, _KEYS, evidence)
    _reference_of_orders(found, evidence)
    _only_moment(found, rest)
    keys = dict(found.roles)
    if "order_id" in keys and keys["order_id"].filled < _COMPLETE:
        evidence.carry_down(keys["order_id"])
    _take_amounts(found, decide(_free(found, rest), keys, evidence))
    _take_line_id(found, _free(found, rest), evidence)
    _take(found, rest, _OTHERS, evidence)
    for role in (*_KEYS, "line_id", "currency", "channel", "store_id", "region"):
        if role in found.roles:
            found.orders[role] = Value(found.roles[role].name, "")
    _product_by_its_name(found, evidence)
    _what_is_lacking(found, _free(found, rest), evidence)
    _order_by_customer_and_day(found)
    _what_orders_say_once(found, evidence)
    _identical(found, evidence)
    _given_back(found, columns, evidence)
    _statuses(found, columns, evidence)
    _without_customers(found)
    return found


def _free(found: Guess, columns: Sequence[ColumnProfile]) -> list[ColumnProfile]:
    return [c for c in columns if c.name not in found.used]


def _take(found: Guess, columns: Sequence[ColumnProfile], roles: Sequence[str], evidence: Evidence) -> None:
    """Give each role its most telling column, the surest first."""
    lines = any(words(c.name).startswith("lineitem") for c in columns)
    scored = [
        (_score(column, role, lines), role, column)
        for role in roles
        for column in _free(found, columns)
        # A column of the contract's own name is meant, even where most of its values are bad: ingest says so.
        if column.name == role or role not in _FITS or _FITS[role](column)
    ]
    for points, role, column in sorted(scored, key=lambda item: -item[0]):
        if (
            points > 0
            and role not in found.roles
            and column.name not in found.used
            and _holds(found, role, column, evidence)
        ):
            found.roles[role] = column


def _score(column: ColumnProfile, role: str, lines: bool) -> float:
    """In an export with «Lineitem name», the plain «Name» is the order's."""
    if lines and words(column.name) == "name":
        return 1.0 if role == "order_id" else 0.0
    return 1.01 if column.name == role else score(column.name, role)


def _holds(found: Guess, role: str, column: ColumnProfile, evidence: Evidence) -> bool:
    """Whether the rows bear out a role: what is said of a product is the same wherever it is sold."""
    product, customer = found.roles.get("product_id"), found.roles.get("customer_id")
    if role == "region" and words(column.name) == "state" and _is_status(column, evidence):
        return False
    if role not in _OF_PRODUCTS:
        return True
    if product is None:
        return role != "name" or customer is None or not evidence.names(column, customer)
    if column.name == role:
        return True
    return evidence.describes(column, product)


def _reference_of_orders(found: Guess, evidence: Evidence) -> None:
    """A «Reference» that no two rows share is the order's, not a product's."""
    column = found.roles.get("product_id")
    if column is None or "order_id" in found.roles or words(column.name) not in ("reference", "ref", "referencia"):
        return
    if evidence.different(column) >= _COMPLETE:
        found.roles["order_id"] = found.roles.pop("product_id")


def _only_moment(found: Guess, columns: Sequence[ColumnProfile]) -> None:
    moments = [c for c in _free(found, columns) if c.moment is not None]
    if "ordered_at" not in found.roles and len(moments) == 1:
        found.roles["ordered_at"] = moments[0]


def _take_amounts(found: Guess, amounts: Amounts) -> None:
    found.roles.update(amounts.roles)
    found.orders.update(amounts.values)
    found.constants.update(amounts.constants)
    found.remarks += amounts.remarks


def _take_line_id(found: Guess, free: Sequence[ColumnProfile], evidence: Evidence) -> None:
    """A column that tells the lines of an order apart; one that does not is none, whatever it is called."""
    order = found.roles.get("order_id")
    named = sorted((c for c in free if score(c.name, "line_id") > 0), key=lambda c: -score(c.name, "line_id"))
    for column in named:
        if column.filled > _COMPLETE and order is not None and evidence.unique_in_order(column, order):
            found.roles["line_id"] = column
            return
        found.remarks.append(f"{column.name} does not tell the lines of an order apart: it is no line_id")


def _product_by_its_name(found: Guess, evidence: Evidence) -> None:
    """Where products have no id, or not all of them, their name is what they are known by."""
    product, name = found.roles.get("product_id"), found.roles.get("name")
    if product is None and name is not None:
        found.roles["product_id"] = name
        found.orders["product_id"] = Value(name.name, "no column with ids of products was found: their names")
    elif product is not None and name is not None and product.filled < name.filled:
        text = f"coalesce({reference(product.name)}, {reference(name.name)})"
        found.orders["product_id"] = Value(text, f"{product.name} is empty on some lines: the name stands for it there")


def _what_is_lacking(found: Guess, free: Sequence[ColumnProfile], evidence: Evidence) -> None:
    """Where a row is a whole order, or no column holds amounts, the rest of the file still tells something."""
    if "product_id" not in found.orders:
        if not order_rows.of_whole_orders(found.roles.get("order_id"), evidence):
            return
        found.constants |= order_rows.constants(counted="quantity" in found.orders)
        total = order_rows.order_total(free)
        if "revenue" not in found.orders and total is not None:
            found.roles["revenue"] = total
            found.orders["revenue"] = Value(total.name, "")
            found.roles.pop("unit_price", None)
    elif not {"quantity", "revenue", "unit_price"} & {*found.roles, *found.orders}:
        found.constants |= order_rows.without_amounts(free)


def _without_customers(found: Guess) -> None:
    """Where nothing but the customers is missing, everybody is a guest: what will sell can be told all the same."""
    if found.missing == ("customer_id",) and not found.protected:
        found.orders["customer_id"] = Value("CAST(NULL AS VARCHAR)", "no column tells it: everybody is a guest")
        found.remarks.append("no column tells who bought: demand only, no churn and no recommendation to customers")


def _order_by_customer_and_day(found: Guess) -> None:
    customer, at = found.roles.get("customer_id"), found.roles.get("ordered_at")
    if "order_id" in found.orders or customer is None or at is None or at.moment is None:
        return
    text = f"concat_ws('-', {reference(customer.name)}, {_day(at)})"
    found.orders["order_id"] = Value(text, "no column with orders was found: what a customer buys on a day is one")


def _day(at: ColumnProfile) -> str:
    """The day of a moment, as an expression that yields a text."""
    name = reference(at.name)
    if at.type != "VARCHAR":
        return f"strftime({name}, '%Y-%m-%d')"
    if at.moment == ISO:
        return f"left({name}, 10)"
    has_time = any(mark in (at.moment or "") for mark in ("%H", "%I"))
    return f"strftime(strptime({name}, {literal(at.moment or '')}), '%Y-%m-%d')" if has_time else name


def _what_orders_say_once(found: Guess, evidence: Evidence) -> None:
    order = found.roles.get("order_id")
    if order is None:
        return
    if order.filled < _COMPLETE:
        found.fill_down.append(order)
    roles = [found.roles[role] for role in _FILLED_BY_ORDER if role in found.roles]
    found.fill_down += [c for c in roles if c.filled < _COMPLETE and evidence.first_lines_only(c, order)]


def _identical(found: Guess, evidence: Evidence) -> None:
    """Where a row is one piece, identical rows are pieces of their own; elsewhere each ingest judges them."""
    if "line_id" in found.roles or not {"order_id", "product_id"} <= set(found.roles):
        return
    mapped = [column for role, column in found.roles.items() if role in (*found.orders, "unit_price")]
    judgement = evidence.judged(found.roles["order_id"], mapped)
    quantity = found.roles.get("quantity")
    single = quantity is None or evidence.share("TRY_CAST(v AS DOUBLE) IN (1, -1)", quantity) > 0.99
    none_goes = judgement.kept == judgement.repeats
    found.keep_identical = single and none_goes and evidence.identical_rows(mapped) > _MANY_IDENTICAL
    if not found.keep_identical:
        found.identical += judgement.sentences()


def _given_back(found: Guess, columns: Sequence[ColumnProfile], evidence: Evidence) -> None:
    """Lines that a word says were given back, where their amounts do not say it by themselves."""
    for name in told_beside(columns, evidence):
        found.remarks.append(f"what {name} says was given back is not taken off: write it into quantity and revenue")
    back = given_back(columns, evidence)
    amount = found.roles.get("revenue") or found.roles.get("unit_price")
    quantity = found.roles.get("quantity")
    if back is None or amount is None or not evidence.above_zero(amount, back):
        return
    if quantity is None or evidence.above_zero(quantity, back):
        found.given_back = back


def _statuses(found: Guess, columns: Sequence[ColumnProfile], evidence: Evidence) -> None:
    """Words that say that an order came to nothing are asked about, those that it is not paid, or less, are named."""
    for column in (c for c in columns if _is_status(c, evidence)):
        back = found.given_back.words if found.given_back and found.given_back.column is column else ()
        said = [value for value in evidence.values(column) if value not in back]
        unsold = tuple(value for value in said if _has(value, _UNSOLD) and not _has(value, _PARTLY))
        unpaid = tuple(
            value for value in said if _has(value, _UNPAID) or (_has(value, _UNSOLD) and value not in unsold)
        )
        if (unsold or unpaid) and (order := found.roles.get("order_id")) and evidence.first_lines_only(column, order):
            found.fill_down.append(column)
        if unsold and found.unsold is None:
            found.unsold = ColumnWords(column, unsold)
        elif unsold:
            found.remarks.append(taken_in(ColumnWords(column, unsold)))
        if unpaid:
            found.remarks.append(taken_in(ColumnWords(column, unpaid)))


def _is_status(column: ColumnProfile, evidence: Evidence) -> bool:
    """By its name; «State» is one only where its words are those of orders, not of places."""
    if not column.filled or words(column.name) != "state":
        return bool(column.filled) and words(column.name) in STATUS
    return any(_has(value, _UNSOLD) for value in evidence.values(column))


def _has(value: str, parts: Sequence[str]) -> bool:
    return any(part in value.lower() for part in parts)


def left_out(said: ColumnWords) -> str:
    """The condition that orders with these words do not hold."""
    return f"coalesce({reference(said.column.name)}, '') NOT IN ({', '.join(map(literal, said.words))})"


def taken_in(said: ColumnWords) -> str:
    """That orders with these words count as sold, and what to write where they should not."""
    those = f"orders with {said.column.name} {', '.join(said.words)}"
    return f"{those} are taken in as sold; to leave them out: where: {_quoted(left_out(said))}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
