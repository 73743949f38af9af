"""Feast's plugin for the packed rows: what Feast writes the service reads, and the other way round.

Feast imports `PackedOnlineStore` by its name, which `feature_repo.config` gives it. Rows of features are merged: those
that a write does not name stay as they are. The last write wins, whatever its timestamp, as in Feast's own stores.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from feast import Entity, FeatureView, RepoConfig
from feast.infra.key_encoding_utils import serialize_entity_key
from feast.infra.online_stores.online_store import OnlineStore
from feast.protos.feast.types.EntityKey_pb2 import EntityKey
from feast.protos.feast.types.Value_pb2 import DoubleList, Int64List, StringList, Value
from feast.repo_config import FeastConfigBaseModel
from feast.types import Array, FeastType, Float64, Int64, String
from pydantic import StrictStr

from core import utc
from core.packed_rows import Kind, Layout, PackedRow
from feature_repo.packed.backend import Backend, open_backend
from feature_repo.packed.view_tables import table_of

Given = tuple[EntityKey, dict[str, Value], datetime, datetime | None]
_NOTHING: Final = PackedRow({}, 0)
_KINDS: Final[Mapping[FeastType, Kind]] = {
    Float64: "float",
    Int64: "int",
    String: "text",
    Array(Float64): "floats",
    Array(Int64): "ints",
    Array(String): "texts",
}
_MAKE: Final[Mapping[Kind, Callable[[Any], Value]]] = {
    "float": lambda value: Value(double_val=value),
    "int": lambda value: Value(int64_val=value),
    "text": lambda value: Value(string_val=value),
    "floats": lambda values: Value(double_list_val=DoubleList(val=values)),
    "ints": lambda values: Value(int64_list_val=Int64List(val=values)),
    "texts": lambda values: Value(string_list_val=StringList(val=values)),
    "feast": Value.FromString,
}


class PackedOnlineStoreConfig(FeastConfigBaseModel):  # type: ignore[misc]  # Feast has no types
    """Which store: `sqlite:///PATH`, `postgresql://...` or `redis://...` (Valkey, too)."""

    type: StrictStr = "feature_repo.packed.feast_online_store.PackedOnlineStore"
    url: StrictStr


class PackedOnlineStore(OnlineStore):  # type: ignore[misc]  # Feast has no types
    """One packed row per entity and view."""

    _opened: Backend | None = None

    def online_write_batch(
        self,
        config: RepoConfig,
        table: FeatureView,
        data: list[Given],
        progress: Callable[[int], Any] | None,
    ) -> None:
        """Put values in the place of those of their entities; of an entity that comes twice the last counts."""
        layout, name, backend = layout_of(table), table_of(table.name, config.project), self._backend(config)
        keys = [_key(config, entity) for entity, *_ in data]
        rows = dict(zip(keys, self._merged(backend, name, layout, keys, data), strict=True))
        backend.write(name, [(key, layout.pack(row)) for key, row in rows.items()])
        if progress:
            progress(len(data))

    def online_read(
        self,
        config: RepoConfig,
        table: FeatureView,
        entity_keys: list[EntityKey],
        requested_features: list[str] | None = None,
    ) -> list[tuple[datetime | None, dict[str, Value] | None]]:
        """The event timestamp and the values of each entity, in order; (None, None) of one that is not known."""
        layout, name = layout_of(table), table_of(table.name, config.project)
        kinds = dict(layout.columns)
        names = layout.names if requested_features is None else [each for each in requested_features if each in kinds]
        _, (found,) = self._backend(config).read([(name, [_key(config, entity) for entity in entity_keys])])
        answer: list[tuple[datetime | None, dict[str, Value] | None]] = []
        for packed in found:
            if packed is None or not layout.knows(packed):
                answer.append((None, None))
                continue
            row = layout.unpack(packed)
            values = {each: _value(kinds[each], row.values[each]) for each in names}
            answer.append((utc.EPOCH + timedelta(microseconds=row.timestamp), values))
        return answer

    def update(  # noqa: PLR0917
        self,
        config: RepoConfig,
        tables_to_delete: Sequence[FeatureView],
        tables_to_keep: Sequence[FeatureView],
        entities_to_delete: Sequence[Entity],
        entities_to_keep: Sequence[Entity],
        partial: bool,
    ) -> None:
        """Make the tables of views that are registered, remove those of views that are not any more."""
        backend = self._backend(config)
        backend.drop([table_of(table.name, config.project) for table in tables_to_delete])
        backend.create([table_of(table.name, config.project) for table in tables_to_keep])

    def teardown(self, config: RepoConfig, tables: Sequence[FeatureView], entities: Sequence[Entity]) -> None:
        """Remove all of it."""
        self._backend(config).clear([table_of(table.name, config.project) for table in tables])

    def _merged(
        self, backend: Backend, name: str, layout: Layout, keys: Sequence[bytes], data: Sequence[Given]
    ) -> list[PackedRow]:
        """The rows to write, in the order of `data`."""
        kinds, stored = dict(layout.columns), dict[bytes, PackedRow]()
        if any(len(values.keys() & kinds.keys()) < len(kinds) for _, values, *_ in data):
            _, (found,) = backend.read([(name, keys)])
            there = zip(keys, found, strict=True)
            stored = {key: layout.unpack(packed) for key, packed in there if packed and layout.knows(packed)}
        rows = []
        for key, (_, values, timestamp, _) in zip(keys, data, strict=True):
            before = stored.get(key, _NOTHING)
            told = {each: _content(kinds[each], value) for each, value in values.items() if each in kinds}
            stored[key] = replace(before, values={**before.values, **told}, timestamp=_microseconds(timestamp))
            rows.append(stored[key])
        return rows

    def _backend(self, config: RepoConfig) -> Backend:
        if self._opened is None:
            self._opened = open_backend(config.online_store.url)
        return self._opened


def layout_of(table: FeatureView) -> Layout:
    """The columns of a Feast view; types that no feature of ours has are kept as Feast's own bytes."""
    return Layout(tuple((each.name, _KINDS.get(each.dtype, "feast")) for each in table.features))


def _key(config: RepoConfig, entity: EntityKey) -> bytes:
    version = config.entity_key_serialization_version
    return bytes(serialize_entity_key(entity, entity_key_serialization_version=version))


def _content(kind: Kind, value: Value) -> Any:
    """What a Feast value holds; None where it holds nothing."""
    which = value.WhichOneof("val")
    if which is None or which == "null_val":
        return None
    if kind == "feast":
        return value.SerializeToString()
    content = getattr(value, which)
    return list(content.val) if hasattr(content, "val") else content


def _value(kind: Kind, content: Any) -> Value:
    return Value() if content is None else _MAKE[kind](content)


def _microseconds(moment: datetime) -> int:
    """A time without a zone is UTC."""
    return (utc.aware(moment) - utc.EPOCH) // timedelta(microseconds=1)
