"""Feast feature views: the catalogue's views over the snapshot files, every field with description and unit."""

from __future__ import annotations

from datetime import timedelta

from feature_repo import catalog
from feature_repo.entities import entity
from feature_repo.feast_api import (
    Array,
    FeastType,
    FeatureView,
    Field,
    FileSource,
    Float64,
    Int64,
    ParquetFormat,
    String,
)
from feature_repo.feature_definition import Dtype, Feature
from feature_repo.partitions import PART
from feature_repo.snapshots import TIMESTAMP

PLACE = f"features/{{view}}/snapshot=*/{PART}"
"""Where a view's snapshots lie in a workspace."""
TTL = timedelta(days=2)
"""How long a snapshot's values hold in the point-in-time join. Reading asks for snapshots of the very dates, so a
short time suffices, and keeps the join small; two days cover the 25-hour day."""
TYPES: dict[Dtype, FeastType] = {
    "float": Float64,
    "int": Int64,
    "text": String,
    "floats": Array(Float64),
    "ints": Array(Int64),
    "texts": Array(String),
}


def field(feature: Feature) -> Field:
    """The Feast field of a feature."""
    return Field(
        name=feature.name,
        dtype=TYPES[feature.dtype],
        description=feature.meaning,
        tags={"unit": feature.unit},
    )


def view(spec: catalog.View) -> FeatureView:
    """The Feast view over the snapshots of a catalogue view."""
    source = FileSource(
        name=f"{spec.name}_snapshots",
        path=PLACE.format(view=spec.name),
        file_format=ParquetFormat(),
        timestamp_field=TIMESTAMP,
        description=f"one Parquet file per snapshot date of {spec.name}",
    )
    key = Field(name=spec.key, dtype=String, description=spec.entity.description, tags={"unit": "id"})
    return FeatureView(
        name=spec.name,
        entities=[entity(spec.entity)],
        schema=[key, *(field(feature) for feature in spec.features)],
        source=source,
        ttl=TTL,
        online=True,
        description=spec.description,
    )
