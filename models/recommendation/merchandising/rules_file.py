"""`rules.yaml`: the form of the file, checked with the line, the key and the nearest valid name."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from core.errors import RulesError, did_you_mean
from core.workspace import Workspace
from models.recommendation.merchandising.kinds_of_rules import BY_KIND, RULE_KINDS
from models.recommendation.merchandising.marked_yaml import MarkedYaml, marked
from models.recommendation.merchandising.quota import Quota
from models.recommendation.merchandising.rule import MerchandisingRule

TOP = "rules"
LONGEST_NAME = 60
MOST_RULES = 1000
MOST_QUOTAS = 60
_DOCS = "docs/recommendation-rules.md"


@dataclass(frozen=True)
class RulesFile:
    """The rules in the order in which their kinds work, and within a kind as they stand in the file."""

    rules: tuple[MerchandisingRule, ...]
    text: str
    source: MarkedYaml

    @property
    def digest(self) -> str:
        """SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def load(workspace: Workspace) -> RulesFile | None:
    """The workspace's `rules.yaml`; None where there is none.

    Raises:
        RulesError: its form is wrong.
    """
    path = workspace.rules_file
    if not path.is_file():
        return None
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise RulesError("not valid UTF-8", where=path.name, why=error.reason, todo="save it as UTF-8") from None
    return parse(text, path.name)


def parse(text: str, origin: str) -> RulesFile:
    """Read rules and check their form; what they name is looked up by `shop_check`.

    Raises:
        RulesError: with the line and the key, what is wrong and what is allowed.
    """
    source = marked(text, origin)
    content = {} if source.content in (None, "") else source.content
    if not isinstance(content, dict):
        raise RulesError("it holds no mapping", where=origin, todo=f"begin with `{TOP}:`; see {_DOCS}")
    for key in content:
        if key != TOP:
            raise RulesError(f"unknown key {key!r}", where=source.place(key), todo=did_you_mean(str(key), [TOP]))
    named = content.get(TOP) or {}
    if not isinstance(named, dict):
        why = "each rule needs a name, by which answers tell it"
        raise RulesError(f"{TOP} holds no mapping", where=source.place(TOP), why=why, todo=f"see {_DOCS}")
    rules = [_rule(str(name), body, source) for name, body in named.items()]
    _refuse_too_many(rules, source)
    rules.sort(key=lambda rule: RULE_KINDS.index(type(rule)))
    return RulesFile(tuple(rules), text, source)


def _rule(name: str, body: Any, source: MarkedYaml) -> MerchandisingRule:
    where = source.place(TOP, name)
    if not 0 < len(name) <= LONGEST_NAME:
        raise RulesError(f"{name!r} is no name", where=where, todo=f"give 1 to {LONGEST_NAME} characters")
    if not isinstance(body, dict):
        raise RulesError(f"{TOP}.{name} holds no mapping", where=where, todo=f"it needs a kind; see {_DOCS}")
    if "kind" not in body:
        raise RulesError(f"{TOP}.{name}.kind is missing", where=where, todo=f"there is: {', '.join(BY_KIND)}")
    kind = str(body["kind"])
    if kind not in BY_KIND:
        at = source.place(TOP, name, "kind")
        raise RulesError(f"{TOP}.{name}.kind {kind!r} is not known", where=at, todo=did_you_mean(kind, BY_KIND))
    of_kind = BY_KIND[kind]
    keys = [field.alias or key for key, field in of_kind.model_fields.items() if key != "name"]
    given: Mapping[str, Any] = {key: value for key, value in body.items() if key != "kind"}
    for key in given:
        if key not in keys:
            what = f"unknown key {TOP}.{name}.{key}"
            raise RulesError(what, where=source.place(TOP, name, key), todo=did_you_mean(str(key), keys))
    try:
        return of_kind.model_validate({**given, "name": name})
    except ValidationError as error:
        raise _explain(error, name, source) from None


def _explain(error: ValidationError, name: str, source: MarkedYaml) -> RulesError:
    first = error.errors()[0]
    keys = ["from" if part == "from_" else part for part in first["loc"]]
    path = ".".join(str(part) for part in (TOP, name, *keys))
    where = source.place(TOP, name, *keys)
    if first["type"] == "missing":
        return RulesError(f"{path} is missing", where=where, todo=f"see {_DOCS}")
    text = first["msg"].removeprefix("Value error, ")
    shown = f"{path} = {first['input']!r} is not possible" if keys else f"{path} is not possible"
    return RulesError(shown, where=where, why=text[0].lower() + text[1:], todo=f"see {_DOCS}")


def _refuse_too_many(rules: list[MerchandisingRule], source: MarkedYaml) -> None:
    quotas = sum(isinstance(rule, Quota) for rule in rules)
    for count, most, what in ((len(rules), MOST_RULES, "rules"), (quotas, MOST_QUOTAS, "quotas")):
        if count > most:
            todo = f"keep to {most:,}: one rule may name many products"
            raise RulesError(f"{count:,} {what} are too many", where=source.place(TOP), todo=todo)
