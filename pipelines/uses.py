"""What the columns of the data contract are read for: told by what reads them, so that nothing else is promised.

Features tell it by their expressions (`feature_repo.lineage`), code that reads a table directly by its `READS`. A
column that none of them names is read by nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module

from core.expressions import analyse
from core.reads import Read
from core.settings import Settings
from feature_repo import lineage
from feature_repo.contract import TABLES
from feature_repo.lineage import Column

MODULES = (
    "core.consents",
    "core.customer_ids",
    "feature_repo.availability",
    "models.contacts.contact_history",
    "models.demand.launches.assortment",
    "models.demand.endings",
    "models.demand.inventory.stock",
    "models.demand.levels.series_groups",
    "models.demand.newcomers.newcomer_outlook",
    "models.demand.plans",
    "models.recommendation.audience.shop_products",
    "models.recommendation.variety.new_arrivals",
    "models.recommendation.dataset",
    "models.recommendation.merchandising.shop_terms",
    "models.recommendation.unit_margins",
    "models.uplift.dataset",
    "monitoring.protected",
    "monitoring.shop_figures.campaign_effect",
    "monitoring.shop_figures.figure_courses",
    "pipelines.identity.key_records",
    "pipelines.ingest.currencies",
    "pipelines.ingest.duplicates",
    "pipelines.markdowns",
)
"""The modules that read optional tables or columns directly."""
_SHOWN = 5


def of_columns(settings: Settings) -> Mapping[Column, tuple[str, ...]]:
    """For every column of the contract what reads it: families of features first, then purposes; () for nothing."""
    found: dict[Column, list[str]] = {(table, c): [] for table, spec in TABLES.items() for c in spec.names}
    for column, families in lineage.readers(tuple(settings.demand.series)).items():
        found[column] += families
    for read in [*direct_reads(), *_excluding(settings)]:
        for name in read.columns:
            found[(read.table, name)].append(read.purpose)
    return {column: tuple(dict.fromkeys(uses)) for column, uses in found.items()}


def of_tables(settings: Settings) -> Mapping[str, str]:
    """For every table, in words, what it switches on."""
    families = lineage.readers(tuple(settings.demand.series))
    words = {}
    for table in TABLES:
        names = [name for (of, _), reading in families.items() if of == table for name in reading]
        purposes = [read.purpose for read in direct_reads() if read.table == table]
        words[table] = "; ".join([*_features(dict.fromkeys(names)), *dict.fromkeys(purposes)]) or "nothing yet"
    return words


def unread(columns: Iterable[Column], settings: Settings) -> tuple[str, ...]:
    """Those of some columns that nothing reads and that a shop may leave out, as «table.column»."""
    uses = of_columns(settings)
    optional = [(table, name) for table, name in columns if name not in TABLES[table].required]
    return tuple(f"{table}.{name}" for table, name in optional if not uses[(table, name)])


def direct_reads() -> list[Read]:
    """What the modules that read tables directly declare."""
    return [read for module in MODULES for read in import_module(module).READS]


def _features(families: Iterable[str]) -> list[str]:
    names = [family.replace("_", " ") for family in families if not family.startswith(lineage.POPULATION)]
    if not names:
        return []
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return [f"features: {', '.join(names[:_SHOWN])}{more}"]


def _excluding(settings: Settings) -> list[Read]:
    """What `products.exclude` looks at."""
    if not settings.products.exclude.strip():
        return []
    used = analyse(settings.products.exclude, TABLES["products"].names, where="products.exclude").columns
    return [Read("products", used, "products.exclude: which products count")]
