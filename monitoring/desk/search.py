"""What a reviewer looks for by name: models, versions, features, groups, rules, alerts; each with the way to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from core.alerts import Alerts
from core.errors import RegularsError
from core.workspace import Workspace
from models import kinds
from models.registry import Registry
from monitoring.desk import forecasts
from monitoring.desk.languages import gettext
from monitoring.desk.wording import capital, term
from monitoring.results import ModelReport, RuleState
from monitoring.summary import Summaries

LONGEST: Final = 100
MOST_SHOWN: Final = 100


@dataclass(frozen=True)
class Hit:
    """One thing that was found: of which sort, its name, what it says, and where it is."""

    sort: str
    name: str
    says: str
    address: str


@dataclass(frozen=True)
class SearchPage:
    """What was asked for, and what was found of it; `more` were left out."""

    sought: str
    hits: list[Hit]
    more: int


def build(workspace: Workspace, asked: str) -> SearchPage:
    """Everything that has all the words asked for in its name or in what it says, whatever their case."""
    sought = " ".join(asked[:LONGEST].split())
    words = sought.casefold().split()
    if not words:
        return SearchPage("", [], 0)
    found = [hit for hit in _everything(workspace) if all(word in _text(hit) for word in words)]
    found.sort(key=lambda hit: not all(word in hit.name.casefold() for word in words))
    return SearchPage(sought, found[:MOST_SHOWN], max(0, len(found) - MOST_SHOWN))


def _text(hit: Hit) -> str:
    return f"{hit.sort} {hit.name} {hit.says}".casefold()


def _everything(workspace: Workspace) -> Iterator[Hit]:
    run = Summaries(workspace).latest()
    registry = Registry(workspace)
    for kind in kinds.names():
        yield Hit(gettext("model"), capital(kind), kind, f"/models/{kind}")
        yield from _versions(registry, kind)
        entry = run.model(kind) if run else None
        if entry is not None:
            yield from _measured(entry)
    for rule in forecasts.rules_now(workspace, run):
        yield _rule(rule)
    for alert in Alerts(workspace).open():
        yield Hit(gettext("alert"), f"{alert.source}, {alert.subject}", alert.text, f"/alerts#alert-{alert.id}")


def _versions(registry: Registry, kind: str) -> Iterator[Hit]:
    try:
        versions = registry.versions(kind)
    except RegularsError:  # the overview says what is wrong
        return
    for version in versions:
        name = f"{capital(kind)}, {gettext('version %(version)s') % {'version': version.version}}"
        says = ", ".join((*map(term, version.aliases), str(version.as_of), version.best_baseline))
        yield Hit(gettext("version"), name, says, f"/models/{kind}/versions/{version.version}")


def _measured(entry: ModelReport) -> Iterator[Hit]:
    for column in entry.drift.columns if entry.drift else ():
        says = f"{capital(entry.kind)}: {gettext('moved') if column.drifted else term('ok')}"
        yield Hit(term(column.source), column.column, says, f"/models/{entry.kind}#drift")
    groups = {(figure.attribute, figure.group) for figure in (entry.fairness.figures if entry.fairness else ())}
    for attribute, group in sorted(groups):
        name = f"{term(attribute)}: {term(group)}"
        address = f"/models/{entry.kind}#fairness-{attribute.replace(' ', '-')}"
        yield Hit(gettext("group"), name, f"{capital(entry.kind)}, {attribute} = {group}", address)


def _rule(rule: RuleState) -> Hit:
    address = f"/models/{rule.kind}#rules" if rule.kind else "/#rules"
    return Hit(gettext("rule"), f"{rule.name}: {term(rule.about)}", str(rule.says), address)
