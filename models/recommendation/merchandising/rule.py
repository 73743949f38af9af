"""What every rule has: a name, the products it is about, the days and the regions in which it counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from models.arrays import BoolArray, Float32Array
from models.recommendation.catalogue import Catalogue

ProductTexts = Mapping[str, NDArray[np.object_]]
"""`product_id`, `category`, `department` and `brand` of some products, shape (I,) each."""
SELECTORS: Mapping[str, str] = {
    "products": "product_id",
    "categories": "category",
    "departments": "department",
    "brands": "brand",
}
"""The keys that name products, and the column of the table `products` each goes by."""


def _listed(value: object) -> object:
    return value if isinstance(value, list) else [value]


Names = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_listed)]


@dataclass(frozen=True)
class Audience:
    """For whom a list is made: in which region (None: not known), and whether they are known to be of age."""

    region: str | None = None
    adult: bool = False


@dataclass(frozen=True)
class RuledProducts:
    """The products that rules are bound to; `unit_cost` is NaN where it is not known, shape (I,)."""

    catalogue: Catalogue
    unit_cost: Float32Array

    @property
    def texts(self) -> ProductTexts:
        """What products are chosen by."""
        return {"product_id": self.catalogue.ids, **self.catalogue.texts}


class MerchandisingRule(BaseModel):
    """One rule; the days `from` and `until` both count, and where neither is given all days do."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    kind: ClassVar[str]
    says: ClassVar[str]
    """What it does, in the words of the documentation."""
    example: ClassVar[str]
    """How one is written, as the documentation shows it."""
    about_all: ClassVar[bool] = False
    """Whether it is about all products where it names none."""

    name: str
    products: Names = ()
    categories: Names = ()
    departments: Names = ()
    brands: Names = ()
    regions: Names = ()
    from_: date | None = Field(None, alias="from")
    until: date | None = None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.from_ and self.until and self.until < self.from_:
            raise ValueError(f"until {self.until} lies before from {self.from_}")
        if not self.about_all and not any(getattr(self, key) for key in SELECTORS):
            raise ValueError(f"it names no products: give one of {', '.join(SELECTORS)}")
        return self

    def counts_on(self, day: date) -> bool:
        """Whether the day is one of its days."""
        return (self.from_ is None or self.from_ <= day) and (self.until is None or day <= self.until)

    def counts_for(self, audience: Audience) -> bool:
        """Whether it counts there; what promotes a product in a region needs to know the region."""
        return not self.regions or audience.region in self.regions

    def selected(self, texts: ProductTexts) -> BoolArray:
        """Which products it is about, shape (I,)."""
        found = np.zeros(len(texts["product_id"]), dtype=bool)
        for key, column in SELECTORS.items():
            if names := getattr(self, key):
                found |= pd.Series(texts[column], dtype=object).isin(names).to_numpy(dtype=bool)
        if self.about_all and not any(getattr(self, key) for key in SELECTORS):
            found[:] = True
        return found

    def meets(self, other: MerchandisingRule) -> bool:
        """Whether there is a day and a region in which both count."""
        starts = [each.from_ for each in (self, other) if each.from_]
        ends = [each.until for each in (self, other) if each.until]
        apart = starts and ends and min(ends) < max(starts)
        return not apart and (not self.regions or not other.regions or bool({*self.regions} & {*other.regions}))

    def written(self) -> dict[str, Any]:
        """Its keys and values as they stand in the file, for machines."""
        return {"kind": self.kind, **self.model_dump(mode="json", by_alias=True, exclude_defaults=True)}


class BarringRule(MerchandisingRule):
    """A rule that keeps products out of lists, whoever asks for them."""

    def counts_for(self, audience: Audience) -> bool:
        """Where the region is not known it counts too: what may be forbidden is not shown."""
        return audience.region is None or super().counts_for(audience)

    def barred(self, products: RuledProducts) -> BoolArray:
        """Which products may not be shown to an audience that it counts for, shape (I,)."""
        return self.selected(products.texts)
