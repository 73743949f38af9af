"""What a version takes and gives, as MLflow knows it: each column with its type, and an example of invented rows."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlflow.models import ModelSignature, infer_signature
from mlflow.types import DataType
from mlflow.types.schema import AnyType, Array, ColSpec, Schema
from pandas import DataFrame

from feature_repo import catalog
from feature_repo.feature_definition import Dtype, Feature
from models.artifact_cache import MODEL
from models.kinds import Kind

_TYPES: Mapping[Dtype, DataType | Array] = {
    "float": DataType.double,
    "int": DataType.long,
    "text": DataType.string,
    "floats": Array(DataType.double),
    "ints": Array(DataType.long),
    "texts": Array(DataType.string),
}


class Described:
    """The signature of a saved model, its example and its units.

    names: of its `inputs` and `outputs`; example: invented rows of the inputs, empty where the model has none;
    units: what each input counts, by name.
    """

    def __init__(self, kind: Kind[Any], directory: Path) -> None:
        model = kind.load(directory / MODEL)
        self.names = {side: list(names) for side, names in kind.signature(model).items()}
        example = kind.example(model)
        features = {each.name: each for view in catalog.service(kind.service) for each in view.features}
        self.units = {name: features[name].unit for name in self.names["inputs"] if name in features}
        answers = kind.answer(model, example) if len(example) else DataFrame()
        inputs = _specs(self.names["inputs"], _seen(example), features)
        self.example = _typed(example, inputs)
        self.signature = ModelSignature(Schema(inputs), Schema(_specs(self.names["outputs"], _seen(answers), {})))

    def columns(self) -> str:
        """The types of the inputs as MLflow writes those of a data set."""
        schema: Schema = self.signature.inputs
        return f'{{"mlflow_colspec": {schema.to_json()}}}'


def _specs(names: Sequence[str], seen: Mapping[str, Any], features: Mapping[str, Feature]) -> list[ColSpec]:
    """Packed columns may be empty (nobody bought anything), the others hold NaN or None where nothing is known."""
    return [_spec(name, _type(name, seen, features)) for name in names]


def _spec(name: str, of_type: Any) -> ColSpec:
    return ColSpec(of_type, name, required=not isinstance(of_type, Array | AnyType))


def _type(name: str, seen: Mapping[str, Any], features: Mapping[str, Feature]) -> Any:
    """By the data dictionary; else as seen. A whole number that may be unknown is a float in every frame."""
    feature = features.get(name)
    if feature is None:
        return seen.get(name, AnyType())
    if feature.dtype == "int" and feature.default is None:
        return DataType.double
    return _TYPES[feature.dtype]


def _typed(rows: DataFrame, specs: Sequence[ColSpec]) -> DataFrame:
    """The columns of the signature in its order, each of its type: MLflow takes no whole numbers for a float."""
    if rows.empty:
        return rows
    numbers = {spec.name: spec.type.to_numpy() for spec in specs if spec.type in (DataType.double, DataType.long)}
    return rows[[spec.name for spec in specs]].astype(numbers)


def _seen(rows: DataFrame) -> dict[str, Any]:
    told = rows.dropna(axis="columns", how="all")
    if told.empty:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of whole numbers that may be unknown, which are floats here
        return {spec.name: spec.type for spec in infer_signature(told).inputs.inputs}
