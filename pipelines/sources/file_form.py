"""How the mapping says a table's files are read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from core.errors import MappingError
from pipelines.sources.mapping_form import Csv


@dataclass(frozen=True)
class FileForm:
    """`csv` and `rows` as in the mapping; `part`: what stands behind `#`.

    `explored`: where rows are is to be looked up where it is not said; `said`: what was noticed of a file before it is
    read.
    """

    csv: Csv = field(default_factory=Csv)
    part: str = ""
    rows: str | None = None
    explored: bool = False
    said: tuple[str, ...] = ()

    def saying(self, text: str) -> FileForm:
        """The same, with one thing more that was noticed."""
        return replace(self, said=(*self.said, text))

    def refuse_part(self, kind: str, where: str) -> None:
        """Refuse what stands behind `#` of a file without parts.

        Raises:
            MappingError: something does.
        """
        if self.part:
            raise MappingError(f"{kind} has no part {self.part!r}", where=where, todo=f"leave out #{self.part}")
