"""Templates: everything from outside is escaped, and a missing value is an error rather than a blank."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core.reasons import LONGEST, SHORTEST
from core.workspace import Workspace
from models.kinds import names

TEMPLATES = Path(__file__).parent / "templates"
OPTIONAL = {"who": "", "here": "", "said": "", "wrong": "", "reason": "", "csrf": ""}


class Templates:
    """Renders the desk's templates."""

    def __init__(self, workspace: Workspace) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {"figure": figure, "brief": brief}
        self._environment.globals |= {
            "kinds": names(),
            "shop": str(workspace.root),
            "shortest_reason": SHORTEST,
            "longest_reason": LONGEST,
        }

    def render(self, template: str, page: object | None = None, **around: Any) -> str:
        """The page as HTML; a template names the fields of its page, and what stands around every page."""
        return self._environment.get_template(template).render(OPTIONAL | (vars(page) if page else {}) | around)


def figure(value: float | None) -> str:
    """A figure with four digits, or a dash."""
    return "\N{EN DASH}" if value is None else f"{value:.4g}"


def brief(value: object) -> str:
    """A detail of the audit log in one line; of gates which passed, and what the others said."""
    text = "; ".join(map(_item, value)) if isinstance(value, list) else _item(value)
    return text if len(text) <= 240 else text[:237] + "..."


def _item(value: object) -> str:
    if isinstance(value, dict) and {"name", "passed", "text"} <= set(value):
        return f"{value['name']} passed" if value["passed"] else f"{value['name']} refused ({value['text']})"
    return "none" if value is None or value == "" else str(value)
