"""Every table of the desk as CSV, the search, and the switch of the language."""

import csv
import re
from io import StringIO

import pytest
from starlette.exceptions import HTTPException

from core.alerts import Alerts
from core.messages import Message
from monitoring.desk import card_html, csv_tables, render
from monitoring.desk.reader_of_request import on_this_desk
from tests.monitoring.test_desk import desk, key, reviewer  # noqa: F401

PAGES = (
    "/",
    "/models/churn",
    "/models/churn/versions/1",
    "/segments",
    "/shop",
    "/data/dictionary",
    "/audit",
    "/evidence",
)


def rows(answer):
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.reader(StringIO(answer.text.removeprefix("\ufeff"))))


def test_a_detail_of_the_audit_log_is_told_in_words_whatever_it_holds():
    who = {"ids": ["account:ana", "key:ana"], "verified": False}
    assert render.brief(who) == "ids: account:ana; key:ana, verified: no"
    assert render.brief([{"name": "seal", "passed": True, "text": ""}]) == "seal passed"


def test_every_table_has_a_name_of_its_own_and_a_file(reviewer):  # noqa: F811
    for path in PAGES:
        page = reviewer.get(path).text
        links = re.findall(r'<p class="csv"><a href="([^"]+)"', page)
        assert len(links) == page.count("<table id=") == len(set(links)), path
        for link in links[:4]:
            found = rows(reviewer.get(link))
            assert len(found) > 1
            assert len({len(row) for row in found}) == 1, link


def test_a_table_that_is_not_there_is_said_in_words(reviewer):  # noqa: F811
    assert reviewer.get("/audit?csv=nothing").status_code == 404


@pytest.mark.parametrize("cell", ["=1+1", "+SUM(A1)", "-cmd|' /C calc'!A0", "@x", "-", "+1 (555) 0100"])
def test_what_a_spreadsheet_would_run_is_text(cell):
    assert csv_tables.inert(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["-1.5", "+20%", "1e-05", "-3e+10", "a=b", "负", ""])
def test_numbers_and_words_stay_what_they_are(cell):
    assert csv_tables.inert(cell) == cell


def test_markup_in_a_table_stays_text_and_pictures_are_left_out():
    page = (
        '<table id="t-a"><tr><th>x<br>y</th><td>&lt;b&gt; &amp; "q"</td><td><svg><title>no</title></svg>=1</td></tr>'
        "<tfoot><tr><td>foot</td></tr></tfoot></table><table id='t-b'><tr><td>other</td></tr></table>"
    )
    answer = csv_tables.response(page, "a")
    assert list(csv.reader(StringIO(answer.body.decode("utf-8-sig")))) == [["x; y", '<b> & "q"', "'=1"]]
    assert csv_tables.response(page, "") is None
    with pytest.raises(HTTPException):
        csv_tables.response(page, "c")


def test_search_finds_models_versions_features_groups_rules_and_alerts(reviewer, shop):  # noqa: F811
    Alerts(shop).append("mild", "registry", "churn/2", Message.plain("a <b>zebra</b> on the shelf"), "churn")
    found = reviewer.get("/search?q=zebra").text
    assert "&lt;b&gt;zebra&lt;/b&gt;" in found
    assert 'href="/models/churn/versions/1"' in reviewer.get("/search?q=version 1").text
    assert 'href="/models/churn"' in reviewer.get("/search?q=CHURN").text
    assert 'href="/models/churn#rules"' in reviewer.get("/search?q=fairness rule").text
    for asked in ("", "   ", "nothing-of-that-name", "<script>alert(1)</script>", "x" * 10_000, "%(n)s {{ 1 }}"):
        answer = reviewer.get("/search", params={"q": asked})
        assert answer.status_code == 200
        assert "<script" not in answer.text


def test_the_switch_keeps_the_language_and_leads_back(reviewer):  # noqa: F811
    answer = reviewer.get("/language/zh?back=/models/churn", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/models/churn")
    page = reviewer.get("/models/churn").text
    assert '<html lang="zh-Hans">' in page
    assert "流失" in page
    assert reviewer.get("/language/xx").status_code == 404


@pytest.mark.parametrize("away", ["https://evil.example", "//evil.example", "/\\evil.example", "", "/a\nb"])
def test_the_switch_leads_to_no_other_place(away):
    assert on_this_desk(away) == "/"


def test_what_the_browser_asks_for_counts_where_nobody_switched(desk):  # noqa: F811
    assert "登录" in desk.get("/signin", headers={"accept-language": "zh-TW,zh;q=0.8"}).text
    assert "Sign in to review" in desk.get("/signin", headers={"accept-language": "fr"}).text


def test_a_model_card_is_html_below_the_page_s_headings_and_nothing_of_its_text_is_markup():
    page = card_html.html("# Churn\n\n| a | b |\n|---|---|\n| <script>x</script> | [l](https://evil.example) |\n")
    assert "<h3>Churn</h3>" in page
    assert "<table>" in page
    assert "<script" not in page
    assert "href" not in page
