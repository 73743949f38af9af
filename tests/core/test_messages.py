"""Messages are codes with values; every code has words, and every word's value is given."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import UndefinedError, meta

from core.messages import Message, environment, render, texts

ROOT = Path(__file__).parents[2]
PACKAGES = ("core", "feature_repo", "models", "training", "serving", "monitoring", "pipelines")


def made() -> Iterator[tuple[str, str, ast.Call]]:
    """Every `Message("code", ...)` in the product: where, which code, and the call."""
    for path in (path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Name("Message"), args=[ast.Constant(str(code)), *_]):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", code, node


def spoken(code: str) -> set[str]:
    """The values that a code's words speak of."""
    return meta.find_undeclared_variables(environment().parse(texts()[code]))


def test_every_code_that_is_made_has_words_and_every_word_is_made():
    codes = {code for _, code, _ in made()}
    assert codes - set(texts()) == set()
    assert set(texts()) - codes - titles() - {"plain"} == set()


def titles() -> set[str]:
    """The codes of what rules and checks are called."""
    return {code for code in texts() if code.endswith(".title")}


def test_every_rule_and_check_has_a_name_and_every_name_is_of_one():
    folders = [
        ROOT / "monitoring",
        *((ROOT / "monitoring" / name) for name in ("rules", "arrivals", "shop_figures", "shop_series")),
    ]
    files = [path for folder in folders for path in folder.glob("*.py")]
    source = "".join(path.read_text() for path in files)
    named = {code.split(".")[1] for code in titles()} - {"plain"}
    assert {name for name in named if f'"{name}"' not in source} == set()
    assert {code.split(".")[1] for _, code, _ in made() if code.startswith("rule.")} <= named


@pytest.mark.parametrize(("where", "code", "call"), [pytest.param(*each, id=each[0]) for each in made()])
def test_a_message_brings_the_values_that_its_words_speak_of(where, code, call):
    if len(call.args) < 2:
        assert spoken(code) == set()
    elif isinstance(call.args[1], ast.Dict):
        given = {key.value for key in call.args[1].keys if isinstance(key, ast.Constant)}
        assert spoken(code) <= given


def test_a_message_survives_json():
    message = Message("gate.quality", {"metric": "auc", "rivals": [], "lost": ["a"], "unjudged": []})
    assert Message.of(json.loads(json.dumps(message.as_dict()))) == message


def test_the_words_say_the_values():
    difference = {"value": 0.01, "low": -0.0125, "high": None}
    rivals = [{"name": "the champion", "difference": difference}, {"name": "recency", "difference": difference}]
    values = {"metric": "auc", "rivals": rivals, "lost": [], "unjudged": ["recency"]}
    assert str(Message("gate.quality", values)) == (
        "auc differs by 0.0100 [-0.0125, nan] against the champion, 0.0100 [-0.0125, nan] against recency"
        "; can't be judged against recency"
    )


def test_words_of_a_gate_say_which_side_is_better_and_what_is_not_certain():
    difference = {"value": 0.5, "low": -0.25, "high": 1.25}
    values = {"metric": "deviance", "rivals": [{"name": "bgnbd", "difference": difference}], "lost": [], "unjudged": []}
    assert str(Message("gate.quality", values | {"higher_is_better": False, "uncertain": ["bgnbd"]})) == (
        "deviance (lower is better) differs by 0.5000 [-0.2500, 1.2500] against bgnbd; no certain difference from bgnbd"
    )


def test_words_of_an_earlier_release_stay_what_they_were():
    assert str(Message.plain("5 < 6 & {{ x }}")) == "5 < 6 & {{ x }}"


def test_a_message_without_a_value_it_speaks_of_is_an_error():
    with pytest.raises(UndefinedError):
        render(Message("gate.golden.differs", {"count": 1}))


def test_a_message_of_another_release_is_told_by_its_code_and_values() -> None:
    told = Message("check.long_gone", {"days": 3, "feed_name": "orders"})
    assert render(told) == "long gone (days: 3, feed name: orders)"
    assert render(Message("check.long_gone", {}), "zh") == "long gone"
