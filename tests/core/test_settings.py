"""Settings: defaults, the file over them, the environment over both; what is wrong is named."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

from core import settings_template
from core.errors import SettingsError
from core.progress import Silent, using
from core.settings import RETIRED, Settings, known_keys, load
from core.workspace import Workspace


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "regulars.toml"
    path.write_text(text)
    return path


def test_the_written_file_says_what_the_defaults_are(tmp_path: Path) -> None:
    assert load(written(tmp_path, settings_template.render())) == Settings()


def test_the_written_file_names_every_key_with_a_comment_above_it() -> None:
    text = settings_template.render()
    document = tomllib.loads(text)
    written_keys = {
        f"{s}.{k}" if isinstance(v, dict) else s
        for s, v in document.items()
        for k in (v if isinstance(v, dict) else [s])
    }
    assert written_keys == set(known_keys())
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if " = " in line and not line.startswith("#"):
            assert lines[number - 1].startswith("# ")


def test_the_file_goes_over_the_defaults(tmp_path: Path) -> None:
    settings = load(written(tmp_path, "seed = 7\n[churn]\nhorizon_days = 14\n"))
    assert (settings.seed, settings.churn.horizon_days, settings.churn.active_days) == (7, 14, 60)


def test_the_environment_goes_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGULARS_CHURN__HORIZON_DAYS", "7")
    settings = load(written(tmp_path, "[churn]\nhorizon_days = 14\nactive_days = 30\n"))
    assert (settings.churn.horizon_days, settings.churn.active_days) == (7, 30)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("seeed = 1", ["unknown key 'seeed'", "did you mean 'seed'"]),
        ("[churn]\nhorizn_days = 3", ["unknown key 'churn.horizn_days'", "did you mean 'churn.horizon_days'"]),
        ("[chrun]\nhorizon_days = 3", ["unknown key 'chrun'", "did you mean 'churn'"]),
        ('[demand]\nholidays = ["US", "XX"]', ["demand.holidays", "no holidays of 'XX' are known"]),
        ('[demand]\nholidays = ["DE-XX"]', ["no holidays of 'DE-XX' are known", "BY"]),
        ("threads = 0", ["threads = 0", "greater than or equal to 1"]),
        ("[churn]\nhorizon_days = 'x'", ["churn.horizon_days = 'x'", "integer"]),
        ("[churn]\ntiers = [90, 80, 99]", ["churn.tiers", "three rising scores"]),
        (
            '[churn]\nactions_by_cause = {pryce = ["a", "b", "c", "d"]}',
            ["'pryce' in churn.actions_by_cause", "did you mean 'price'"],
        ),
        ('[churn]\nactions = ["none", "x"]', ["churn.actions = ['none', 'x']", "4 values are needed, 2 given"]),
        ('[churn]\nactions = ["a", "b", "c", "d", "e"]', ["churn.actions", "4 values are needed, 5 given"]),
        ("[segments]\nhealth = {rythm = 1}", ["'rythm' in segments.health", "did you mean 'rhythm'"]),
        ("[segments]\nlost_days = 60", ["segments.lost_days = 60 is", "lost_days must be more than at_risk_days"]),
        ("[segments]\nhealth = {visits = 1}", ["segments.health", "a weight of rhythm"]),
        ('clock = "sun"', ["clock = 'sun'", "'data' or 'wall'"]),
        (
            '[recommendation]\ndiversity = "much"',
            ["recommendation.diversity = 'much' is", "be 'auto', or should be a valid number"],
        ),
        ("[recommendation]\ndiversity = 1.5", ["diversity = 1.5 is", "'auto', or should be less than or equal to 1)"]),
        ('[stores]\nonline = "mongodb://x"', ["stores.online", "postgresql://"]),
        ("[rules]\nfairness_low = 1.0", ["fairness_low"]),
        ("[churn]\nx = ?\ny = 1", ["not valid TOML", "line 2"]),
    ],
)
def test_what_is_wrong_in_the_file_is_named(tmp_path: Path, text: str, parts: list[str]) -> None:
    with pytest.raises(SettingsError) as error:
        load(written(tmp_path, text))
    for part in parts:
        assert part in str(error.value)
    assert "regulars.toml" in str(error.value)


def test_an_unknown_variable_is_named_with_the_nearest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGULARS_CHURN__HORIZN_DAYS", "7")
    with pytest.raises(SettingsError, match="did you mean 'REGULARS_CHURN__HORIZON_DAYS'"):
        load(written(tmp_path, ""))


def test_a_bad_value_of_the_environment_is_blamed_on_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_CHURN__HORIZON_DAYS", "soon")
    with pytest.raises(SettingsError, match="environment, REGULARS_CHURN__HORIZON_DAYS"):
        load(written(tmp_path, ""))


@pytest.mark.parametrize(
    ("name", "value", "parts"),
    [
        ("SEGMENTS__LOST_DAYS", "10", ["segments.lost_days = '10'", "lost_days must be more than at_risk_days"]),
        ("SEGMENTS__HEALTH", '{"rhythm": -1}', ["segments.health.rhythm = -1", "greater than or equal to 0"]),
        ("SEGMENTS__HEALTH", '{"rythm": 1}', ["did you mean 'rhythm'"]),
        ("SEGMENTS__HEALTH", '{"visits": 1}', ["segments.health", "a weight of rhythm"]),
        ("CHURN__ACTIONS", '["none", "x"]', ["4 values are needed, 2 given"]),
        ("CHURN__ACTIONS", '["none", "x', ["can't be read", "as JSON"]),
        ("CHURN__ACTIONS_BY_CAUSE", '{"price": ["a"]}', ["churn.actions_by_cause.price", "4 values are needed, 1"]),
        ("RULES__FAIRNESS_LOW", "1", ["rules.fairness_low = '1'", "must lie below 1"]),
    ],
)
def test_a_bad_part_or_relation_of_the_environment_is_blamed_on_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, parts: list[str]
) -> None:
    monkeypatch.setenv(f"REGULARS_{name}", value)
    path = written(tmp_path, "[segments]\nnew_days = 20\n")
    with pytest.raises(SettingsError) as error:
        load(path)
    for part in [*parts, f"environment, REGULARS_{name}: "]:
        assert part in str(error.value)
    assert str(path) not in str(error.value)


def test_a_relation_that_the_file_breaks_is_blamed_on_the_file_beside_any_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_SEGMENTS__NEW_DAYS", "20")
    with pytest.raises(SettingsError, match=r"regulars.toml: segments.lost_days = 10 is .*change segments.lost_days"):
        load(written(tmp_path, "[segments]\nlost_days = 10\n"))


def test_a_password_in_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="holds a password") as error:
        load(written(tmp_path, '[stores]\ndatabase = "postgresql://shop:hunter2@db/shop"'))
    assert "hunter2" not in str(error.value)


def test_a_password_from_the_environment_is_allowed(tmp_path: Path) -> None:
    text = '[stores]\ndatabase = "postgresql://shop:${SHOP_PASSWORD}@db/shop"'
    assert "${SHOP_PASSWORD}" in load(written(tmp_path, text)).stores.database


@pytest.mark.parametrize("name", ["REGULARS_AUDIT_KEY", "REGULARS_KEY_PEPPER", "REGULARS_DB_PASSWORD"])
def test_a_secret_in_the_environment_is_no_misspelt_key(
    new_workspace: Workspace, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "x" * 40)
    assert Workspace.open(new_workspace.root).settings.seed == new_workspace.settings.seed


def test_a_misspelt_key_above_the_sections_is_refused(
    new_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_SEEED", "3")
    with pytest.raises(SettingsError, match="did you mean 'REGULARS_SEED'"):
        Workspace.open(new_workspace.root)


class Heard(Silent):
    """Keeps the notes."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


@pytest.mark.parametrize("key", RETIRED)
def test_a_key_of_an_earlier_release_is_read_over_and_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    section, _, name = key.rpartition(".")
    path = written(tmp_path, f"[{section}]\n{name} = 5\n")
    heard = Heard()
    with using(heard):
        assert load(path) == Settings()
        monkeypatch.setenv(f"REGULARS_{section.upper()}__{name.upper()}", "5")
        assert load(path) == Settings()
    assert {note.split(": ")[0] for note in heard.notes} == {str(path), "environment"}
    assert all(f"{key} no longer exists" in note for note in heard.notes)


def test_a_retired_key_is_none_of_those_that_are_written() -> None:
    assert not set(RETIRED) & set(known_keys())


def test_every_key_is_read_somewhere() -> None:
    read = {
        node.attr
        for package in ("core", "feature_repo", "models", "training", "serving", "monitoring", "pipelines")
        for path in (Path(__file__).parents[2] / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
    }
    assert [key for key in known_keys() if key.rpartition(".")[2] not in read] == []
