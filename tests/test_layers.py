"""A package imports lower layers only, never a sibling or a higher one."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = [["pipelines", "serving"], ["training", "monitoring"], ["models"], ["feature_repo"], ["core"]]
LEVEL = {package: level for level, packages in enumerate(LAYERS) for package in packages}
MODULES = sorted(path for package in LEVEL for path in (ROOT / package).rglob("*.py"))


def imported_packages(path: Path) -> set[str]:
    """The top-level packages of ours that a module imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names & LEVEL.keys()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_lower_layers_only(path: Path) -> None:
    own = path.relative_to(ROOT).parts[0]
    wrong = {name for name in imported_packages(path) if name != own and LEVEL[name] <= LEVEL[own]}
    assert not wrong, f"{own} may not import {wrong}"


def test_no_package_imports_its_clients() -> None:
    for path in MODULES:
        text = path.read_text()
        assert "import regulars_client" not in text
        assert "from regulars_client" not in text
        assert "from clients" not in text


def test_every_package_is_there() -> None:
    for package in LEVEL:
        assert (ROOT / package / "__init__.py").exists()
