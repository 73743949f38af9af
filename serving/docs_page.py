"""The page of the API at `/docs`: made from the OpenAPI document, whole in itself, without a script.

It loads nothing from anywhere, so that it reads the same behind every firewall, and its policy lets a browser run
nothing.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from markupsafe import Markup

PATH: Final = "/docs"
STYLE: Final = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
h2{border-top:1px solid #ccc;padding-top:1rem}h2 code{font-size:1em}
code,pre{font-family:ui-monospace,monospace;font-size:.9em}
pre{background:#f3f3f3;padding:.75rem;overflow:auto;white-space:pre-wrap}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1rem}
th,td{text-align:left;vertical-align:top;border-bottom:1px solid #ddd;padding:.3rem .5rem}
td,nav code{overflow-wrap:anywhere}
nav ul{columns:20rem;column-gap:2.5rem;padding-left:1.2rem}nav li{break-inside:avoid}
@media(prefers-color-scheme:dark){body{color:#e6e6e6;background:#161616}pre{background:#242424}
a{color:#8ab4f8}th,td,h2{border-color:#444}}
"""
POLICY: Final = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    + "'"
)


@cache
def page(max_ids: int | None = None) -> bytes:
    """The page, as UTF-8."""
    from serving import openapi

    return str(render(openapi.document(max_ids))).encode()


def render(document: Mapping[str, Any]) -> Markup:
    """The document as HTML; everything it says is escaped."""
    schemas = document["components"]["schemas"]
    operations = [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    links = Markup().join(
        Markup('<li><a href="#{}"><code>{} {}</code></a> {}</li>').format(_anchor(m, p), m, p, _said(o["summary"]))
        for m, p, o in operations
    )
    parts = Markup().join(_operation(*each, schemas) for each in operations)
    told = Markup().join(
        Markup("<p>{}</p>").format(_said(each)) for each in document["info"]["description"].split("\n\n")
    )
    return Markup(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Regulars: the API</title>'
        '<meta name="viewport" content="width=device-width"><style>{}</style></head><body><h1>Regulars</h1>{}'
        '<p>The same for machines: <a href="/docs.json"><code>/docs.json</code></a> (OpenAPI {}).</p>'
        "<nav><ul>{}</ul></nav>{}</body></html>"
    ).format(Markup(STYLE), told, document["openapi"], links, parts)


def _operation(method: str, path: str, operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> Markup:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    answers: Mapping[str, Any] = operation["responses"].get("200", {}).get("content", {})
    answer: Mapping[str, Any] = next((each["schema"] for each in answers.values()), {})
    return Markup('<section id="{}"><h2><code>{} {}</code></h2><p>{}</p><p>{}</p>{}{}{}{}</section>').format(
        _anchor(method, path),
        method,
        path,
        _said(operation["summary"]),
        _said(operation.get("description", "No key is needed.")),
        _fields("The body", content["schema"], schemas) if content else "",
        Markup("<h3>Example</h3><pre>{}</pre>").format(_curl(method, path, operation, content)),
        _fields("The answer", answer, schemas),
        _statuses(operation["responses"]),
    )


def _said(text: str) -> Markup:
    """A text of the document, what stands between backticks as code."""
    parts = text.split("`")
    return Markup().join(Markup("<code>{}</code>").format(part) if n % 2 else part for n, part in enumerate(parts))


def _curl(method: str, path: str, operation: Mapping[str, Any], content: Mapping[str, Any] | None) -> str:
    lines = [f"curl -s localhost:3000{path}"]
    if operation.get("security"):
        lines.append('-H "Authorization: Bearer $KEY"')
    if content:
        lines.append(f"-d '{json.dumps(content['example'], ensure_ascii=False)}'")
    return " \\\n  ".join(lines)


def _fields(title: str, schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Markup:
    rows = list(_rows(_resolved(schema, schemas), schemas, "", set()))
    if not rows:
        return Markup("")
    body = Markup().join(
        Markup("<tr><td><code>{}</code></td><td>{}</td><td>{}</td></tr>").format(name, kind, _said(told))
        for name, kind, told in rows
    )
    head = "<h3>{}</h3><table><thead><tr><th>field</th><th>type</th><th></th></tr></thead><tbody>{}</tbody></table>"
    return Markup(head).format(title, body)


def _rows(
    schema: Mapping[str, Any], schemas: Mapping[str, Any], before: str, seen: set[str]
) -> list[tuple[str, str, str]]:
    rows: list[tuple[str, str, str]] = []
    needed = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        told = str(field.get("description", ""))
        if name in needed and before == "":
            told = f"needed; {told}" if told else "needed"
        rows.append((before + name, _type(field, schemas), told))
        for reference in _references(field):
            if reference not in seen:
                inner = schemas[reference]
                within = f"{before}{name}{'[]' if 'items' in str(field) else ''}."
                rows += _rows(inner, schemas, within, seen | {reference})
    return rows


def _type(field: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    if "anyOf" in field:
        return " or ".join(dict.fromkeys(_type(each, schemas) for each in field["anyOf"]))
    if "$ref" in field:
        return _type(schemas[_name(field["$ref"])], schemas)
    if "enum" in field or "const" in field:
        return " | ".join(json.dumps(each) for each in field.get("enum", [field.get("const")]))
    if field.get("type") == "array":
        return f"list of {_type(field.get('items', {}), schemas)}"
    return str(field.get("type", "any"))


def _references(node: Any) -> list[str]:
    if isinstance(node, Mapping):
        own = [_name(node["$ref"])] if "$ref" in node else []
        return own + [name for value in node.values() for name in _references(value)]
    if isinstance(node, list):
        return [name for value in node for name in _references(value)]
    return []


def _statuses(responses: Mapping[str, Any]) -> Markup:
    rows = Markup().join(
        Markup("<tr><td>{}</td><td>{}</td></tr>").format(status, _said(response["description"]))
        for status, response in responses.items()
    )
    return Markup("<h3>Statuses</h3><table><tbody>{}</tbody></table>").format(rows)


def _resolved(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    return schemas[_name(schema["$ref"])] if "$ref" in schema else schema


def _name(reference: str) -> str:
    return reference.rsplit("/", 1)[1]


def _anchor(method: str, path: str) -> str:
    return f"{method.lower()}{path.replace('/', '-')}"
