"""Messages are data: a code and the values it speaks of, stored as such and put into words where a person reads them.

The words stand in `texts/<language>.yaml`, one Jinja template per code. Whoever decides on a message looks at its
code, never at its words. They are English, unless who asks is `speaking` another language: the review desk's reader.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from jinja2 import Environment, Template

LANGUAGE: Final = "en"
PLAIN: Final = "plain"
"""The code of words that were stored as such by an earlier release, or come from elsewhere."""
_SHOWN: Final = 5
_spoken: ContextVar[str] = ContextVar("language", default=LANGUAGE)


@dataclass(frozen=True)
class Message:
    """What happened (`code`, such as `drift.moved`), and the values that its words speak of: what JSON can hold.

    str(Message("alert.registry_down", {"reason": "no route"}))
    """

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return render(self)

    def as_dict(self) -> dict[str, Any]:
        """For JSON; `of` reads it back."""
        return {"code": self.code, "values": dict(self.values)}

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Message:
        """The inverse of `as_dict`."""
        return cls(str(content["code"]), dict(content["values"]))

    @classmethod
    def plain(cls, text: str) -> Message:
        """Words that have no code."""
        return cls(PLAIN, {"text": text})


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Words are of this language within, in this thread or task and those that it starts."""
    before = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(before)


def spoken() -> str:
    """The language of now."""
    return _spoken.get()


def title(code: str, values: Mapping[str, Any] | None = None) -> str:
    """What something with a code is called; without a text, its code in plain letters.

    title("rule.needs_review")
    """
    named = f"{code}.title"
    if named not in texts():
        return code.rpartition(".")[2].replace("_", " ")
    return render(Message(named, values or {}))


def render(message: Message, language: str | None = None) -> str:
    """The message in words, in the language of now unless one is named; one that another release has stored, and of
    which no text is here, by its code in plain letters and its values.

    Raises:
        jinja2.UndefinedError: a value that the text speaks of is missing.
    """
    if message.code not in texts():
        told = ", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in message.values.items())
        return f"{title(message.code)} ({told})" if told else title(message.code)
    return _template(message.code, language or spoken()).render(**message.values).strip()


@cache
def texts(language: str = LANGUAGE) -> Mapping[str, str]:
    """Every code with its template."""
    import yaml

    content: dict[str, str] = yaml.safe_load((Path(__file__).parent / "texts" / f"{language}.yaml").read_text("utf-8"))
    return content


@cache
def _template(code: str, language: str) -> Template:
    """What a language lacks is said in English."""
    own = texts(language)
    return environment().from_string(own[code] if code in own else texts()[code])


@cache
def environment() -> Environment:
    """Where the templates are compiled, with the filters that they may use."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(undefined=StrictUndefined, autoescape=False)
    environment.filters |= {
        "percent": _percent,
        "number": _number,
        "listed": _listed,
        "counted": _counted,
        "interval": _interval,
        "said": _said,
    }
    return environment


def _said(message: Mapping[str, Any] | str) -> str:
    """A message within another's values, as `as_dict` gives it; words of an earlier release are words."""
    return message if isinstance(message, str) else render(Message.of(message))


def _percent(value: float, digits: int = 0) -> str:
    return f"{value:.{digits}%}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _listed(names: Sequence[str], shown: int = _SHOWN) -> str:
    return ", ".join(names[:shown]) + (", ..." if len(names) > shown else "")


def _interval(values: Mapping[str, float | None]) -> str:
    value, low, high = (math.nan if values[name] is None else values[name] for name in ("value", "low", "high"))
    return f"{value:.4f} [{low:.4f}, {high:.4f}]"


def _counted(count: int, singular: str, plural: str | None = None) -> str:
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"
