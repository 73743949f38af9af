"""An export is drafted and taken in as `regulars init` and `regulars ingest` do it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core.workspace import Workspace
from pipelines.bench.invented_shop import Truth
from pipelines.bench.taking_in import held
from pipelines.ingest import run
from pipelines.initialise import Made, initialise
from pipelines.sources.doubts import Answers

Taken = tuple[Made, Truth]


@pytest.fixture
def taken(tmp_path: Path) -> Callable[..., Taken]:
    """Writes the bytes of an export, takes it in with nothing edited, and says what the tables hold."""

    def take(content: bytes, name: str = "export.csv", zone: str = "Europe/London") -> Taken:
        file = tmp_path / name
        file.write_bytes(content)
        made = initialise(tmp_path / "shop", str(file), answers=Answers(timezone=zone))
        workspace = Workspace.open(tmp_path / "shop")
        run(workspace)
        return made, held(workspace)

    return take
