"""Which columns are quantity, line total, price of a piece and discount: names propose, the rows decide."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipelines.sources.evidence import Evidence, numeric
from pipelines.sources.header_names import LINE_TOTALS, PERCENT, likeness, score, words
from pipelines.sources.profile import ColumnProfile

_UNLIKE_AMOUNTS = ("freight", "shipping", "delivery", "percent", "pct", "rate")
_BEFORE_REDUCTION = (
    "list", "original", "regular", "recommended", "rrp", "msrp", "uvp", "compare", "catalog", "catalogue", "old",
)  # fmt: skip
_HUNDREDTHS = ("cents", "cent", "pence", "centimes", "minor")
_MOSTLY = 0.9


@dataclass(frozen=True)
class Value:
    """What the mapping says of one column of the contract: a source column or an expression, and why."""

    text: str
    remark: str


@dataclass
class Amounts:
    """What was found: the columns by role, the mapping's values, and what a person should know."""

    roles: dict[str, ColumnProfile] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)
    constants: dict[str, Value] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


def reference(name: str) -> str:
    """A column's name as an expression writes it: in double quotes where it is no plain word."""
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) else '"' + name.replace('"', '""') + '"'


def decide(free: Sequence[ColumnProfile], keys: dict[str, ColumnProfile], evidence: Evidence) -> Amounts:
    """Find quantity, revenue and discount among the columns that are `free`; `keys` are the ids found already."""
    return _Decision([c for c in free if c.filled], keys, evidence).amounts()


class _Decision:
    """One look at the amounts of a source."""

    def __init__(self, free: list[ColumnProfile], keys: dict[str, ColumnProfile], evidence: Evidence) -> None:
        self.free, self.keys, self.evidence = free, keys, evidence
        self.found = Amounts()

    def amounts(self) -> Amounts:
        """Everything that was found."""
        prices = self._prices()
        quantity = self._quantity(prices)
        prices = [price for price in prices if price is not quantity]
        piece, total = self._piece_and_total(prices, quantity)
        self._say_quantity(quantity, bool(prices))
        discount = self._discount(quantity, piece, total)
        self._say_revenue(quantity, piece, total, discount)
        if discount is not None:
            self.found.roles["discount"] = discount.column
            self.found.values["discount"] = discount.taken_off(quantity, piece, total)
        return self.found

    def _prices(self) -> list[ColumnProfile]:
        """Columns that may be the price of a piece or of a line; an order's own totals are none."""
        named = [c for c in self.free if c.number and not set(words(c.name).split()) & set(_UNLIKE_AMOUNTS)]
        named = [c for c in named if score(c.name, "unit_price") or score(c.name, "revenue")]
        orders = [c for c in named if c.name != "revenue" and self._once_an_order(c) and c.distinct > 1]
        if orders:
            listed = ", ".join(c.name for c in orders)
            self.found.remarks.append(f"once an order, so no column of a line: {listed}")
            return [c for c in named if c not in orders]
        return named

    def _once_an_order(self, column: ColumnProfile) -> bool:
        order = self.keys.get("order_id")
        return order is not None and self.evidence.once_an_order(column, order)

    def _quantity(self, prices: list[ColumnProfile]) -> ColumnProfile | None:
        """By its name; or an «amount» of whole numbers that a price grows with."""
        fitting = [c for c in self.free if c.number or c.name == "quantity"]
        best = max(fitting, key=lambda c: score(c.name, "quantity"), default=None)
        if best is not None and score(best.name, "quantity"):
            return best
        product = self.keys.get("product_id")
        for column in (c for c in prices if c.whole and product is not None):
            if any(self.evidence.grows_with(p, column, product) for p in prices if p is not column and product):
                return column
        return None

    def _say_quantity(self, quantity: ColumnProfile | None, priced: bool) -> None:
        if quantity is not None:
            self.found.roles["quantity"] = quantity
            self.found.values["quantity"] = Value(quantity.name, "")
        elif unread := next((c for c in self.free if score(c.name, "quantity") >= 0.5 and not c.number), None):
            self.found.remarks.append(f"{unread.name} {unread.example!r} is no number, so it is no quantity")
        elif priced:
            self.found.constants["quantity"] = Value("1", "no column with a quantity was found: every row is one piece")

    def _piece_and_total(
        self, prices: list[ColumnProfile], quantity: ColumnProfile | None
    ) -> tuple[ColumnProfile | None, ColumnProfile | None]:
        """The price of a piece and the line's total, where there are such columns."""
        product = self.keys.get("product_id")
        pieces: list[tuple[float, ColumnProfile]] = []
        totals: list[tuple[float, ColumnProfile]] = []
        for column in prices:
            unit, total = score(column.name, "unit_price"), score(column.name, "revenue")
            grows = self.evidence.grows_with(column, quantity, product) if quantity and product else None
            is_total = total >= unit if grows is None else grows or words(column.name) in LINE_TOTALS
            (totals if is_total else pieces).append((max(unit, total) - _not_paid(column), column))
        piece, total_ = _first(pieces), _first(totals)
        if quantity is None and piece is not None and (total_ is None or score(total_.name, "revenue") < 0.5):
            return None, piece  # every row is one piece
        return piece, total_

    def _discount(
        self, quantity: ColumnProfile | None, piece: ColumnProfile | None, total: ColumnProfile | None
    ) -> _Discount | None:
        """The most telling column that says something of a line: one that stands once an order says it of the order."""
        named = [c for c in self.free if score(c.name, "discount") and (c.number or _in_percent(c, self.evidence))]
        for column in sorted(named, key=lambda c: -score(c.name, "discount")):
            discount = _Discount.of(column, quantity, piece, total, self.evidence)
            if discount.share or column.distinct < 2 or not self._once_an_order(column):
                return discount
            self.found.remarks.append(f"{column.name} stands once an order: it is no discount of a line")
        return None

    def _say_revenue(
        self,
        quantity: ColumnProfile | None,
        piece: ColumnProfile | None,
        total: ColumnProfile | None,
        discount: _Discount | None,
    ) -> None:
        if total is not None and not (piece and quantity and self._not_of_the_line(total, quantity, piece, discount)):
            self.found.roles["revenue"] = total
            self.found.values["revenue"] = self._of_the_total(total, quantity)
        elif piece is not None:
            self.found.roles["unit_price"] = piece
            if quantity is not None:
                self.found.values["revenue"] = _quantity_times_price(quantity, piece, discount)

    def _of_the_total(self, total: ColumnProfile, quantity: ColumnProfile | None) -> Value:
        """The line's total; below zero where only the quantity says that it was given back."""
        if total.name != "revenue" and quantity is not None and self.evidence.sign_differs(total, quantity):
            amount = _in_units(total)
            text = f"CASE WHEN {reference(quantity.name)} < 0 THEN 0 - abs({amount}) ELSE {amount} * 1 END"
            return Value(text, "below zero where the quantity is: only that says what was given back")
        text = _in_units(total)
        return Value(total.name, "") if text == reference(total.name) else Value(text, "in hundredths, by its name")

    def _not_of_the_line(
        self, total: ColumnProfile, quantity: ColumnProfile, piece: ColumnProfile, discount: _Discount | None
    ) -> bool:
        """Whether a total neither grows with the quantity nor is what quantity and price come to."""
        product = self.keys.get("product_id")
        if total.name == "revenue" or (product and self.evidence.grows_with(total, quantity, product)):
            return False
        gross = f"{numeric(quantity)} * {numeric(piece)}"
        ways = [gross, *([discount.net(gross)] if discount else [])]
        if any(self.evidence.equal(numeric(total), way) for way in ways):
            return False
        self.found.remarks.append(f"{total.name} is not what {quantity.name} and {piece.name} come to: left out")
        return True


def _not_paid(column: ColumnProfile) -> float:
    """What a price before any reduction stands behind: it counts where no other is there."""
    return 1.0 if set(words(column.name).split()) & set(_BEFORE_REDUCTION) else 0.0


def _in_units(column: ColumnProfile) -> str:
    """An amount as an expression: hundredths, where the name says that it is told in those."""
    name = reference(column.name)
    return f"{name} / 100" if set(words(column.name).split()) & set(_HUNDREDTHS) else name


def _first(scored: list[tuple[float, ColumnProfile]]) -> ColumnProfile | None:
    return max(scored, key=lambda each: each[0])[1] if scored else None


def _quantity_times_price(quantity: ColumnProfile, piece: ColumnProfile, discount: _Discount | None) -> Value:
    product = f"{reference(quantity.name)} * {_in_units(piece)}"
    why = "no column with line totals was found: quantity times unit price"
    if discount is None or not discount.given:
        return Value(product, why)
    if discount.share:
        return Value(f"{product} * (1 - coalesce({discount.amount}, 0))", f"{why}, less its share of discount")
    return Value(f"{product} - coalesce({discount.amount}, 0)", f"{why}, less the discount: a guess")


def _in_percent(column: ColumnProfile, evidence: Evidence) -> bool:
    return evidence.share("regexp_full_match(v, '[-+]?[0-9]+([.,][0-9]+)?\\s*%')", column) >= _MOSTLY


@dataclass(frozen=True)
class _Discount:
    """A discount of a line: an amount of money, or a share of the price (of 1, or of 100)."""

    column: ColumnProfile
    share: bool
    hundred: bool
    percent_sign: bool
    negative: bool
    given: bool

    @classmethod
    def of(
        cls,
        column: ColumnProfile,
        quantity: ColumnProfile | None,
        piece: ColumnProfile | None,
        total: ColumnProfile | None,
        evidence: Evidence,
    ) -> _Discount:
        """What a column says: by its sign or name, by what the other amounts come to, by the size of its values."""
        sign = _in_percent(column, evidence)
        largest = evidence.largest(column)
        named = likeness(column.name, PERCENT) > 0 or "%" in column.name
        amount_named = bool({"amount", "betrag", "value", "montant"} & set(words(column.name).split()))
        share, hundred = sign or named or (0 < largest <= 1 and not amount_named), sign or largest > 1
        if not sign and quantity and piece and total and largest:
            gross, value = f"{numeric(quantity)} * {numeric(piece)}", f"abs({numeric(column)})"
            ways = {
                (True, False): f"({gross}) * (1 - {value})",
                (True, True): f"({gross}) * (1 - {value} / 100)",
                (False, False): f"({gross}) - {value}",
            }
            fitting = [way for way, sql in ways.items() if evidence.equal(numeric(total), f"coalesce({sql}, {gross})")]
            share, hundred = fitting[0] if len(fitting) == 1 else (share, hundred)
        return cls(column, share, share and hundred, sign, column.negative, largest > 0)

    @property
    def amount(self) -> str:
        """The discount as an expression of the mapping: a share of 1, or money; never below 0."""
        name = reference(self.column.name)
        if self.percent_sign:
            number = f"replace({name}, '%', '')"
            number = (
                f"replace({number}, ',', '.')"
                if self.column.style.decimal == "," or "," in self.column.example
                else number
            )
            text = f"CAST({number} AS DOUBLE) / 100"
        else:
            text = f"{name} / 100" if self.hundred else f"{name} * 1"
        return f"abs({text})" if self.negative else text

    def net(self, gross: str) -> str:
        """What is left of a sum, as SQL over the sample."""
        value = f"coalesce(abs({numeric(self.column)}){' / 100' if self.hundred else ''}, 0)"
        return f"({gross}) * (1 - {value})" if self.share else f"({gross}) - {value}"

    def taken_off(
        self, quantity: ColumnProfile | None, piece: ColumnProfile | None, total: ColumnProfile | None
    ) -> Value:
        """The discount in money."""
        if not self.share:
            name = self.column.name
            return Value(f"abs({reference(name)})", "written as negative amounts") if self.negative else Value(name, "")
        share = f"({self.amount})" if " " in self.amount and "abs" not in self.amount else self.amount
        share = reference(self.column.name) if self.amount.endswith(" * 1") else share
        why = f"{self.column.name} is a share of the price, not an amount"
        if total is not None:
            return Value(
                f"abs({reference(total.name)} * {share} / nullif(1 - {share}, 0))", f"{why}: of the price before it"
            )
        if piece is not None and quantity is not None:
            return Value(f"abs({reference(quantity.name)} * {reference(piece.name)} * {share})", why)
        return Value(share, why)
