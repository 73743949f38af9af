"""What is imported is declared; what is declared is imported, or loaded by name for a reason that stands here."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
PRODUCT = ("core", "feature_repo", "models", "training", "serving", "monitoring", "pipelines")
DEVELOPMENT = ("tests", "benchmarks")
CLIENTS = ("clients", "regulars_client")
"""A package of its own, whose tests hold it to what it declares."""
IMPORTERS = {"find_spec", "import_module", "importorskip", "need"}
"""Functions whose first argument is the name of a module that they import or look for."""
LOADED_BY_NAME = {
    "aiohttp": "fsspec reads https:// with it",
    "python-multipart": "Starlette reads the forms of the review desk with it",
    "lifetimes": "the bench of churn reads its data file where it lies",
    "mypy": "make lint",
    "ruff": "make lint",
    "pandas-stubs": "types for mypy",
    "types-psutil": "types for mypy",
    "types-pyyaml": "types for mypy",
    "pytest-timeout": "plugin of pytest: timeout in pyproject.toml",
    "pytest-xdist": "plugin of pytest: -n in the Makefile",
}


BY_SETTING = {
    "splink": "imported only where ids are compared by the model, which needs the extra",
    "lightgbm": "a peer of the bench of churn, which needs the extra",
    "catboost": "likewise",
    "statsforecast": "a peer of the bench of demand, which needs the extra",
    "mlforecast": "likewise",
    "implicit": "a peer of the bench of recommendation, which needs the extra",
    "psutil": "what the services use that the bench of serving drives, which needs the extra",
    "redis": "imported only where stores.online names a Redis, which needs the extra",
    "psycopg": "imported only where stores.online names a PostgreSQL, which needs the extra",
    "pyspark": "imported only where features.engine is spark, which needs the extra",
    "boto3": "imported only where a mapping names s3://, which needs the extra",
    "botocore": "its errors, likewise",
    "fsspec": "imported only where a mapping names https:// or another object storage, which needs the extra",
}
"""What an extra brings and the product imports, inside the function that needs it."""


def test_what_the_product_imports_is_declared_without_extras() -> None:
    core, extras = _declared()
    assert BY_SETTING.keys() <= extras
    assert _missing(PRODUCT, core | BY_SETTING.keys()) == {}


def test_what_tests_and_benchmarks_import_is_declared() -> None:
    core, extras = _declared()
    assert _missing(DEVELOPMENT, core | extras) == {}


def test_what_is_declared_is_imported_or_has_its_reason() -> None:
    core, extras = _declared()
    product = _distributions(PRODUCT)
    assert core - product - LOADED_BY_NAME.keys() == set()
    assert extras - product - _distributions(DEVELOPMENT) - LOADED_BY_NAME.keys() == set()


def test_a_reason_is_given_only_for_what_is_declared_and_not_imported() -> None:
    core, extras = _declared()
    imported = _distributions(PRODUCT) | _distributions(DEVELOPMENT)
    assert LOADED_BY_NAME.keys() - (core | extras) == set()
    assert LOADED_BY_NAME.keys() & imported == set()


def test_every_pin_is_one_of_a_declared_tree() -> None:
    """The lock has every declared distribution, and names no index or host."""
    core, extras = _declared()
    lock = (ROOT / "requirements.lock").read_text()
    pinned = {_normal(name) for name in re.findall(r"^([\w.-]+)==", lock, re.MULTILINE)}
    assert core | extras <= pinned
    assert "://" not in lock


@cache
def _declared() -> tuple[set[str], set[str]]:
    """The distributions declared for everybody, and those of all extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    return set(map(_name, project["dependencies"])), set(map(_name, extras))


def _name(requirement: str) -> str:
    match = re.match(r"[\w.-]+", requirement)
    assert match, requirement
    return _normal(match[0])


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _missing(folders: tuple[str, ...], declared: set[str]) -> dict[str, str]:
    """Imported modules none of whose distributions is declared, with one place that imports each."""
    return {
        module: where for folder in folders for module, where in _imports(folder) if not _providers(module) & declared
    }


def _distributions(folders: tuple[str, ...]) -> set[str]:
    modules = {module for folder in folders for module, _ in _imports(folder)}
    return {name for module in modules for name in _providers(module)}


def _providers(module: str) -> set[str]:
    return {_normal(name) for name in _installed().get(module, [])}


@cache
def _installed() -> Mapping[str, list[str]]:
    return packages_distributions()


@cache
def _imports(folder: str) -> list[tuple[str, str]]:
    """Every third-party module that a folder imports, and where."""
    ours = {*PRODUCT, *DEVELOPMENT, *CLIENTS, *sys.stdlib_module_names}
    return sorted(
        {
            (module, str(path.relative_to(ROOT)))
            for path in (ROOT / folder).rglob("*.py")
            for module in _imported(ast.parse(path.read_text()))
            if module not in ours
        }
    )


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name.partition(".")[0] for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module.partition(".")[0]
            case ast.Call(func=ast.Name(name) | ast.Attribute(attr=name), args=[ast.Constant(str(module)), *_]):
                if name in IMPORTERS:
                    yield module.partition(".")[0]
