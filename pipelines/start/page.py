"""The page that shows a shop's owner what was understood: one HTML file that needs nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core.files import write_atomically
from core.workspace import Workspace
from pipelines.first_models import ModelOutcome
from pipelines.start import accuracy
from pipelines.start.first_lists import FirstList
from pipelines.start.understanding import Understanding

FILE = "start.html"
TEMPLATES = Path(__file__).parent


def write(
    workspace: Workspace,
    understood: Understanding,
    models: Mapping[str, ModelOutcome],
    refused: Mapping[str, str],
    lists: Sequence[FirstList],
) -> Path:
    """Write the page into the workspace."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    path = workspace.root / FILE
    text = environment.get_template("page.html.j2").render(
        shop=workspace.root.name,
        understood=understood,
        highest=max((month.revenue for month in understood.months), default=0.0),
        accuracy={name: accuracy.in_words(outcome.version) for name, outcome in models.items()},
        models=models,
        refused=refused,
        lists=lists,
    )
    write_atomically(path, text)
    return path
