"""Every name in the docs is one of the product: paths, modules, settings, addresses, commands and their options."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from core.settings import Settings
from pipelines.cli import main
from serving import openapi
from tests.docs import names, pages

EXAMPLES = {
    "churn_v2": "what a second feature list would be called",
    "my-shop/mapping.yaml": "the reader's own folder",
    "my-shop/start.html": "the reader's own folder",
    "regulars.*": "tags in MLflow",
    "models:/demand/1": "MLflow's address of a version",
}
THEIRS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "MLFLOW_S3_ENDPOINT_URL"}
"""Variables that a library reads."""
SPANS = [(page, span) for page in pages.PAGES for span in dict.fromkeys(pages.spans(page)) if span not in EXAMPLES]
PATH = re.compile(r"(?:^|(?<=\s))(?![/~$.])((?:[\w.<>*=-]+/)+[\w.<>*=-]*)(?=$|\s)")
FILE = re.compile(r"[\w-]+\.(?:toml|yaml|json|md|html|db|csv|py)")
DOTTED = re.compile(r"[a-z_]\w*(?:\.(?:\w+|\w*\*))+")
ADDRESS = re.compile(r"(?:(GET|POST) )?(/(?:v1/)?[a-z.]+)")
VARIABLE = re.compile(r"[A-Z]{2,}(?:_[A-Z0-9]+)+")
WORD = re.compile(r"[a-z]\w{2,}")


def spans_like(pattern: re.Pattern[str]) -> list[pytest.ParameterSet]:
    return [_named(page, span) for page, span in SPANS if pattern.fullmatch(span)]


def _named(page: Path, what: str) -> pytest.ParameterSet:
    return pytest.param(what, id=f"{page.name}: {what}")


@pytest.mark.parametrize("path", [_named(page, path) for page, span in SPANS for path in PATH.findall(span)])
def test_a_path_is_there(path: str) -> None:
    assert path in EXAMPLES or re.match(r"application/|regulars", path) or names.is_path(path)


@pytest.mark.parametrize("file", spans_like(FILE))
def test_a_file_is_there_or_is_written(file: str) -> None:
    assert (pages.ROOT / file).exists() or file in names.text()


@pytest.mark.parametrize(
    "name", [_named(page, span) for page, span in SPANS if DOTTED.fullmatch(span) and not FILE.fullmatch(span)]
)
def test_a_dotted_name_is_one(name: str) -> None:
    assert names.is_dotted(name)


@pytest.mark.parametrize("address", spans_like(ADDRESS))
def test_an_address_answers(address: str) -> None:
    match = ADDRESS.fullmatch(address)
    assert match
    paths = openapi.document()["paths"]
    assert match[2] in paths
    assert match[1] is None or match[1].lower() in paths[match[2]]


@pytest.mark.parametrize("variable", spans_like(VARIABLE))
def test_a_variable_is_read(variable: str) -> None:
    secret = variable.removeprefix("REGULARS_").lower().replace("_", "-")
    assert variable in THEIRS or f'"{variable}"' in names.text() or f'"{secret}"' in names.text()


@pytest.mark.parametrize("word", spans_like(WORD))
def test_a_word_is_known_to_the_code(word: str) -> None:
    assert names.is_word(word) or names.is_setting_section(word) or word in {"curl", "make"}


@pytest.mark.parametrize("span", [_named(page, span) for page, span in SPANS if span.startswith("{")])
def test_the_keys_of_an_example_are_known_to_the_code(span: str) -> None:
    json.loads(span)
    assert [key for key in re.findall(r'"(\w+)":', span) if not names.is_word(key)] == []


@cache
def commands() -> Any:
    """Typer's tree of commands; a group has `commands`."""
    return typer.main.get_command(main.build())  # type: ignore[arg-type]


def lines_with_commands() -> list[pytest.ParameterSet]:
    """Every `regulars ...` of the docs, each as it would be typed."""
    found = []
    for page in pages.PAGES:
        fenced = [line for block in pages.blocks(page, "") for line in block.splitlines()]
        for text in [*pages.spans(page), *fenced]:
            for each in re.split(r"\s+&&\s+", text):
                match = re.match(r"(?:\.venv/bin/)?regulars ([a-z].*)", each.strip())
                if match:
                    found.append((page, re.split(r"\s{2,}|\s#\s", match[1])[0].strip()))
    return [_named(page, line) for page, line in dict.fromkeys(found)]


@pytest.mark.parametrize("line", lines_with_commands())
def test_a_command_and_its_options_are_there(line: str) -> None:
    words = shlex.split(re.sub(r"[\[\]]", "", line))
    command = commands()
    while hasattr(command, "commands"):
        if command.invoke_without_command and not {*words[:1]} & {*command.commands}:
            break
        name = words.pop(0)
        assert name in command.commands, f"no command {name!r}"
        command = command.commands[name]
    known = {option for parameter in command.params for option in parameter.opts + parameter.secondary_opts}
    assert [word for word in words if word.startswith("--") and word not in known] == []


def options(command: Any) -> set[str]:
    inner = getattr(command, "commands", {}).values()
    return {option for parameter in command.params for option in parameter.opts}.union(*map(options, inner))


@pytest.mark.parametrize("option", spans_like(re.compile(r"--[\w-]+( [\w-]+)?")))
def test_an_option_is_one_of_a_command(option: str) -> None:
    assert option.partition(" ")[0] in options(commands())


@pytest.mark.parametrize("page", pages.PAGES, ids=names.page_of)
def test_settings_in_an_example_are_settings(page: Path) -> None:
    for block in pages.blocks(page, "toml"):
        Settings.model_validate(tomllib.loads(block))


@pytest.mark.parametrize("page", pages.PAGES, ids=names.page_of)
def test_an_example_in_python_imports_what_is_there(page: Path) -> None:
    for block in pages.blocks(page, "python"):
        for name in names.imported(block):
            assert names.is_object(name)


@pytest.mark.parametrize("page", pages.PAGES, ids=names.page_of)
def test_a_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []
