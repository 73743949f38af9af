"""Whether rules fit the shop: what they name is there, what they go by is known, and no two contradict each other."""

from __future__ import annotations

from core.errors import RulesError, did_you_mean, nearest
from models.recommendation.merchandising.contradictions import contradiction
from models.recommendation.merchandising.minimum_margin import MinimumMargin
from models.recommendation.merchandising.rule import SELECTORS, MerchandisingRule
from models.recommendation.merchandising.rules_file import TOP, RulesFile
from models.recommendation.merchandising.shop_terms import ShopTerms


def refuse_what_does_not_fit(file: RulesFile, terms: ShopTerms) -> None:
    """Check rules against the shop's tables.

    Raises:
        RulesError: the first rule that names what is not there, or the first two that cannot both hold.
    """
    for rule in file.rules:
        _refuse_unknown_products(rule, file, terms)
        _refuse_unknown_regions(rule, file, terms)
        if isinstance(rule, MinimumMargin) and not terms.knows_costs:
            raise RulesError(
                f"{TOP}.{rule.name} can't be told",
                where=file.source.place(TOP, rule.name),
                why="no product has a unit_cost",
                todo="map products.unit_cost in mapping.yaml and ingest it",
            )
    if found := contradiction(file.rules, terms):
        first, second, why = found
        raise RulesError(
            f"{TOP}.{first.name} ({first.kind}) and {TOP}.{second.name} ({second.kind}) contradict each other",
            where=f"{file.source.place(TOP, first.name)} and {_line(file, second)}",
            why=why,
            todo="take one of them out, or give them days or regions that do not overlap",
        )


def _refuse_unknown_products(rule: MerchandisingRule, file: RulesFile, terms: ShopTerms) -> None:
    for key in SELECTORS:
        if not (given := getattr(rule, key)):
            continue
        known = terms.names(key)
        there = set(known)
        for place, name in enumerate(given):
            if name not in there:
                column = f"products.{SELECTORS[key]}"
                raise RulesError(
                    f"{TOP}.{rule.name}.{key} names {name!r}, which no {column} is",
                    where=file.source.place(TOP, rule.name, key, place),
                    todo=_nearest(name, known),
                )


def _refuse_unknown_regions(rule: MerchandisingRule, file: RulesFile, terms: ShopTerms) -> None:
    """A shop whose tables have no regions may still ask by region."""
    for place, region in enumerate(rule.regions if terms.regions else ()):
        if region not in terms.regions:
            raise RulesError(
                f"{TOP}.{rule.name}.regions names {region!r}, where nobody ordered or lives",
                where=file.source.place(TOP, rule.name, "regions", place),
                todo=did_you_mean(region, terms.regions),
            )


def _nearest(name: str, known: list[str]) -> str:
    """A list of all is of use only where it is short."""
    near = nearest(name, known)
    if near or len(known) <= 20:
        return did_you_mean(name, known)
    return f"there are {len(known):,}, such as {', '.join(known[:5])}"


def _line(file: RulesFile, rule: MerchandisingRule) -> str:
    return file.source.place(TOP, rule.name).removeprefix(f"{file.source.origin}, ")
