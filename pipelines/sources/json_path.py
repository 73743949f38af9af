"""Where the rows of a JSON file are: `orders[*].line_items[*]` is each line item of each order."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = r'(?:"[^"]+"|[^\s."\[\]$*][^."\[\]*]*)'
_LEVEL = rf"(?:{_NAME}(?:\.{_NAME})*)?\[\*\]"
_PATH = re.compile(rf"(?:\$\.?)?({_LEVEL}(?:\.{_LEVEL})*)")
_NAMES = re.compile(r'"([^"]+)"|([^."]+)')


@dataclass(frozen=True)
class JsonPath:
    """The lists to go through, outermost first: of each the names that lead to it from the element before it."""

    levels: tuple[tuple[str, ...], ...]

    @classmethod
    def parse(cls, text: str) -> JsonPath:
        """The path that is written in a mapping.

        Raises:
            ValueError: it is none.
        """
        found = _PATH.fullmatch(text.strip())
        if not found:
            raise ValueError("a path goes through lists and ends with one, such as orders[*].line_items[*]")
        parts = found[1].split("[*]")[:-1]
        return cls(tuple(tuple(quoted or bare for quoted, bare in _NAMES.findall(part)) for part in parts))

    @property
    def text(self) -> str:
        """As it is written in a mapping."""
        return ".".join(".".join(map(_written, names)) + "[*]" for names in self.levels)

    @property
    def under_records(self) -> JsonPath:
        """The same, of a file whose outermost list has no name."""
        return self if not self.levels[0] else JsonPath(((), *self.levels))

    def called(self, level: int) -> str:
        """What an element of a level is called: of `orders` an order; of a list without a name, too."""
        names = self.levels[level]
        return (names[-1].removesuffix("s") or names[-1]) if names else "order"


def _written(name: str) -> str:
    return f'"{name}"' if re.search(r"[\s.\[\]$*]", name) else name
