"""Templates: everything from outside is escaped, and a missing value is an error rather than a blank."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core.reasons import LONGEST, SHORTEST
from core.workspace import Workspace
from models.kinds import names
from monitoring.desk import languages, wording
from monitoring.desk.languages import gettext

TEMPLATES = Path(__file__).parent / "templates"
OPTIONAL = {"who": "", "here": "", "said": "", "wrong": "", "reason": "", "csrf": "", "sought": "", "answered": 0}


class Templates:
    """Renders the desk's templates."""

    def __init__(self, workspace: Workspace) -> None:
        self._environment = environment()
        self._environment.globals |= {
            "kinds": names(),
            "shop": str(workspace.root),
            "shortest_reason": SHORTEST,
            "longest_reason": LONGEST,
        }

    def render(self, template: str, page: object | None = None, **around: Any) -> str:
        """The page as HTML, for the reader of now; a template names the fields of its page, and what stands around."""
        return self._environment.get_template(template).render(OPTIONAL | (vars(page) if page else {}) | around)


def environment() -> Environment:
    """Where the templates are compiled, with the filters that they may use."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.policies["ext.i18n.trimmed"] = True
    made.install_gettext_callables(gettext, languages.ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.filters |= {
        "figure": languages.number,
        "percent": languages.percent,
        "money": languages.money,
        "day": languages.day,
        "moment": languages.moment,
        "term": wording.term,
        "capital": wording.capital,
        "metric": wording.metric,
        "brief": brief,
    }
    made.globals |= {"reader": languages.reader, "csv_link": languages.csv_link, "languages": languages.LANGUAGES}
    return made


def brief(value: object) -> str:
    """A detail of the audit log in one line; of gates which passed, and what the others said."""
    text = "; ".join(map(_item, value)) if isinstance(value, list) else _item(value)
    return text if len(text) <= 240 else text[:237] + "..."


def _item(value: object) -> str:
    if isinstance(value, dict) and {"name", "passed", "text"} <= set(value):
        if value["passed"]:
            return gettext("%s passed") % wording.term(value["name"])
        return gettext("%(gate)s refused (%(reason)s)") % {"gate": wording.term(value["name"]), "reason": value["text"]}
    if isinstance(value, dict):
        return ", ".join(f"{name}: {brief(each)}" for name, each in value.items())
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return gettext("none") if value is None or value == "" else str(value)
