"""What in a new OpenAPI document would break a caller of the old one.

A body that was taken must be taken still: the new schema is at least as wide. An answer must be one that was promised:
the new schema is at most as wide, but for fields that are new. Everything that is only added passes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

Schema = Mapping[str, Any]
Side = Literal["body", "answer"]
AT_LEAST = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
AT_MOST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
SAME = ("pattern", "format")


def breaks(old: Schema, new: Schema) -> list[str]:
    """Each break in words, with where it is."""
    found: list[str] = []
    for path, methods in old["paths"].items():
        for method, operation in methods.items():
            where = f"{method.upper()} {path}"
            now = new["paths"].get(path, {}).get(method)
            if now is None:
                found.append(f"{where}: is gone")
            else:
                found += (f"{where}: {each}" for each in _Comparison(old, new).operation(operation, now))
    return list(dict.fromkeys(found))


@dataclass(frozen=True)
class _Comparison:
    old: Schema
    new: Schema

    def operation(self, old: Schema, new: Schema) -> Iterator[str]:
        for name, called in (("operationId", "its operationId"), ("x-regulars-right", "the right it needs")):
            if name in old and old[name] != new.get(name):
                yield f"{called} was {old[name]}, is {new.get(name)}"
        if new.get("security") and not old.get("security"):
            yield "needs a key now"
        yield from self._parameters(old, new)
        yield from self._bodies(old.get("requestBody"), new.get("requestBody"))
        yield from self._responses(old["responses"], new["responses"])

    @cached_property
    def _told(self) -> set[str]:
        """Every status that the old document has anywhere: callers know what to do with these."""
        operations = [each for methods in self.old["paths"].values() for each in methods.values()]
        return {status for operation in operations for status in operation["responses"]}

    def _parameters(self, old: Schema, new: Schema) -> Iterator[str]:
        before, now = ({(each["in"], each["name"]): each for each in of.get("parameters", ())} for of in (old, new))
        for place in before.keys() | now.keys():
            if place not in now:
                yield f"the parameter {place[1]} is gone"
            elif now[place].get("required") and not before.get(place, {}).get("required"):
                yield f"the parameter {place[1]} is needed now"
            elif place in before:
                yield from self._within("body", place[1], before[place]["schema"], now[place]["schema"])

    def _bodies(self, old: Schema | None, new: Schema | None) -> Iterator[str]:
        if new is not None and new.get("required") and not (old or {}).get("required"):
            yield "a body is needed now"
        if old is None:
            return
        for media_type, content in old["content"].items():
            if new is None or media_type not in new["content"]:
                yield f"takes no body of {media_type} any more"
            else:
                yield from self._within("body", "", content["schema"], new["content"][media_type]["schema"])

    def _responses(self, old: Schema, new: Schema) -> Iterator[str]:
        for status in sorted(new.keys() - old.keys() - self._told):
            if not status.startswith("2"):
                yield f"answers {status} now"
        for status, response in old.items():
            if status not in new:
                if status.startswith("2"):
                    yield f"answers {status} no more"
                continue
            for name in response.get("headers", {}).keys() - new[status].get("headers", {}).keys():
                yield f"{status} has no header {name} any more"
            for media_type, content in response.get("content", {}).items():
                if media_type not in new[status].get("content", {}):
                    yield f"{status} is not of {media_type} any more"
                else:
                    now = new[status]["content"][media_type]["schema"]
                    yield from self._within("answer", status, now, content["schema"])

    def _within(
        self, side: Side, where: str, narrow: Schema, wide: Schema, seen: frozenset[str] = frozenset()
    ) -> Iterator[str]:
        """Why what is of `narrow` may not be of `wide`. Of a body the wide one is the new, of an answer the old."""
        mark = json.dumps([narrow, wide], sort_keys=True)
        if "$ref" in mark and mark in seen:
            return  # a schema that holds itself
        of_narrow, of_wide = (self.old, self.new) if side == "body" else (self.new, self.old)
        choices = list(_alternatives(of_wide, wide))
        for one in _alternatives(of_narrow, narrow):
            tries = [list(self._one_within(side, where, one, choice, seen | {mark})) for choice in choices]
            if all(tries):
                alike = [found for choice, found in zip(choices, tries, strict=True) if _kind(choice) == _kind(one)]
                yield from min(alike or [[self._other(side, where, one)]], key=len)

    @staticmethod
    def _other(side: Side, where: str, one: Schema) -> str:
        kind = _kind(one)
        return f"{where}: {kind} is taken no more" if side == "body" else f"{where}: may be {kind} now"

    def _one_within(self, side: Side, where: str, narrow: Schema, wide: Schema, seen: frozenset[str]) -> Iterator[str]:
        if not _says(wide):
            return
        values, allowed = narrow.get("enum"), wide.get("enum")
        if allowed is not None and values is None:
            yield f"{where}: only {_list(allowed)} now" if side == "body" else f"{where}: may be anything now"
            return
        odd = [each for each in values or () if not _is_of(each, allowed, wide)]
        if odd:
            yield f"{where}: {_list(odd)} is taken no more" if side == "body" else f"{where}: may be {_list(odd)} now"
        if values is not None:
            return
        if _kind(narrow) != _kind(wide) and (_kind(narrow), _kind(wide)) != ("integer", "number"):
            yield self._other(side, where, narrow)
            return
        yield from self._limits(side, where, narrow, wide)
        if narrow.get("type") == "array":
            yield from self._within(side, f"{where}[]", narrow.get("items", {}), wide.get("items", {}), seen)
        if narrow.get("type") == "object":
            yield from self._objects(side, where, narrow, wide, seen)

    @staticmethod
    def _limits(side: Side, where: str, narrow: Schema, wide: Schema) -> Iterator[str]:
        for name in (*AT_LEAST, *AT_MOST, *SAME):
            if name not in wide:
                continue
            limit, other = wide[name], narrow.get(name)
            holds = other is not None and (
                other >= limit if name in AT_LEAST else other <= limit if name in AT_MOST else other == limit
            )
            if not holds:
                before, now = (other, limit) if side == "body" else (limit, other)
                yield f"{where}: {name} was {before}, is {now}"

    def _objects(self, side: Side, where: str, narrow: Schema, wide: Schema, seen: frozenset[str]) -> Iterator[str]:
        old, new = (narrow, wide) if side == "body" else (wide, narrow)
        before, now = old.get("properties", {}), new.get("properties", {})
        for name in before.keys() - now.keys():
            # What has no field of the name, but takes any, takes this one.
            if side == "answer" or new.get("additionalProperties") is False:
                yield f"{where}.{name}: the {side} has it no more"
        was, needed = set(old.get("required", ())), set(new.get("required", ()))
        if side == "body":
            yield from (f"{where}.{name}: is needed now" for name in needed - was)
        else:
            yield from (f"{where}.{name}: may be missing now" for name in was & now.keys() - needed)
        for name in before.keys() & now.keys():
            yield from self._within(side, f"{where}.{name}", *_in_order(side, before[name], now[name]), seen)
            told, tells = before[name].get("default", ...), now[name].get("default", ...)
            if isinstance(told, dict) and isinstance(tells, dict):  # fields that are new have defaults of their own
                tells = {name: value for name, value in tells.items() if name in told}
            if side == "body" and told is not ... and tells is not ... and told != tells:
                yield f"{where}.{name}: without it {told!r} was meant, {tells!r} is"
        before_else, now_else = (each.get("additionalProperties", True) for each in (old, new))
        if side == "body" and before_else is not False and now_else is False:
            yield f"{where}: fields of other names are taken no more"
        elif isinstance(before_else, dict) or isinstance(now_else, dict):
            pair = [each if isinstance(each, dict) else {} for each in (before_else, now_else)]
            yield from self._within(side, f"{where}.*", *_in_order(side, *pair), seen)


def _in_order(side: Side, old: Schema, new: Schema) -> tuple[Schema, Schema]:
    return (old, new) if side == "body" else (new, old)


def _alternatives(document: Schema, schema: Schema) -> Iterator[Schema]:
    """What it may be, without references, choices and constants."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        yield from _alternatives(document, document["components"]["schemas"][name])
    elif "anyOf" in schema:
        beside = {name: value for name, value in schema.items() if name in (*AT_LEAST, *AT_MOST, *SAME)}
        for each in schema["anyOf"]:
            for one in _alternatives(document, each):
                yield one if one.get("type") == "null" else {**beside, **one}
    elif "const" in schema:
        yield {**schema, "enum": [schema["const"]]}
    else:
        yield schema


def _says(schema: Schema) -> bool:
    """Whether it restricts anything."""
    return bool(schema.keys() - {"title", "description", "default", "examples"})


def _kind(schema: Schema) -> str:
    if "type" not in schema and "enum" in schema:
        return "one of several"
    return str(schema.get("type", "anything"))


def _is_of(value: object, allowed: list[Any] | None, wide: Schema) -> bool:
    if allowed is not None:
        return any(value == each and type(value) is type(each) for each in allowed)
    kinds = {
        "string": str, "boolean": bool, "integer": int, "number": (int, float), "null": type(None), "array": list,
        "object": dict,
    }  # fmt: skip
    kind = kinds.get(str(wide.get("type")), object)
    return isinstance(value, kind)  # type: ignore[arg-type]


def _list(values: list[Any]) -> str:
    return ", ".join(map(repr, values))
