"""The generated modules of the Python client: a TypedDict for each schema, a method for each operation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from textwrap import indent
from typing import Any, Final

from clients.generate.operations import Call, Schema, calls, named

HEAD: Final = '''"""{title}

Generated from the OpenAPI document of the service; `REGULARS_WRITE_DOCS=1 pytest tests/docs` writes it anew.
"""

from __future__ import annotations

'''
PLAIN: Final = {"string": "str", "number": "float", "integer": "int", "boolean": "bool", "null": "None"}


def types(document: Schema) -> str:
    """The module `types`."""
    head = HEAD.format(title="What the service takes and answers, as typed dictionaries.")
    schemas = document["components"]["schemas"]
    parts = [head + "from typing import Any, Literal, TypedDict\n\nJsonValue = Any\n"]
    parts += [_typed_dict(name, schema) for name, schema in schemas.items() if "properties" in schema]
    return "\n\n".join(parts)


def _typed_dict(name: str, schema: Schema) -> str:
    needed = set(schema.get("required", ()))
    sure = {field: each for field, each in schema["properties"].items() if field in needed}
    maybe = {field: each for field, each in schema["properties"].items() if field not in needed}
    told = f'    """{schema.get("description", name)}"""\n'
    if not maybe:
        return f"class {name}(TypedDict):\n{told}\n{_fields(sure)}"
    if not sure:
        return f"class {name}(TypedDict, total=False):\n{told}\n{_fields(maybe)}"
    # Python 3.10 has no NotRequired.
    base = f'class _{name}(TypedDict):\n    """The fields that are always there."""\n\n{_fields(sure)}\n\n'
    return f"{base}class {name}(_{name}, total=False):\n{told}\n{_fields(maybe)}"


def _fields(fields: Schema) -> str:
    return "".join(_field(name, schema) for name, schema in fields.items())


def _field(name: str, schema: Schema) -> str:
    told = schema.get("description")
    return f"    {name}: {_type(schema)}\n" + (f"    {_docstring(told)}\n" if told else "")


def _docstring(text: str) -> str:
    return '"""' + text.replace("\\", "\\\\") + '"""'


def _type(schema: Schema, taken: bool = False, prefix: str = "") -> str:
    """An annotation; of what is `taken` as a parameter, any sequence or mapping will do."""
    if "$ref" in schema:
        return prefix + named(schema)
    if "const" in schema or "enum" in schema:
        return f"Literal[{', '.join(map(_literal, schema.get('enum', [schema.get('const')])))}]"
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_type(each, taken, prefix) for each in schema["anyOf"]))
    if schema.get("type") == "array":
        return f"{'Sequence' if taken else 'list'}[{_type(schema['items'], taken, prefix)}]"
    if schema.get("type") == "object":
        inner = schema.get("additionalProperties")
        value = _type(inner, taken, prefix) if isinstance(inner, dict) else "Any"
        return f"{'Mapping' if taken else 'dict'}[str, {value}]"
    return PLAIN[schema["type"]] if "type" in schema else "Any"


def _literal(value: object) -> str:
    return json.dumps(value) if isinstance(value, str) else repr(value)


def methods(document: Schema) -> str:
    """The module `_calls`: the operations, and a method for each, waiting and awaited."""
    found = list(calls(document))
    schemas = document["components"]["schemas"]
    imports = (
        "from abc import ABC, abstractmethod\n"
        "from collections.abc import Mapping, Sequence\n"
        "from typing import Any, Final, Literal\n\n"
        "from regulars_client import types\n"
        "from regulars_client._operation import Operation, body_of, listed\n"
    )
    constants = "".join(f"{call.name.upper()}: Final = {_operation(call)}\n" for call in found)
    everything = f"OPERATIONS: Final = (\n{''.join(f'    {call.name.upper()},{chr(10)}' for call in found)})\n"
    parts = [
        HEAD.format(title="One method for each operation of the service.") + imports,
        constants + everything,
        _class(found, schemas, ""),
        _class(found, schemas, "async "),
    ]
    return parts[0] + "\n" + "\n\n".join(parts[1:])


def _operation(call: Call) -> str:
    return f'Operation("{call.name}", "{call.method}", "{call.path}", {call.takes_idempotency_key})'


def _class(found: list[Call], schemas: Schema, awaited: str) -> str:
    name, told = ("AsyncCalls", "Awaited calls.") if awaited else ("Calls", "Calls that wait.")
    head = f'''class {name}(ABC):
    """{told}"""

    @abstractmethod
    {awaited}def _call(
        self, operation: Operation, body: dict[str, Any] | None, timeout: float | None, idempotency_key: str | None
    ) -> Any: ...
'''
    return head + "".join("\n" + indent(_method(call, schemas, awaited), "    ") for call in found)


def _method(call: Call, schemas: Schema, awaited: str) -> str:
    fields = list(_parameters(schemas[call.body])) if call.body else []
    needed = [each for each in fields if each.default is None]
    optional = [each for each in fields if each.default is not None]
    lines = ["self"] + [f"{name}: str" for name in call.place]
    lines += [f"{each.name}: {each.annotation}" for each in needed] + ["*"]
    lines += [f"{each.name}: {each.annotation} = {each.default}" for each in optional]
    lines += ["idempotency_key: str | None = None"] if call.takes_idempotency_key else []
    lines += ["timeout: float | None = None"]
    signature = "".join(f"    {line},\n" for line in lines)
    told = "".join(f"    {name}: {what}\n" for name, what in call.place.items())
    told += "".join(f"    {each.name}: {each.told}\n" for each in fields)
    told += (
        "    idempotency_key: names the request; made by the client where none is given\n" * call.takes_idempotency_key
    )
    told += "    timeout: seconds for the whole call, tries and pauses among them; None: as the client has it\n"
    sure = "".join(f'            "{each.name}": {each.sent},\n' for each in needed)
    maybe = "".join(f'            "{each.name}": ({each.sent}, {each.left_out}),\n' for each in optional)
    body = f"body_of(\n        {{\n{sure}        }},\n        {{\n{maybe}        }},\n    )" if call.body else "None"
    once = "idempotency_key" if call.takes_idempotency_key else "None"
    text = f'"""{call.summary}.\n\nArgs:\n{told}"""\n'.replace("\\", "\\\\")
    wait = "await " if awaited else ""
    at = f".at({', '.join(f'{name}={name}' for name in call.place)})" if call.place else ""
    return (
        f"{awaited}def {call.name}(\n{signature}) -> types.{call.answer}:\n"
        + indent(text, "    ")
        + f"    body = {body}\n"
        + f"    answer: types.{call.answer} = {wait}self._call({call.name.upper()}{at}, body, timeout, {once})\n"
        + "    return answer\n"
    )


class _Parameter:
    """A field of a body as a parameter; `default` is source, or None where it is needed."""

    def __init__(self, name: str, schema: Schema, needed: bool) -> None:
        self.name = name
        self.annotation = _type(schema, taken=True, prefix="types.")
        self.default = None if needed else _default(schema["default"])
        self.told = schema.get("description", "")
        if not needed and isinstance(schema["default"], dict):
            self.annotation += " | None"
        is_list = schema.get("type") == "array"
        self.sent = f'listed("{name}", {name})' if is_list else name
        self.left_out = f"[{self.default[1:-1].rstrip(',')}]" if is_list and self.default else self.default


def _default(value: Any) -> str:
    """Of an object None: then it is not sent."""
    if isinstance(value, dict):
        return "None"
    return json.dumps(value) if isinstance(value, str) else repr(tuple(value) if isinstance(value, list) else value)


def _parameters(schema: Schema) -> Iterator[_Parameter]:
    for name, field in schema["properties"].items():
        yield _Parameter(name, field, name in schema.get("required", ()))


def examples(document: Schema) -> str:
    """The module `_examples`: an answer of each operation and every problem, as JSON; fakes answer with them."""
    answers = {call.name: call.example for call in calls(document)}
    told = {name: each["value"] for name, each in document["components"]["examples"].items()}
    head = HEAD.format(title="An answer of each operation, and every problem document.")
    body = json.dumps({"answers": answers, "problems": told}, indent=1, ensure_ascii=False).replace("\\", "\\\\")
    return f'{head}from typing import Final\n\nEXAMPLES: Final = """{body}"""\n'
