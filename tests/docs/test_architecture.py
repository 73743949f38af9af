"""docs/architecture.md is a map of what is there: its tables are made from the code, or held to it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

from core import publication
from core.settings import Settings
from core.state.schema import METADATA
from core.workspace import SETTINGS_FILE, Workspace
from models import kinds
from pipelines.sources import object_copies
from tests.docs import names, pages
from tests.test_layers import LAYERS, LEVEL

PAGE = pages.DOCS / "architecture.md"
SCHEMA = pages.ROOT / "core" / "state" / "schema.py"
REVISIONS = pages.ROOT / "core" / "state" / "migrations" / "versions"
MOST_WORDS = 1000


def table(head: str, rows: Iterable[Iterable[str]]) -> str:
    columns = [f"| {head} |", "|" + "---|" * (head.count("|") + 1)]
    lines = (" ".join(f"| {' | '.join(row)} |".split()) for row in rows)  # a sentence of several lines is one cell
    return "\n".join([*columns, *lines, ""])


def summary(path: Path) -> str:
    """The first sentence of a module's docstring."""
    found = ast.get_docstring(ast.parse(path.read_text())) or ""
    return found.partition("\n")[0].rstrip(".:")


def packages() -> Iterator[tuple[str, str, str]]:
    for level, layer in enumerate(LAYERS):
        below = [f"`{name}`" for lower in LAYERS[level + 1 :] for name in lower]
        for package in layer:
            yield f"**`{package}`**", summary(pages.ROOT / package / "__init__.py"), ", ".join(below) or "nothing"
            for inner in sorted((pages.ROOT / package).glob("*/__init__.py")):
                yield f"`{package}.{inner.parent.name}`", summary(inner), ""


def kind_rows() -> Iterator[tuple[str, str, str, str]]:
    for name in kinds.names():
        kind = kinds.kind(name)
        yield f"`{name}`", kind.question, f"`{kind.service}`", f"`{kind.primary}`"


def state() -> Iterator[tuple[str, str, str]]:
    body = ast.parse(SCHEMA.read_text()).body
    for node, after in pairwise(body):
        match node, after:
            case (
                ast.AnnAssign(target=ast.Name(constant), value=ast.Call(args=[ast.Constant(str(name)), *_])),
                ast.Expr(ast.Constant(str(meaning))),
            ):
                yield f"`{name}`", meaning.rstrip("."), ", ".join(_readers(constant) or _readers(name))


def _readers(name: str) -> list[str]:
    """The modules, but for the revisions, that have the name."""
    modules = [path for package in LEVEL for path in (pages.ROOT / package).rglob("*.py")]
    found = [path for path in modules if path != SCHEMA and REVISIONS not in path.parents]
    readers = [path for path in found if re.search(rf"\b{name}\b", path.read_text())]
    return sorted(f"`{path.relative_to(pages.ROOT)}`" for path in readers)


def revisions() -> Iterator[tuple[str, str]]:
    for path in sorted(REVISIONS.glob("r*.py")):
        yield path.stem[1:5], summary(path)


def test_the_packages_and_what_they_may_import() -> None:
    assert pages.written(PAGE, "packages", table("package | what it holds | may import", packages()))


def test_the_kinds() -> None:
    assert pages.written(PAGE, "kinds", table("kind | question | feature service | compared by", kind_rows()))


def test_the_tables_of_the_state() -> None:
    rows = list(state())
    assert {name.strip("`") for name, *_ in rows} == set(METADATA.tables)
    assert pages.written(PAGE, "state", table("table | holds | used by", rows))


def test_the_revisions() -> None:
    assert pages.written(PAGE, "revisions", table("revision | what changed", revisions()))


def test_every_path_of_a_workspace_is_on_the_map(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, Settings())
    properties = [name for name, value in vars(Workspace).items() if isinstance(value, property)]
    found = {value for name in properties if isinstance(value := getattr(workspace, name), Path)}
    on_the_map = {path.rstrip("/") for cell, *_ in pages.rows(PAGE, "path") for path in cell.split(", ")}
    others = {SETTINGS_FILE, "state.db", publication.FOLDER, object_copies.FOLDER, ".spill"}
    assert on_the_map == {path.name for path in found} | others


def test_what_tells_that_something_is_missing_is_a_test() -> None:
    for _, _, told in pages.rows(PAGE, "what"):
        assert re.match(r"tests/[\w/]*test_\w+\.py", told)


def test_the_map_can_be_read_in_five_minutes() -> None:
    text = re.sub(r"<!-- (\w+): .*?<!-- end of \1 -->", "", pages.prose(PAGE), flags=re.DOTALL)
    assert len([line for line in text.splitlines() if line.startswith("|")]) < 50
    assert (
        len(re.findall(r"\w+", "\n".join(line for line in text.splitlines() if not line.startswith("|")))) < MOST_WORDS
    )


def test_the_layers_are_the_ones_of_the_map() -> None:
    bold = re.findall(r"\*\*`(\w+)`\*\*", PAGE.read_text())
    assert bold == [package for layer in LAYERS for package in layer]
    assert set(bold) == set(names.PRODUCT)
