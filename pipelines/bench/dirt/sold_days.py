"""Files of fewer days: what is read of dates and numbers has less to go by."""

from __future__ import annotations

from random import Random

from pipelines.bench.dirt.dirt_kinds import kind
from pipelines.bench.dirty_export import DirtyExport


@kind("days")
def early_days(export: DirtyExport, _chance: Random) -> None:
    """Orders of the first twelve days of each month only: day and month could be either."""
    export.retell([sale for sale in export.sales if sale.at.day <= 12])


@kind("days")
def one_month(export: DirtyExport, chance: Random) -> None:
    """A single month."""
    month = chance.choice(sorted({(sale.at.year, sale.at.month) for sale in export.sales})[:-1])
    export.retell([sale for sale in export.sales if (sale.at.year, sale.at.month) == month])


KINDS = (early_days, one_month)
