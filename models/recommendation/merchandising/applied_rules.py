"""The versions of the rules: which count, since when, who applied them and why.

A version is an entry of the audit log, text and all: what was in force on any day can be read there, and nobody can
change it unseen. `rules.yaml` itself is a draft until it is applied.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from core.audit import AuditEntry, AuditLog, entries_of
from core.errors import RulesError
from core.reasons import reason_given
from core.workspace import Workspace, of_one_generation
from models.recommendation.merchandising import rules_file
from models.recommendation.merchandising.bound_rules import RuleSet
from models.recommendation.merchandising.minimum_margin import MinimumMargin
from models.recommendation.merchandising.rule import MerchandisingRule
from models.recommendation.merchandising.rules_file import RulesFile
from models.recommendation.merchandising.shop_check import refuse_what_does_not_fit
from models.recommendation.merchandising.shop_terms import home_regions, shop_terms
from models.recommendation.unit_margins import unit_costs

SUBJECT: Final = "recommendation rules"
ACTION: Final = "apply rules"


@dataclass(frozen=True)
class AppliedRules:
    """One version; `at` is UTC."""

    version: int
    at: str
    who: str
    reason: str
    digest: str
    text: str

    @property
    def file(self) -> RulesFile:
        """Its rules.

        Raises:
            RulesError: a release that knew other kinds of rules applied them.
        """
        return rules_file.parse(self.text, f"rules.yaml, version {self.version}")

    def as_dict(self) -> dict[str, Any]:
        """For machines, without the text."""
        return {name: value for name, value in vars(self).items() if name != "text"}


def versions(workspace: Workspace, last: int | None = None) -> list[AppliedRules]:
    """All of them, or so many from the end, the oldest first."""
    return [_applied(entry) for entry in entries_of(workspace, SUBJECT, last)]


def latest(workspace: Workspace) -> AppliedRules | None:
    """The one that counts; None where none was ever applied."""
    found = versions(workspace, last=1)
    return found[0] if found else None


def draft(workspace: Workspace) -> RulesFile:
    """`rules.yaml`, checked against the shop's tables.

    Raises:
        RulesError: there is none, or it is wrong.
    """
    found = rules_file.load(workspace)
    if found is None:
        todo = f"write {workspace.rules_file}; docs/recommendation-rules.md shows how"
        raise RulesError("there is no rules.yaml", where=str(workspace.root), todo=todo)
    refuse_what_does_not_fit(found, shop_terms(workspace))
    return found


@of_one_generation
def apply(workspace: Workspace, who: str, reason: str) -> tuple[AppliedRules, bool]:
    """Let `rules.yaml` count as it is: the version it is, and whether that is a new one.

    Raises:
        RulesError: there is none, or it is wrong.
        UsageError: no reason, or a long one.
    """
    reason = reason_given(reason)
    file, before = draft(workspace), latest(workspace)
    if before and before.digest == file.digest:
        return before, False
    details = {
        "version": before.version + 1 if before else 1,
        "reason": reason,
        "sha256": file.digest,
        "rules": [rule.name for rule in file.rules],
        "text": file.text,
    }
    return _applied(AuditLog(workspace).append(ACTION, who, SUBJECT, details)), True


def in_force_on(workspace: Workspace, day: date, applied: AppliedRules | None) -> RuleSet | None:
    """The rules of a version that count on a day, with what they go by; None where none does."""
    rules = tuple(rule for rule in applied.file.rules if rule.counts_on(day)) if applied else ()
    return rule_set(workspace, day, rules, applied.version) if applied and rules else None


@of_one_generation
def rule_set(workspace: Workspace, day: date, rules: tuple[MerchandisingRule, ...], version: int) -> RuleSet:
    """Rules with what they go by: costs and regions are read only where a rule needs them."""
    costs = unit_costs(workspace) if any(isinstance(rule, MinimumMargin) for rule in rules) else {}
    regions = home_regions(workspace) if any(rule.regions for rule in rules) else {}
    return RuleSet(version, day, rules, costs, regions)


def _applied(entry: AuditEntry) -> AppliedRules:
    details = entry.details
    return AppliedRules(details["version"], entry.at, entry.who, details["reason"], details["sha256"], details["text"])
