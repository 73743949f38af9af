"""Types for TypeScript: an interface for each schema, and what each operation takes and answers."""

from __future__ import annotations

import json
import re
from typing import Final

from clients.generate.operations import Call, Schema, calls, named

HEAD: Final = """// What the service takes and answers.
// Generated from its OpenAPI document; `REGULARS_WRITE_DOCS=1 pytest tests/docs` writes it anew.

"""
PLAIN: Final = {"string": "string", "number": "number", "integer": "number", "boolean": "boolean", "null": "null"}
NAME: Final = re.compile(r"[A-Za-z_]\w*")


def declarations(document: Schema) -> str:
    """The file `regulars.d.ts`."""
    schemas = document["components"]["schemas"]
    parts = [
        "export type JsonValue = null | boolean | number | string | JsonValue[] | { [name: string]: JsonValue };\n"
    ]
    parts += [_interface(name, schema) for name, schema in schemas.items() if "properties" in schema]
    rows = "".join(_row(call) for call in calls(document))
    problems = " | ".join(json.dumps(each["value"]["type"]) for each in document["components"]["examples"].values())
    parts.append(f"/** What `type` of a problem document can be. */\nexport type ProblemType = {problems};\n")
    parts.append(f"/** By `operationId`. */\nexport interface Operations {{\n{rows}}}\n")
    return HEAD + "\n".join(parts)


def _interface(name: str, schema: Schema) -> str:
    needed = schema.get("required", ())
    fields = "".join(_field(field, each, field in needed) for field, each in schema["properties"].items())
    return f"{_comment(schema.get('description'), '')}export interface {name} {{\n{fields}}}\n"


def _field(name: str, schema: Schema, needed: bool) -> str:
    key = name if NAME.fullmatch(name) else json.dumps(name)
    return f"{_comment(schema.get('description'), '  ')}  {key}{'' if needed else '?'}: {_type(schema)};\n"


def _comment(text: str | None, before: str) -> str:
    return f"{before}/** {' '.join(text.split()).replace('*/', '* /')} */\n" if text else ""


def _type(schema: Schema) -> str:
    if "$ref" in schema:
        return named(schema)
    if "const" in schema or "enum" in schema:
        return " | ".join(json.dumps(each) for each in schema.get("enum", [schema.get("const")]))
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_type(each) for each in schema["anyOf"]))
    if schema.get("type") == "array":
        item = _type(schema["items"])
        return f"({item})[]" if " " in item else f"{item}[]"
    if schema.get("type") == "object":
        inner = schema.get("additionalProperties")
        return f"{{ [name: string]: {_type(inner) if isinstance(inner, dict) else 'JsonValue'} }}"
    return PLAIN[schema["type"]] if "type" in schema else "JsonValue"


def _row(call: Call) -> str:
    parts = [
        f"method: {json.dumps(call.method)}",
        f"path: {json.dumps(call.path)}",
        f"right: {json.dumps(call.right)}",
        f"body: {call.body or 'null'}",
        f"answer: {call.answer}",
        f"takesIdempotencyKey: {json.dumps(call.takes_idempotency_key)}",
    ]
    return f"{_comment(call.summary, '  ')}  {call.operation_id}: {{ {'; '.join(parts)} }};\n"
