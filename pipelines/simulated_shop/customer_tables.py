"""The tables of a simulated shop with rows of its customers, a block at a time; and the truth about them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from models.arrays import Int64Array
from pipelines.simulated_shop.attribute_tables import day_column
from pipelines.simulated_shop.population import NOT_ASKED, TREATED, Population
from pipelines.simulated_shop.shop_scenario import ATTRIBUTES
from pipelines.simulated_shop.timeline import DAY_MICROSECONDS

_TEN_O_CLOCK = 10 * DAY_MICROSECONDS // 24


def customers_table(people: Population, ids: pa.Array, regions: pa.Array) -> pa.Table:
    """The customers as the shop knows them."""
    return pa.table(
        {
            "customer_id": ids,
            "region": regions.take(pa.array(people.region)),
            "signed_up_on": day_column(people.days, np.floor(people.came).astype(np.int64)),
        }
    )


def protected_table(people: Population, ids: pa.Array) -> pa.Table:
    """Their protected attributes, one a row."""
    each = [
        pa.table(
            {
                "customer_id": ids,
                "attribute": pa.array([attribute] * people.count, pa.string()),
                "value": pa.array(list(values)).take(pa.array(people.groups[attribute])),
            }
        )
        for attribute, values in ATTRIBUTES.items()
    ]
    return pa.concat_tables(each).combine_chunks()


def contacts_table(people: Population, ids: pa.Array, rounds: Int64Array, cost: float) -> pa.Table:
    """Who was contacted in which round, and who was held out."""
    who, number = np.nonzero(people.contacts != NOT_ASKED)
    treated = people.contacts[who, number] == TREATED
    midnight = people.days.midnights[rounds[number]] if len(rounds) else np.zeros(0, dtype=np.int64)
    return pa.table(
        {
            "customer_id": ids.take(pa.array(who)),
            "campaign_id": pa.array([f"round {each + 1}" for each in number], pa.string()),
            "at": pa.array(midnight + _TEN_O_CLOCK, pa.timestamp("us", "UTC")),
            "treated": pa.array(treated),
            "channel": pa.array(["e-mail"] * len(who), pa.string()),
            "offer": pa.array(["reminder"] * len(who), pa.string()),
            "cost": np.where(treated, cost, 0.0),
        }
    )


def truth_table(
    people: Population, ids: pa.Array, products: pa.Array, favourites: Int64Array, scale: float
) -> pa.Table:
    """What nobody in the shop can know; `scale` makes rates purchases per day."""
    last = people.ends < people.days.days
    left = np.where(last, np.floor(np.minimum(people.ends, people.days.days)), 0).astype(np.int64)
    offsets = np.arange(people.count + 1, dtype=np.int32) * favourites.shape[1]
    return pa.table(
        {
            "customer_id": ids,
            "purchase_rate": people.rate * scale,
            "churn_rate": people.leaving,
            "purchase_rate_at_end": people.rate * people.planted[0] * scale,
            "churn_rate_at_end": people.leaving * people.planted[1],
            "first_purchase_on": day_column(people.days, people.starts.astype(np.int64)),
            "left_on": day_column(people.days, left, ~last),
            "alive": pa.array(~last),
            "taste": pa.array(people.taste.astype(np.int16)),
            "contact_effect": people.effect,
            "favourites": pa.ListArray.from_arrays(
                pa.array(offsets), products.take(pa.array(favourites.ravel().astype(np.int32)))
            ),
        }
    )
