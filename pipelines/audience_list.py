"""Draws the audience of a product: scores every customer, asks who may be contacted, and writes the best of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa

from core.clock import day_start
from core.consents import Consents
from core.errors import DataError, UsageError
from core.progress import current
from core.workspace import Workspace, of_one_generation
from models.artifact_cache import MODEL
from models.contacts.contact_caps import ContactCaps
from models.contacts.contact_history import preferred_channels
from models.kinds import kind, refuse_hindsight
from models.recommendation.audience.asked_product import AskedProduct, asked_product
from models.recommendation.audience.buyer_scores import KnownCustomers, buyer_scores
from models.recommendation.audience.chosen_customers import ChosenCustomers, chosen
from models.recommendation.audience.shop_products import ShopProducts
from models.recommendation.catalogue import Catalogue
from models.recommendation.dataset import Dataset
from models.recommendation.model import Recommender
from models.recommendation.rankers import TwoStage
from models.registry import Registry
from pipelines.contact_fields import CONTACT_FIELDS
from pipelines.output import require_writable, write

COLUMNS: Final = pa.schema(
    [
        *CONTACT_FIELDS,
        ("rank", pa.int32()),
        ("product_id", pa.string()),
        ("score", pa.float64()),
        ("told_by", pa.string()),
        ("model_version", pa.string()),
    ]
)
"""The file: what a contact is, then why."""


@dataclass(frozen=True)
class AudienceWish:
    """What is asked for; None: as the settings say."""

    product_id: str
    size: int
    output: Path
    campaign: str | None = None
    suppress: Path | None = None
    alias: str = "champion"


@dataclass(frozen=True)
class DrawnAudience:
    """What was written."""

    version: str
    as_of: date
    campaign: str
    asked: AskedProduct
    considered: int
    chosen: int
    left_out: Mapping[str, int]
    output: Path


@of_one_generation
def draw_audience(workspace: Workspace, wish: AudienceWish, as_of: date) -> DrawnAudience:
    """Choose the customers most likely to buy a product, as of a date, and write the list, whole or not at all.

    Raises:
        UsageError: an unknown or excluded product, an impossible size or file.
        NotReady: no version carries the alias, or it was trained as of later.
        DataError: nobody has bought anything that counts.
    """
    if wish.size < 1:
        raise UsageError(f"--size {wish.size} is not possible", todo="give a number of customers, 1 or more")
    require_writable(wish.output)
    registry = Registry(workspace)
    version = registry.version("recommendation", wish.alias)
    model: Recommender = kind("recommendation").load(registry.fetch(version) / MODEL)
    refuse_hindsight("recommendation", version.version, model, as_of)
    dataset = Dataset.load(workspace, as_of)
    if not len(dataset.histories):
        raise DataError(f"no customer bought anything that counts before {as_of}")
    asked = _asked(workspace, wish.product_id, dataset.catalogue)
    current().step(f"scoring {len(dataset.histories):,} customers with recommendation version {version.version}")
    audience = _audience(workspace, model, dataset, asked, wish)
    campaign = wish.campaign or f"audience-{asked.product_id}-{as_of}"
    done = DrawnAudience(
        version.version,
        as_of,
        campaign,
        asked,
        audience.considered,
        len(audience.customers),
        audience.left_out,
        wish.output,
    )
    write(_table(workspace, audience, done), wish.output)
    return done


def _asked(workspace: Workspace, product_id: str, catalogue: Catalogue) -> AskedProduct:
    described = ShopProducts.load(workspace)
    asked = asked_product(product_id, catalogue, described)
    if asked is not None:
        return asked
    if described.excluded(product_id):
        raise UsageError(f"product {product_id!r} does not count", why="products.exclude matches it")
    near = described.nearest(product_id, [] if len(described.rows) else [str(each) for each in catalogue.ids])
    least = workspace.settings.recommendation.min_purchases
    raise UsageError(
        f"product {product_id!r} is not known",
        why=f"it is not in the table products, nor was it bought {least} times (recommendation.min_purchases)",
        todo=f"did you mean {near!r}?" if near else "name a product_id of the table products",
    )


def _audience(
    workspace: Workspace, model: Recommender, dataset: Dataset, asked: AskedProduct, wish: AudienceWish
) -> ChosenCustomers:
    if isinstance(model.ranker, TwoStage):
        model.ranker.use_threads(workspace.settings.threads)
    caps = ContactCaps.load(workspace, dataset.as_of, wish.suppress)
    index = model.bind(dataset.catalogue).index
    scores = buyer_scores(model.ranker, index, KnownCustomers.of(dataset.histories, index), asked)
    customers = [str(each) for each in dataset.histories.customers]
    consents = (Consents.load(workspace, dataset.as_of), Consents.load(workspace))  # the file is acted upon now
    return chosen(customers, scores, caps.left_out(customers, consents, workspace.settings.contacts), wish.size)


def _table(workspace: Workspace, audience: ChosenCustomers, done: DrawnAudience) -> pa.Table:
    asked, as_of = done.asked, done.as_of
    who = pd.Series(audience.customers, dtype=object)
    frame = pd.DataFrame(
        {
            "campaign_id": done.campaign,
            "customer_id": who,
            "at": pd.Timestamp(day_start(as_of, workspace.tables.timezone)),
            "treated": True,
            "channel": who.map(preferred_channels(workspace, as_of)).fillna(workspace.settings.contacts.channel),
            "offer": asked.product_id,
            "rank": range(1, len(who) + 1),
            "product_id": asked.product_id,
            "score": audience.scores,
            "told_by": asked.told_by,
            "model_version": done.version,
        }
    )
    return pa.Table.from_pandas(frame[COLUMNS.names], schema=COLUMNS, preserve_index=False)
