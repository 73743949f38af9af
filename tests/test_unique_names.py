"""One name, one place: who looks for a module or a class by its name finds the one that is meant.

Two modules (or packages), or two classes, share a name only where they are the same part of several kinds of model,
or where one is the door to the other: its command line, its endpoint.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from models.kinds import names

ROOT = Path(__file__).parent.parent
PACKAGES = ("core", "feature_repo", "models", "training", "monitoring", "serving", "pipelines")
KINDS = frozenset(names())
DOORS = (Path("pipelines/cli"), Path("serving/endpoints"))
FILES = [path.relative_to(ROOT) for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]

Places = dict[str, list[Path]]


def part_of_a_kind(path: Path) -> bool:
    """`models/churn/inputs.py`: what each kind calls this part of it."""
    return len(path.parts) > 1 and path.parts[0] in {"models", "training"} and path.parts[1] in KINDS


def of_every_kind(path: Path) -> bool:
    """`monitoring/churn.py`: a layer's whole part of a kind; `models/kinds.py`, `training/run.py`: of every kind."""
    return path.stem in KINDS or (path.parent.name in PACKAGES and path.stem in {"kinds", "run"})


def may_share(places: Sequence[Path]) -> bool:
    """Whether a name may stand in all of these places."""
    behind = [path for path in places if path.parent not in DOORS]
    if any(sum(path.parent == door for path in places) > 1 for door in DOORS):
        return False
    if len(behind) < 2:
        return True
    return len({path.stem for path in behind}) == 1 and all(part_of_a_kind(p) or of_every_kind(p) for p in behind)


def modules() -> Places:
    """Every module and package by its name."""
    found: Places = defaultdict(list)
    for file in FILES:
        place = file.parent if file.name == "__init__.py" else file
        found[place.stem].append(place)
    return found


def classes() -> Places:
    """Every class by its name."""
    found: Places = defaultdict(list)
    for file in FILES:
        for node in ast.walk(ast.parse((ROOT / file).read_text())):
            if isinstance(node, ast.ClassDef):
                found[node.name].append(file)
    return found


@pytest.mark.parametrize("named", [modules, classes])
def test_a_name_stands_in_one_place(named: Callable[[], Places]) -> None:
    twice = {name: [str(path) for path in places] for name, places in named().items() if not may_share(places)}
    assert twice == {}


@pytest.mark.parametrize(
    ("places", "may"),
    [
        ("models/churn/inputs.py models/demand/inputs.py training/churn/inputs.py", True),
        ("models/churn models/churn.py monitoring/churn.py serving/endpoints/churn.py", True),
        ("models/kinds.py training/kinds.py", True),
        ("training/run.py training/churn/run.py", True),
        ("core/keys.py pipelines/cli/keys.py", True),
        ("models serving/endpoints/models.py", True),
        ("models/churn/metrics.py models/demand/metrics.py serving/metrics.py", False),
        ("training/churn/tuning.py training/demand/folds.py", False),
        ("core/keys.py serving/keys.py pipelines/cli/keys.py", False),
        ("pipelines/cli/keys.py pipelines/cli/audit.py", False),
        ("core/audit.py feature_repo/dictionary.py", False),
    ],
)
def test_only_parts_of_kinds_and_doors_share_a_name(places: str, may: bool) -> None:
    assert may_share([Path(place) for place in places.split()]) is may
