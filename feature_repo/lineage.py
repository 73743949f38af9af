"""Which columns of the shop's tables each family of features is computed from.

It is read off the families' own Ibis expressions, made over empty tables: nothing is written down twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from types import MappingProxyType, ModuleType

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
from ibis.common.graph import Node

from core.errors import UsageError, did_you_mean
from core.expressions import analyse
from core.settings import Settings
from feature_repo import catalog, shop_tables
from feature_repo.catalog import View
from feature_repo.contract import TABLES
from feature_repo.feature_definition import Feature
from feature_repo.shop_tables import ShopTables, Snapshot

Column = tuple[str, str]
"""A table of the contract and one of its columns."""
POPULATION = "who has"
"""How the reader is called that says which entities a view has rows of."""
_Need = tuple[ops.Relation, str | None]
"""A column of a relation, or (None) just its rows."""
_ANY_DAY = Snapshot(date(2024, 1, 1))


def readers(series: tuple[str, ...] = ("category",)) -> Mapping[Column, tuple[str, ...]]:
    """For each column that features are computed from, the families that read it, in the order of the catalogue.

    `series` are the columns that demand series are made by (`demand.series`).
    """
    return _readers(series, tuple(view.family_names for view in catalog.VIEWS.values()))


@cache
def _readers(series: tuple[str, ...], _families: tuple[tuple[str, ...], ...]) -> Mapping[Column, tuple[str, ...]]:
    found: dict[Column, list[str]] = {}
    for view in catalog.VIEWS.values():
        known = _Described(series).before(_ANY_DAY)
        if view.population is not None:
            _note(found, view.population(known), f"{POPULATION} {view.name}")
        for family in view.families:
            _note(found, family.compute(known, _ANY_DAY), family.__name__.rpartition(".")[2])
    return MappingProxyType({column: tuple(dict.fromkeys(names)) for column, names in found.items()})


def columns_of(table: ir.Table) -> set[Column]:
    """The columns of unbound tables that the values or the rows of an expression depend on."""
    needed: dict[ops.Relation, set[str]] = {}
    pending: list[_Need] = [(table.op(), name) for name in table.columns]
    while pending:
        relation, name = pending.pop()
        if relation not in needed:
            needed[relation] = set()
            pending += _behind_rows(relation)
        if name is not None and name not in needed[relation]:
            needed[relation].add(name)
            pending += _fields(relation.values[name]) if name in relation.values else ()
    return {
        (relation.name, name)
        for relation, names in needed.items()
        if isinstance(relation, ops.UnboundTable)
        for name in names
    }


@dataclass(frozen=True)
class FeatureLineage:
    """Where one feature comes from: its view and family, and the contract's columns that its value or its rows rest on.

    `columns` are those of the settings' SQL too (`products.exclude`), where what counts is asked for.
    """

    view: str
    family: str
    feature: Feature
    columns: tuple[Column, ...]


def of_feature(view: str, name: str, settings: Settings) -> FeatureLineage:
    """The lineage of a feature of a view.

    Raises:
        UsageError: there is no such view or feature.
    """
    spec = catalog.view(view)
    for family in spec.families:
        if name in {feature.name for feature in family.FEATURES}:
            return next(each for each in _of_family(spec, family, settings) if each.feature.name == name)
    raise UsageError(f"{view} has no feature {name!r}", todo=did_you_mean(name, [f.name for f in spec.features]))


def of_view(view: str, settings: Settings) -> list[FeatureLineage]:
    """The lineage of every feature of a view, in its order.

    Raises:
        UsageError: there is no such view.
    """
    spec = catalog.view(view)
    return [found for family in spec.families for found in _of_family(spec, family, settings)]


def _of_family(view: View, family: ModuleType, settings: Settings) -> Iterator[FeatureLineage]:
    known = _Described(tuple(settings.demand.series)).before(_ANY_DAY)
    computed, short = family.compute(known, _ANY_DAY), family.__name__.rpartition(".")[2]
    for feature in catalog.features_of(family):
        columns = columns_of(computed.select(feature.name))
        found = {(table, _contract(table, column)) for table, column in columns}
        yield FeatureLineage(view.name, short, feature, _ordered(found | _excluded(found, settings)))


def _excluded(found: set[Column], settings: Settings) -> set[Column]:
    """What `products.exclude` looks at, where a feature asks which products count."""
    condition = settings.products.exclude.strip()
    if not condition or not any(table == "products" for table, _ in found):
        return set()
    used = analyse(condition, TABLES["products"].names, where="products.exclude").columns
    return {("products", name) for name in used}


def _ordered(found: Iterable[Column]) -> tuple[Column, ...]:
    """In the order of the contract."""
    place = {(t, c): (i, j) for i, (t, spec) in enumerate(TABLES.items()) for j, c in enumerate(spec.names)}
    return tuple(sorted(found, key=lambda column: place[column]))


class _Described(ShopTables):
    """The shop's tables without a shop: their columns, and no rows."""

    def __init__(self, series: tuple[str, ...]) -> None:
        self.settings = Settings.model_validate({"demand": {"series": list(series)}})
        self.zone = "UTC"
        self._kept = {}
        self.asked = {}

    @property
    def writes_once(self) -> bool:
        return False

    def has(self, name: str) -> bool:
        return True

    def keep(self, name: str, table: ir.Table) -> ir.Table:
        return table

    def _read(self, name: str) -> ir.Table:
        return ibis.table(shop_tables.schema(name), name=name)


def _note(found: dict[Column, list[str]], table: ir.Table, reader: str) -> None:
    for name, column in sorted(columns_of(table)):
        found.setdefault((name, _contract(name, column)), []).append(reader)


def _contract(table: str, column: str) -> str:
    """The contract's column behind a stored one: the shop's day and clock come from the time."""
    spec = TABLES[table]
    return spec.time if spec.time and column in ("day", "local_at") else column


def _behind_rows(relation: ops.Relation) -> Iterator[_Need]:
    """What the rows of a relation follow from: relations below, and the columns of conditions, keys and groups."""
    own = set() if isinstance(relation, ops.Aggregate) else set(relation.values.values())
    groups = set(relation.groups.values()) if isinstance(relation, ops.Aggregate) else None
    for part in _parts(relation):
        if isinstance(part, ops.Relation):
            yield part, None
        elif part not in own and (groups is None or part in groups):
            yield from _fields(part)


def _parts(node: Node) -> Iterator[Node]:
    """The values and relations among a node's arguments."""
    for child in node.__children__:
        if isinstance(child, ops.Value | ops.Relation):
            yield child
        else:
            yield from _parts(child)


def _fields(value: Node) -> Iterator[_Need]:
    """The columns a value is computed from; a count of rows needs the rows, any other subquery all its columns."""
    if isinstance(value, ops.Field):
        yield value.rel, value.name
        return
    for child in value.__children__:
        if not isinstance(child, ops.Relation):
            yield from _fields(child)
        elif isinstance(value, ops.CountStar):
            yield child, None
        else:
            yield from ((child, name) for name in child.schema)
