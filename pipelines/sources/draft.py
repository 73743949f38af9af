"""`regulars init DIR --from FILE`: a first mapping.yaml, guessed from the file, for a person to go over."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import DataError, MappingError
from feature_repo.contract import TABLES
from pipelines.sources.csv_dialect import Dialect
from pipelines.sources.mapping_form import Csv
from pipelines.sources.model import Origin
from pipelines.sources.origins import SQLITE_FILE, locate
from pipelines.sources.profile import ISO, Column, profile
from pipelines.sources.readers import CsvFile

_NAMES: dict[str, tuple[str, ...]] = {
    "ordered_at": ("ordered at", "order date", "invoice date", "purchase date", "timestamp", "date time", "datetime",
                   "transaction timestamp", "created at", "sold at", "date", "bestelldatum", "datum", "time",
                   "zeit", "day"),
    "customer_id": ("customer id", "customer", "client id", "client", "user id", "user", "member id", "member",
                    "household id", "household", "shopper", "buyer", "account id", "cust id", "cust",
                    "kundennummer", "kundennr", "kunden nr", "kunden id", "kunde"),
    "order_id": ("order id", "order no", "order number", "order", "invoice no", "invoice id", "invoice", "basket id",
                 "basket", "transaction id", "transaction", "receipt", "ticket", "bill no",
                 "bestellnummer", "bestellnr", "auftragsnummer", "belegnummer", "belegnr", "bestellung", "beleg"),
    "product_id": ("product id", "stock code", "sku", "product code", "item id", "item code", "article id", "article",
                   "product", "item", "ean", "upc", "asin", "variant id", "artikelnummer", "artikelnr",
                   "artikel nr", "artikel"),
    "quantity": ("quantity", "qty", "units", "pieces", "count", "pcs", "menge", "anzahl", "number of units"),
    "unit_price": ("unit price", "price per unit", "item price", "price", "einzelpreis",
                   "stueckpreis", "preis"),
    "revenue": ("revenue", "line total", "total", "sales value", "sales", "amount", "turnover", "net amount",
                "gross amount", "value", "paid", "subtotal", "umsatz", "betrag", "gesamtpreis"),
    "line_id": ("line id", "order line id", "row id", "line item id"),
    "discount": ("discount", "discount amount", "rebate", "rabatt"),
    "currency": ("currency", "currency code", "waehrung", "währung"),
    "channel": ("channel", "sales channel"),
    "store_id": ("store id", "store", "shop id", "branch", "outlet", "filiale"),
    "region": ("region", "country", "state", "county", "city", "town", "land", "ort", "stadt"),
    "name": ("product name", "description", "item name", "title", "name", "article name", "bezeichnung", "artikelname",
             "article"),
    "category": ("category", "product category", "product type", "product group", "group", "grp",
                 "kategorie", "warengruppe"),
    "department": ("department", "division"),
    "brand": ("brand", "manufacturer", "marke"),
}  # fmt: skip
"""For each role, what columns of that role are called, the most telling names first."""
_PRODUCT_ROLES = ("name", "category", "department", "brand")
_FITS: dict[str, Callable[[Column], bool]] = {
    "ordered_at": lambda c: c.moment is not None or c.epoch is not None,
    "quantity": lambda c: c.number,
    "unit_price": lambda c: c.number,
    "revenue": lambda c: c.number,
    "discount": lambda c: c.number and not c.negative,
    "currency": lambda c: len(c.most_frequent) == 3,
}


@dataclass(frozen=True)
class Draft:
    """A drafted mapping: its text, what was found for each role, and required columns nothing was found for."""

    text: str
    roles: dict[str, str]
    missing: tuple[str, ...]
    rows: int


def draft(place: str, workspace: Path) -> Draft:
    """Look at `place` (a file, `duckdb:file#table`, a database URL and `#table`) and draft its mapping.

    Raises:
        MappingError: there is no such place.
        DataError: it can't be read, or holds no rows.
    """
    place = _absolute(place)
    try:
        origin = locate(place, Csv(), Path.cwd(), "--from")
    except MappingError as error:
        raise MappingError(error.what, where="--from", why=error.why, todo=error.todo) from None
    columns, rows = profile(origin)
    if not rows:
        raise DataError("it has a header but no rows", where=place)
    found = guess_roles(columns)
    required = [
        c for c in TABLES["orders"].required if c not in found and not (c == "revenue" and "unit_price" in found)
    ]
    text = _Writer(_shown(place, workspace), origin, found, rows).text()
    return Draft(text, {role: column.name for role, column in found.items()}, tuple(required), rows)


def guess_roles(columns: Sequence[Column]) -> dict[str, Column]:
    """The column most likely to play each role; each column plays one role at most."""
    scored = [
        (_score(column, names), role, column)
        for role, names in _NAMES.items()
        for column in columns
        # A column of the contract's own name is meant, even where most of its values are bad: ingest says so.
        if column.filled and (column.name == role or role not in _FITS or _FITS[role](column))
    ]
    roles: dict[str, Column] = {}
    used: set[str] = set()
    for score, role, column in sorted(scored, key=lambda item: -item[0]):
        if score > 0 and role not in roles and column.name not in used:
            roles[role] = column
            used.add(column.name)
    moments = [column for column in columns if column.moment is not None and column.name not in used]
    if "ordered_at" not in roles and len(moments) == 1:
        roles["ordered_at"] = moments[0]
    return roles


def words(name: str) -> str:
    """«CustomerID», «customer-id» and «Customer ID» are all «customer id»."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return " ".join(re.findall(r"[^\W_]+", spaced.lower()))


def _score(column: Column, names: Sequence[str]) -> float:
    """1 for the most telling name itself, less for later ones, half of it where the name only contains it."""
    written = words(column.name)
    joined = written.replace(" ", "")
    best = 0.0
    for rank, name in enumerate(names):
        weight = 1 - rank / (2 * len(names))
        if written == name or joined == name.replace(" ", ""):
            best = max(best, weight)
        elif f" {name} " in f" {written} ":
            best = max(best, weight / 2)
    return best


def _absolute(place: str) -> str:
    head, mark, table = place.partition("#")
    if sqlite := SQLITE_FILE.fullmatch(head):
        return f"sqlite:///{Path(sqlite[1]).resolve()}{mark}{table}"
    prefix = "duckdb:" if head.startswith("duckdb:") else ""
    if "://" in head or head.startswith("${"):
        return place
    return f"{prefix}{Path(head.removeprefix(prefix)).expanduser().resolve()}{mark}{table}"


def _shown(place: str, workspace: Path) -> str:
    """Relative to the mapping where the file lies beside it."""
    try:
        return str(Path(place).relative_to(workspace.resolve()))
    except ValueError:
        return place


class _Writer:
    """Writes the YAML, with a comment on everything that was guessed."""

    def __init__(self, place: str, origin: Origin, roles: dict[str, Column], rows: int) -> None:
        self.place, self.origin, self.roles, self.rows = place, origin, roles, rows

    def text(self) -> str:
        """The whole file."""
        return "\n".join([*self._head(), *self._orders(), *self._products(), *self._unused(), ""])

    def _head(self) -> list[str]:
        currency = self.roles.get("currency")
        base = currency.most_frequent.upper() if currency else "EUR"
        source = "the most frequent currency" if currency else "a guess"
        return [
            f"# Drafted from the first {self.rows:,} rows of {self.place}. Go over every line, then run:",
            "#   regulars ingest --dry-run",
            "# A column's value is a column of the file, or an SQL expression over its columns.",
            "timezone: UTC           # a guess: the zone in which the shop's days begin, like Europe/London",
            f"base_currency: {base}      # {source}: the currency of all amounts once they are taken in",
            "tables:",
        ]

    def _orders(self) -> list[str]:
        lines = ["  orders:", f"    from: {_yaml(self.place)}", "    columns:"]
        lines += [self._order_column(column.name) for column in TABLES["orders"].columns]
        return [line for line in [*lines, *self._timestamps(), *self._csv()] if line]

    def _order_column(self, target: str) -> str:
        required = target in TABLES["orders"].required
        if target == "revenue" and "revenue" not in self.roles and {"quantity", "unit_price"} <= set(self.roles):
            product = " * ".join(_sql(self.roles[role].name) for role in ("quantity", "unit_price"))
            return (
                f"      revenue: {_yaml(product)}   # no column with line totals was found: quantity times unit price"
            )
        if target in self.roles:
            return f"      {target}: {self._value(target)}   # like {_comment(self.roles[target].example)}"
        if target == "revenue" and "unit_price" in self.roles:
            price = _sql(self.roles["unit_price"].name)
            return f"      # revenue: 'QUANTITY * {price}'   <- required: put the column with the quantity in its place"
        wanted = "required, and not found: name a column of the file, or an expression over its columns"
        return f"      # {target}:   <- {wanted}" if required else ""

    def _value(self, target: str) -> str:
        column = self.roles[target]
        if target == "ordered_at" and column.moment is None and column.epoch:
            divided = f"CAST({_sql(column.name)} AS DOUBLE)" + (" / 1000" if column.epoch == "ms" else "")
            return _yaml(f"to_timestamp({divided})")
        return _yaml(column.name)

    def _timestamps(self) -> list[str]:
        column = self.roles.get("ordered_at")
        if column is None or column.moment is None:
            return []
        zone = "zone: UTC}   # a guess: the zone of the clock that wrote the times"
        if column.moment == ISO:
            return [f"    timestamps: {{{zone}"]
        doubt = f"; {column.also!r} fits as well, so check day and month" if column.also else ""
        return [f'    timestamps: {{format: "{column.moment}", {zone}{doubt}']

    def _csv(self) -> list[str]:
        if not isinstance(self.origin, CsvFile):
            return []
        dialect: Dialect = self.origin.dialect
        numeric = [self.roles[role] for role in ("quantity", "unit_price", "revenue", "discount") if role in self.roles]
        parts = []
        if dialect.separator != ",":
            parts.append(f'separator: "{dialect.separator}"'.replace("\t", "\\t"))
        if dialect.encoding != "utf-8":
            parts.append(f"encoding: {dialect.encoding}")
        if any(column.decimal_comma for column in numeric):
            parts.append('decimal: ",", thousands: "."')
        return [f"    csv: {{{', '.join(parts)}}}   # seen in the file"] if parts else []

    def _products(self) -> list[str]:
        if "product_id" not in self.roles:
            return []
        known = [role for role in _PRODUCT_ROLES if role in self.roles]
        lines = [
            "  products:               # demand and recommendation count known products only",
            f"    from: {_yaml(self.place)}",
            "    distinct: true        # the file repeats a product on many lines; the last one's values hold",
            "    columns:",
            f"      product_id: {_yaml(self.roles['product_id'].name)}",
            *[f"      {role}: {_yaml(self.roles[role].name)}" for role in known],
        ]
        if "category" not in known:
            lines.append(
                "    constants: {category: all}   # no category was found: demand is forecast for all together"
            )
        lines.append(f"    where: {_yaml(_sql(self.roles['product_id'].name) + ' IS NOT NULL')}")
        return [*lines, *self._csv()]

    def _unused(self) -> list[str]:
        used = {column.name for column in self.roles.values()}
        rest = [name for name in self.origin.columns() if name not in used]
        return [f"# Columns of the file that nothing uses: {', '.join(rest)}"] if rest else []


def _sql(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) else '"' + name.replace('"', '""') + '"'


def _yaml(text: str) -> str:
    """A YAML scalar: plain where that is safe."""
    if re.fullmatch(r"[A-Za-z_/.][\w ./-]*", text) and text.strip() == text:
        return text
    return "'" + text.replace("'", "''") + "'"


def _comment(example: str) -> str:
    return repr(" ".join(example.split())[:30])
