"""The desk speaks English and Chinese: whatever it says has words in both, and no words are left over."""

import ast
import math
import re
from pathlib import Path

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from jinja2 import meta
from jinja2.ext import babel_extract

from core import messages
from core.messages import Message, environment, texts
from monitoring.desk import languages, wording
from monitoring.desk.languages import CATALOGUES, Reader, day, moment, money, number, percent, reading

DESK = Path(languages.__file__).parent
CHINESE = re.compile(r"[\u4e00-\u9fff]")
OTHERS = [language for language in languages.LANGUAGES if language != "en"]


def spoken():
    """Every text that the desk's templates and modules say, the plural beside the singular."""
    keywords = {"gettext": None, "_": None, "ngettext": (1, 2), "_m": None}
    options = {"trimmed": "true", "newstyle_gettext": "true", "encoding": "utf-8"}
    for pattern, method in (("templates/*.html", babel_extract), ("*.py", "python")):
        for path in sorted(DESK.glob(pattern)):
            with path.open("rb") as file:
                yield from (each[1] for each in extract(method, file, keywords, (), options))


def catalogue(language):
    with (CATALOGUES / f"{language}.po").open("rb") as file:
        return {message.id: message.string for message in read_po(file, locale=language) if message.id}


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_of_the_desk_has_words_in_the_language_and_no_words_are_left_over(language):
    has = catalogue(language)
    assert {text for text in spoken() if not has.get(text)} == set()
    assert set(has) - set(spoken()) == set()


@pytest.mark.parametrize("language", OTHERS)
def test_every_message_of_the_product_has_words_in_the_language_over_the_same_values(language):
    own, english = texts(language), texts()
    assert set(own) == set(english)
    for code, text in english.items():
        values, other = (meta.find_undeclared_variables(environment().parse(each)) for each in (text, own[code]))
        assert other == values, code


@pytest.mark.parametrize("language", OTHERS)
def test_placeholders_and_markup_survive_translation(language):
    held = re.compile(r"%(?:\(\w+\))?[.\d]*[a-z%]|</?\w+>")
    for text, said in catalogue(language).items():
        ways = said if isinstance(said, tuple) else (said,)
        wanted = {frozenset(held.findall(each)) for each in (text if isinstance(text, tuple) else (text,))}
        assert {frozenset(held.findall(each)) for each in ways} <= wanted, text


def test_no_template_holds_words_that_nobody_translates():
    kept = {"Regulars", "· Regulars", "CSV", "SHA-256"}
    english = ("where nothing happened", "; a matter of", "would also use")  # inside a cell that says it is English
    for path in set(DESK.glob("templates/*.html")) - {DESK / "templates/dictionary_file.html"}:
        text = path.read_text("utf-8")
        for left_out in (r"\{% *trans.*?endtrans *%\}", r"<code>.*?</code>", r"\{%.*?%\}", r"\{\{.*?\}\}"):
            text = re.sub(left_out, "", text, flags=re.DOTALL)
        bare = {each.strip() for each in re.findall(r">([^<>{}]*[A-Za-z]{3,}[^<>{}]*)<", text)}
        assert {each for each in bare - kept if not each.startswith(english)} == set(), path.name


@pytest.mark.parametrize(
    ("cookie", "accepted", "language", "form"),
    [
        (None, "", "en", "en"),
        (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh", "zh_Hans_CN"),
        (None, "fr-FR,de;q=0.9,zh;q=0.2", "zh", "zh_Hans_CN"),
        (None, "en-GB,zh;q=0.9", "en", "en_Latn_GB"),
        ("zh", "en-GB,en;q=0.9", "zh", "zh_Hans_CN"),
        ("en", "zh-CN", "en", "en"),
        ("xx", "zh;q=0, en", "en", "en"),
        (None, "zh;q=x,,;;,\x00", "en", "en"),
        (None, "en-XYZZY", "en", "en"),
    ],
)
def test_the_language_is_the_switch_s_else_the_browser_s(cookie, accepted, language, form):
    found, locale = languages.chosen(cookie, accepted)
    assert found == language
    assert str(locale).replace("_Latn", "") == form.replace("_Latn", "")


def test_numbers_days_and_money_are_in_the_reader_s_form():
    english, chinese = (Reader(*languages.chosen(None, tag), currency="CNY") for tag in ("en-GB", "zh-CN"))
    with reading(english):
        assert (number(1234567), percent(0.123, 1), percent(0.2, 0, True)) == ("1,234,567", "12.3%", "+20%")
        assert (day("2026-11-30"), money(1234.0)) == ("30 Nov 2026", "CN¥1,234")
        assert (number(0.123456), number(12.3456), number(None), number(math.nan)) == (
            "0.1235",
            "12.35",
            languages.NOTHING,
            languages.NOTHING,
        )
    with reading(chinese):
        assert (day("2026-11-30"), money(1234.0)) == ("2026年11月30日", "¥1,234")
        assert moment("2026-11-30T08:05:00+00:00") == "2026年11月30日 08:05 UTC"


def test_a_machine_gets_figures_as_they_are():
    with reading(Reader(plain=True, currency="CNY")):
        assert (number(0.123456789), percent(0.5), money(12.5), number(None)) == ("0.123456789", "0.5", "12.5", "")
        assert (day("2026-11-30"), moment("2026-11-30T08:05:00+00:00")) == ("2026-11-30", "2026-11-30T08:05:00+00:00")


def test_messages_speak_the_reader_s_language_and_english_to_everybody_else():
    message = Message("gate.golden.ok")
    with reading(Reader(*languages.chosen("zh", ""))):
        assert CHINESE.search(str(message))
    assert str(message) == "the stored inputs give the stored outputs"
    assert messages.spoken() == "en"


def test_a_metric_is_shown_in_words_with_its_code_and_what_a_good_value_is():
    assert wording.metric("roc_auc") == (
        "ROC-AUC: how well leavers are ranked (0.5 chance, 1 perfect) <code>roc_auc</code>"
    )
    assert wording.metric("<b>") == "&lt;b&gt;"


def test_every_word_of_the_closed_lists_is_marked():
    tree = ast.parse(Path(wording.__file__).read_text("utf-8"))
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    marked = {call.args[0].value for call in calls if ast.unparse(call.func) == "_m"}
    assert {*wording.WORDS, *wording.METRICS.values(), *wording.ENGLISH.values()} <= marked
