"""Small pieces of SQL that the others are made of."""

from __future__ import annotations

from collections.abc import Callable


def let(value: str, name: str, body: Callable[[str], str]) -> str:
    """SQL of `body(name)` where `name` stands for `value`: computed once, and written once.

    Names have to differ where one is used inside of another's body. A value that is a plain
    name needs no other: the body uses the one it is given.
    """
    if value.isidentifier():
        return body(value)
    return f"list_transform([{value}], lambda {name}: {body(name)})[1]"
