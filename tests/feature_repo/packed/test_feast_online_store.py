"""Feast sees no difference: the same calls give what its own SQLite store gives, on each of the three stores."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from feast.errors import FeatureViewNotFoundException
from feast.types import Bool, Bytes, Float32, Int32, UnixTimestamp

from feature_repo.config import ONLINE_STORE
from feature_repo.feast_api import (
    Array,
    Entity,
    FeatureService,
    FeatureStore,
    FeatureView,
    Field,
    FileSource,
    Float64,
    Int64,
    RepoConfig,
    String,
    ValueType,
)

MOMENT = datetime(2024, 8, 1, tzinfo=UTC)
TYPES = {
    "f64": Float64, "f32": Float32, "i64": Int64, "i32": Int32, "text": String, "flag": Bool, "raw": Bytes,
    "at": UnixTimestamp, "floats": Array(Float64), "ints": Array(Int64), "texts": Array(String), "flags": Array(Bool),
}  # fmt: skip
VALUES = {
    "f64": [0.1, 1e300, None], "f32": [0.5, None, 2.0], "i64": [2**60, -1, None], "i32": [7, None, -7],
    "text": ["a", "", None], "flag": [True, False, None], "raw": [b"\0x", b"", None],
    "at": [MOMENT, MOMENT + timedelta(days=1), None], "floats": [[0.1, 2.0], None, [3.0]],
    "ints": [[1, 2**60], [3], None], "texts": [["a", "bc", ""], None, ["ü"]], "flags": [[True, False], None, [True]],
}  # fmt: skip
REFERENCES = [f"view:{name}" for name in TYPES]


def made(folder: Path, online: dict[str, Any]) -> FeatureStore:
    """A feature store of Feast's with a view of one key and a view of two."""
    folder.mkdir()
    config = RepoConfig(
        project="probe",
        provider="local",
        registry=str(folder / "registry.pb"),
        online_store=online,
        entity_key_serialization_version=3,
        repo_path=str(folder),
    )
    feast = FeatureStore(config=config)
    feast.apply(definitions(folder))
    return feast


def definitions(folder: Path) -> list[Any]:
    frame(VALUES).to_parquet(folder / "source.parquet")
    source = FileSource(name="source", path=str(folder / "source.parquet"), timestamp_field="event_timestamp")
    one = Entity(name="one", join_keys=["id"], value_type=ValueType.STRING)
    two = Entity(name="two", join_keys=["number"], value_type=ValueType.INT64)
    keys = [Field(name="id", dtype=String), Field(name="number", dtype=Int64)]
    fields = [Field(name=name, dtype=dtype) for name, dtype in TYPES.items()]
    view = FeatureView(
        name="view", entities=[one], schema=[keys[0], *fields], source=source, ttl=timedelta(days=9000), online=True
    )
    pairs = FeatureView(
        name="pairs",
        entities=[one, two],
        schema=[*keys, Field(name="score", dtype=Float64)],
        source=source,
        ttl=timedelta(days=9000),
        online=True,
    )
    return [one, two, view, pairs, FeatureService(name="service", features=[view[["text", "f64"]]])]


def frame(values: dict[str, list[Any]], at: datetime = MOMENT, ids: tuple[str, ...] = ("a", "b", "c")) -> pd.DataFrame:
    columns = {name: pd.Series(content, dtype=object) for name, content in values.items()}
    moments = pd.Series([pd.Timestamp(at)] * len(ids))
    return pd.DataFrame({"id": list(ids), **columns, "event_timestamp": moments})


@pytest.fixture
def both(store_url: str, tmp_path: Path) -> Callable[[Callable[[FeatureStore], Any]], None]:
    """Does the same with Feast's own store and with ours, and holds what comes of it equal."""
    feasts = made(tmp_path / "feasts", {"type": "sqlite", "path": str(tmp_path / "feasts.db")})
    ours = made(tmp_path / "ours", {"type": ONLINE_STORE, "url": store_url})

    def hold_equal(act: Callable[[FeatureStore], Any]) -> None:
        expected = act(feasts)
        assert act(ours) == expected

    return hold_equal


def everything(feast: FeatureStore, *ids: str, features: Any = REFERENCES) -> dict[str, Any]:
    found = feast.get_online_features(features=features, entity_rows=[{"id": each} for each in ids])
    proto = found.proto
    timestamps = [[at.seconds for at in vector.event_timestamps] for vector in proto.results]
    statuses = [list(vector.statuses) for vector in proto.results]
    return {"values": found.to_dict(), "timestamps": timestamps, "statuses": statuses}


def write(feast: FeatureStore, values: dict[str, list[Any]] = VALUES, **more: Any) -> None:
    feast.write_to_online_store("view", df=frame(values, **more))


def test_all_types_nulls_unknown_entities_and_timestamps(both: Any) -> None:
    both(lambda feast: everything(feast, "a"))
    both(write)
    both(lambda feast: everything(feast, "c", "a", "nobody", "b", "a"))


def test_some_of_the_features_and_a_feature_service(both: Any) -> None:
    both(write)
    both(lambda feast: everything(feast, "a", "nobody", features=["view:text", "view:floats"]))
    both(lambda feast: everything(feast, "a", "b", features=feast.get_feature_service("service")))


def test_the_last_write_wins_whatever_its_time(both: Any) -> None:
    both(write)
    newer = {name: list(reversed(values)) for name, values in VALUES.items()}
    both(lambda feast: write(feast, newer, at=MOMENT + timedelta(days=1)))
    both(lambda feast: everything(feast, "a", "b", "c"))
    both(lambda feast: write(feast, VALUES, at=MOMENT - timedelta(days=1)))
    both(lambda feast: everything(feast, "a", "b", "c"))


def test_of_an_entity_that_comes_twice_the_last_counts(both: Any) -> None:
    both(lambda feast: write(feast, ids=("a", "a", "b")))
    both(lambda feast: everything(feast, "a", "b"))


def test_materialize_reads_the_source(both: Any) -> None:
    both(lambda feast: feast.materialize(MOMENT - timedelta(days=1), MOMENT, feature_views=["view"]))
    both(lambda feast: everything(feast, "a", "b", "c"))


def test_an_entity_of_two_keys(both: Any) -> None:
    rows = pd.DataFrame({"id": ["a", "a"], "number": [1, 2], "score": [0.25, None]})
    moments = [pd.Timestamp(MOMENT)] * 2
    both(lambda feast: feast.write_to_online_store("pairs", df=rows.assign(event_timestamp=moments)))
    asked = [{"id": "a", "number": 2}, {"number": 1, "id": "a"}, {"id": "b", "number": 1}]

    def read(feast: FeatureStore) -> Any:
        return feast.get_online_features(features=["pairs:score"], entity_rows=asked).to_dict()

    both(read)


def test_values_of_some_features_leave_the_others(both: Any) -> None:
    """As the store's own interface is called: features that are not named stay as they are."""
    from feast.protos.feast.types.EntityKey_pb2 import EntityKey
    from feast.protos.feast.types.Value_pb2 import Value

    def write_one(feast: FeatureStore) -> None:
        view, store = feast.get_feature_view("view"), feast._get_provider().online_store
        key = EntityKey(join_keys=["id"], entity_values=[Value(string_val="a")])
        values = {"text": Value(string_val="new")}
        store.online_write_batch(feast.config, view, [(key, values, MOMENT.replace(tzinfo=None), None)], None)

    both(write)
    both(write_one)
    both(lambda feast: everything(feast, "a", "b")["values"])


def test_a_view_that_is_gone_takes_its_rows_with_it(both: Any) -> None:
    def delete(feast: FeatureStore) -> None:
        feast.delete_feature_view("view")
        with pytest.raises(FeatureViewNotFoundException):
            feast.get_feature_view("view")

    both(write)
    both(delete)
    both(lambda feast: feast.apply(definitions(Path(feast.config.repo_path))))
    both(lambda feast: everything(feast, "a"))


def test_a_store_that_was_torn_down_can_be_made_again(both: Any) -> None:
    both(write)
    both(lambda feast: feast.teardown())
    both(lambda feast: feast.apply(definitions(Path(feast.config.repo_path))))
    both(lambda feast: everything(feast, "a"))
