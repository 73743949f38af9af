"""The review desk over HTTP: who gets in, what the pages say, and what a decision does."""

import re
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from core.alerts import Alerts
from core.audit import AuditLog
from core.clock import present
from core.keys import KeyStore
from core.messages import Message, texts
from core.prediction_log import Result
from core.secret_files import secret
from core.settings import Review
from core.state.schema import MONITORING_RUNS
from core.workspace import Workspace
from models import comparison, kinds, release
from models.demand.acceptance import Acceptances, Totals
from models.recommendation.merchandising import applied_rules
from models.registry import Registry
from monitoring import monitor, rules
from monitoring.data_quality import data_dictionary
from monitoring.desk import app, sessions
from monitoring.desk.sessions import Session, Sessions
from monitoring.results import WaitingForecast
from monitoring.run_seal import snapshot_file
from monitoring.side_by_side import kept_comparisons
from monitoring.summary import Summaries
from pipelines import status
from tests.support import watched
from tests.support.served import answered, told
from tests.support.shop import commit

HOME = "http://127.0.0.1:3001"


@pytest.fixture
def key(shop):
    return KeyStore(shop).create("maria", ["review"])


@pytest.fixture
def desk(shop):
    return TestClient(app.build(shop), base_url=HOME)


@pytest.fixture
def reviewer(desk, key):
    """A browser that has signed in, and has not opened the page to which that leads."""
    sign_in(desk, key, follow_redirects=False)
    return desk


def csrf(page):
    return re.search(r'name="csrf" value="([^"]+)"', page.text)[1]


def sign_in(client, key, **how):
    page = client.get("/signin")
    return client.post("/signin", data={"csrf": csrf(page), "key": key}, **how)


def decide(client, verdict, reason="looks fair to me", **changes):
    path = "/models/churn/versions/1"
    page = client.get(path)
    return client.post(path, data=filled(page, verdict, reason) | changes)


def filled(page, verdict, reason="looks fair to me"):
    """The form of a version's page as its reader would send it."""
    state = re.search(r'name="state" value="([^"]*)"', page.text)[1]
    return {"csrf": csrf(page), "state": state, "verdict": verdict, "reason": reason}


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/models/churn",
        "/models/churn/versions/1",
        "/models/churn/versions/1/plots/toy.png",
        "/segments",
        "/shop",
        "/data",
        "/data/dictionary",
        "/audit",
        "/evidence",
        "/reports/a/b",
    ],
)
def test_nobody_sees_a_page_without_signing_in(desk, path):
    answer = desk.get(path, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/signin")


def test_a_key_with_the_right_to_review_gets_in(desk, key):
    page = sign_in(desk, key)
    assert page.status_code == 200
    assert "maria" in page.text


@pytest.mark.parametrize("wrong", ["", "rgl_nothing_at_all", "x" * 500, "ключ"])
def test_a_wrong_key_does_not(desk, wrong):
    assert sign_in(desk, wrong).status_code == 403
    assert desk.get("/", follow_redirects=False).status_code == 303


def test_a_key_without_the_right_gets_the_same_answer_as_a_wrong_one(desk, shop):
    other = KeyStore(shop).create("shop front", ["predict"])
    strip = re.compile(r'value="[^"]+"')
    pages = [strip.sub("", sign_in(desk, each).text) for each in (other, "wrong")]
    assert pages[0] == pages[1]


def test_a_revoked_key_is_out_at_once(reviewer, shop):
    assert reviewer.get("/").status_code == 200
    KeyStore(shop).revoke("maria")
    assert reviewer.get("/", follow_redirects=False).status_code == 303


def test_the_cookie_is_of_this_site_only_and_no_script_reads_it(desk, key):
    page = desk.get("/signin")
    header = page.headers["set-cookie"]
    assert "HttpOnly" in header
    assert "SameSite=strict" in header
    assert key not in header


def test_a_forged_or_old_cookie_is_nobody(shop, monkeypatch):
    found = Sessions(shop)
    cookie = found.write(Session("someone", "token", 2_000_000_000))
    assert found.read(cookie) is not None
    assert found.read(cookie[:-1] + ("0" if cookie[-1] != "0" else "1")) is None
    assert found.read("e30." + cookie.rpartition(".")[2]) is None
    assert found.read(None) is None
    assert found.read(found.write(Session("someone", "token", 1))) is None
    monkeypatch.setenv("REGULARS_DESK_SESSION", "another key")
    assert Sessions(shop).read(cookie) is None


def test_the_session_key_lies_in_a_private_file(shop):
    secret(shop, sessions.SECRET)
    assert (shop.secrets_dir / sessions.SECRET).stat().st_mode & 0o077 == 0


def test_ten_wrong_keys_close_the_door_for_a_minute_and_for_their_address_alone(desk, shop, key, monkeypatch):
    for _ in range(sessions.MOST_FAILURES):
        sign_in(desk, "wrong")
    assert "wait a minute" in sign_in(desk, key).text
    (entry,) = [entry for entry in AuditLog(shop).entries() if entry.action == "sign-in closed"]
    assert entry.subject == "testclient"
    elsewhere = TestClient(desk.app, base_url=HOME, client=("192.0.2.7", 1))
    assert sign_in(elsewhere, key).status_code == 200
    later = sessions.time.monotonic() + sessions.FAILURE_SECONDS + 1
    monkeypatch.setattr(sessions.time, "monotonic", lambda: later)
    assert sign_in(desk, key).status_code == 200


def test_signing_out_ends_the_session(reviewer):
    reviewer.post("/signout", data={"csrf": csrf(reviewer.get("/"))})
    assert reviewer.get("/", follow_redirects=False).status_code == 303


def test_a_cookie_replayed_after_signing_out_is_nobodys(desk, reviewer):
    cookie = reviewer.cookies[sessions.COOKIE]
    reviewer.post("/signout", data={"csrf": csrf(reviewer.get("/"))})
    replaying = TestClient(desk.app, base_url=HOME, cookies={sessions.COOKIE: cookie})
    assert replaying.get("/", follow_redirects=False).status_code == 303


def test_a_session_survives_neither_the_desk_nor_the_token_it_began_with(shop, reviewer):
    cookie = reviewer.cookies[sessions.COOKIE]
    restarted = TestClient(app.build(shop), base_url=HOME, cookies={sessions.COOKIE: cookie})
    assert restarted.get("/", follow_redirects=False).status_code == 303
    KeyStore(shop).rotate("maria", timedelta())
    assert reviewer.get("/", follow_redirects=False).status_code == 303


def test_a_reload_after_a_decision_posts_nothing_again(reviewer, shop):
    path = "/models/churn/versions/1"
    answer = reviewer.post(path, data=filled(reviewer.get(path), "refuse"), follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert "churn version 1 is refused" in reviewer.get(path).text
    assert 'role="status"' not in reviewer.get(path).text
    assert [entry.action for entry in AuditLog(shop).entries("churn/1")].count("refuse") == 1


def test_of_two_reviewers_at_once_the_second_sees_what_the_first_decided_and_is_asked_again(reviewer, desk, shop):
    path = "/models/churn/versions/1"
    other = TestClient(desk.app, base_url=HOME)
    sign_in(other, KeyStore(shop).create("otto", ["review"]))
    seen_before = filled(other.get(path), "approve")
    decide(reviewer, "refuse", reason="unfair to the old")
    answer = other.post(path, data=seen_before)
    assert answer.status_code == 400
    assert "has moved on since you looked" in answer.text
    assert "refused by maria" in answer.text
    assert Registry(shop).version("churn", "1").review.verdict == "refused"
    assert other.post(path, data=filled(answer, "approve")).status_code == 200
    assert Registry(shop).version("churn", "1").review.who == "otto"


def test_with_four_eyes_neither_a_key_of_the_trainers_making_nor_one_named_after_them_approves(shop):
    strict = Workspace(shop.root, shop.settings.model_copy(update={"review": Review(four_eyes=True)}))
    trainer = Registry(shop).version("churn", "1").trained_by
    made_by_trainer = KeyStore(shop).create("somebody else", ["review"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.actors.person", lambda: "admin")  # another account of the operating system
        named_after = KeyStore(shop).create(trainer, ["review"])
        own = KeyStore(shop).create("petra", ["review"])
    for token, passes in ((made_by_trainer, False), (named_after, False), (own, True)):
        client = TestClient(app.build(strict), base_url=HOME)
        sign_in(client, token)
        answer = decide(client, "approve")
        assert (answer.status_code == 200) is passes
        assert ("may not approve it" in answer.text) is not passes
    entry = AuditLog(shop).entries("churn/1")[-1]
    assert entry.details["by"]["verified"]
    assert "account:admin" in entry.details["by"]["ids"]


def test_a_version_that_was_tampered_with_says_so_and_is_not_approved(reviewer, shop):
    registry = Registry(shop)
    card = Path(registry.artifacts(registry.version("churn", "1"))) / "card.md"
    card.write_text("# the best there is")
    assert "Not as it was sealed: file card.md was changed" in reviewer.get("/models/churn/versions/1").text
    answer = decide(reviewer, "approve")
    assert answer.status_code == 400
    assert "can&#39;t be approved" in answer.text


@pytest.mark.parametrize("left", [0, 1, 1000])
def test_a_truncated_report_is_a_state_in_words(reviewer, shop, left):
    link = Summaries(shop).latest().report
    path = snapshot_file(shop.reports_dir, link)
    path.write_bytes(path.read_bytes()[:left])
    answer = reviewer.get(f"/reports/{link.project}/{link.run}")
    assert answer.status_code == 503
    assert "its file is damaged" in answer.text


@pytest.mark.parametrize("path", ["/", "/signin", "/models/churn", "/nowhere", "/static/desk.css"])
def test_every_answer_carries_the_security_headers_and_allows_no_script(reviewer, path):
    headers = reviewer.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "script-src" not in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_no_page_has_a_script_a_style_attribute_or_an_address_elsewhere(reviewer):
    for path in ("/", "/models/churn", "/models/churn/versions/1", "/segments", "/shop", "/audit", "/evidence"):
        text = reviewer.get(path).text
        assert "<script" not in text
        assert 'style="' not in text
        assert not re.search(r'(src|href)="https?:', text)


def test_a_foreign_host_name_is_not_served(desk):
    assert desk.get("/signin", headers={"host": "evil.example"}).status_code == 421


def test_a_post_from_another_site_is_refused(reviewer):
    answer = reviewer.post(
        "/signout", data={"csrf": csrf(reviewer.get("/"))}, headers={"origin": "https://evil.example"}
    )
    assert answer.status_code == 403
    assert reviewer.get("/", follow_redirects=False).status_code == 200


@pytest.mark.parametrize("token", ["", "wrong", "x" * 100])
def test_a_decision_without_the_csrf_token_is_refused(reviewer, shop, token):
    assert decide(reviewer, "approve", csrf=token).status_code == 403
    assert Registry(shop).version("churn", "1").review is None


def test_a_large_body_is_refused(reviewer):
    assert decide(reviewer, "approve", reason="x" * 100_000).status_code == 413


def test_the_overview_shows_every_model_with_its_light(reviewer):
    text = reviewer.get("/").text
    assert text.count('class="card ') == len(kinds.names())
    assert "In order" in text
    assert "No version" in text
    assert f"1 of {len(kinds.names())} models has a champion" in text
    assert "Rules of the house" in text
    assert re.search(r"Of a yearly chance of 5.00% of any false alarm, 4\.\d+% is left", text)


def test_the_model_page_shows_trends_fairness_and_drift(reviewer):
    text = reviewer.get("/models/churn").text
    assert "Over time" in text
    assert "Fairness by group" in text
    assert re.search(r"What the tiers are worth.*tiers1-3</th><td[^>]*><b>[\d.]+</b>", text, re.DOTALL)
    assert "too few to judge" in text or 'class="verdict ok"' in text
    assert text.count("<svg") > 100
    assert re.search(r'href="/reports/[0-9a-f-]+/[0-9a-f-]+"', text)


def test_the_page_of_a_version_shows_the_pictures_of_its_training(reviewer):
    page = reviewer.get("/models/churn/versions/1").text
    pictures = re.findall(r'<img src="([^"]+)"', page)
    assert pictures
    for path in pictures:
        answer = reviewer.get(path)
        assert answer.headers["content-type"] == "image/png"
        assert answer.content.startswith(b"\x89PNG")


def test_a_picture_that_was_not_logged_is_not_there(reviewer):
    assert reviewer.get("/models/churn/versions/1/plots/..%2Fcard.md").status_code == 404
    answer = reviewer.get("/models/churn/versions/1/plots/nothing.png")
    assert answer.status_code == 404
    assert "nothing.png" in answer.text


def test_the_shop_s_figures_stand_with_their_targets_in_both_languages(reviewer):
    text = reviewer.get("/shop").text
    assert "revenue per customer who bought" in text
    assert "customers with two orders or more" in text
    spoken = reviewer.get("/shop", headers={"Accept-Language": "zh-CN"}).text
    assert "店铺的收益" in spoken
    assert texts("zh")["shop_figure.revenue_per_customer.title"] in spoken


def test_the_page_of_segments_shows_groups_stages_and_where_customers_went(reviewer):
    text = reviewer.get("/segments").text
    for name in ("cannot lose", "potential loyal", "established", "Movements", "first purchase"):
        assert name in text
    assert len(re.findall(r'class="chart alluvial"[^>]*role="img"><title>customers by (?:group|stage)', text)) == 2


def test_before_any_run_the_page_of_segments_says_which_command_looks(reviewer, shop):
    with shop.database.begin() as connection:
        connection.execute(sa.delete(MONITORING_RUNS))
    assert "regulars monitor" in reviewer.get("/segments").text


def test_a_model_without_a_version_says_which_command_makes_one(reviewer):
    text = reviewer.get("/models/demand").text
    assert "regulars train demand" in text
    assert "What the tiers are worth" not in text


@pytest.mark.parametrize(
    "path", ["/models/churns", "/models/churn/versions/9", "/reports/../x", "/models/churn/compare?a=1&b=1"]
)
def test_what_is_not_there_is_said_in_words(reviewer, path):
    answer = reviewer.get(path)
    assert answer.status_code in (404, 503)
    assert "Traceback" not in answer.text
    assert "Back to the overview" in answer.text


@pytest.mark.parametrize(("verdict", "stored"), [("approve", "approved"), ("refuse", "refused")])
def test_a_decision_is_recorded_with_its_reason_and_name(reviewer, shop, verdict, stored):
    page = decide(reviewer, verdict, reason="the disparity is explained by <b>tenure</b>")
    assert page.status_code == 200
    review = Registry(shop).version("churn", "1").review
    assert review is not None
    assert (review.verdict, review.who) == (stored, "maria")
    entry = AuditLog(shop).entries("churn/1")[-1]
    assert (entry.action, entry.who) == (verdict, "maria")
    assert entry.details["reason"] == "the disparity is explained by <b>tenure</b>"
    trail = reviewer.get("/audit").text
    assert "&lt;b&gt;tenure&lt;/b&gt;" in trail
    assert "every link of the chain holds" in trail


@pytest.mark.parametrize(
    "changes", [{"reason": ""}, {"reason": "  "}, {"verdict": "promote"}, {"state": "other"}, {"reason": "x" * 2001}]
)
def test_a_decision_that_can_not_be_meant_is_not_recorded(reviewer, shop, changes):
    page = decide(reviewer, **{"verdict": "approve", **changes})
    assert page.status_code == 400
    assert 'role="alert"' in page.text
    assert Registry(shop).version("churn", "1").review is None


@pytest.fixture
def forecasts(shop):
    """The latest run has watched two forecasts that wait for a reviewer."""
    run = Summaries(shop).latest()
    waiting = tuple(WaitingForecast(name, name, 2000.0, 1000.0, name == "ICE") for name in ("BEER & CO", "ICE"))
    keep(shop, run, waiting, rules.review("demand", waiting, frozenset(), shop.settings.rules))
    return run.as_of


def keep(shop, run, waiting, *states):
    """Keep the run once more, as one that watched the demand of version 1."""
    models = [replace(m, version="1", waiting=waiting) if m.kind == "demand" else m for m in run.models]
    Summaries(shop).append(replace(run, models=tuple(models), rules=(*run.rules, *states)))


def totals(day):
    return Totals("1", day, 28, {"BEER & CO": 2000.0, "ICE": 2000.0})


def accept(client, day, **changes):
    form = {"version": "1", "as_of": str(day), "series": ["ICE"], "reason": "a hot summer"}
    return client.post("/models/demand/forecasts", data={"csrf": csrf(client.get("/models/demand"))} | form | changes)


def test_a_forecast_waits_on_the_page_until_it_is_accepted(reviewer, shop, forecasts):
    page = reviewer.get("/models/demand").text
    assert "BEER &amp; CO" in page
    assert "+100%" in page
    answer = accept(reviewer, forecasts, series=["BEER & CO"])
    assert "1 forecast accepted" in answer.text
    assert 'value="BEER &amp; CO"' not in answer.text
    assert 'value="ICE"' in answer.text
    assert Acceptances(shop).accepted(totals(forecasts)) == {"BEER & CO"}
    [entry] = AuditLog(shop).entries("demand/1")
    assert (entry.who, entry.details["reason"]) == ("maria", "a hot summer")
    assert "1 of them accepted" in reviewer.get("/").text


@pytest.mark.parametrize(
    "changes", [{"reason": " "}, {"series": []}, {"series": ["NOT THERE"]}, {"version": "2"}, {"as_of": "2020-01-01"}]
)
def test_an_acceptance_that_can_not_be_meant_changes_nothing(reviewer, shop, forecasts, changes):
    answer = accept(reviewer, forecasts, **changes)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert Acceptances(shop).accepted(totals(forecasts)) == frozenset()


def test_forecasts_are_not_accepted_without_the_csrf_token(reviewer, shop, forecasts):
    assert accept(reviewer, forecasts, csrf="forged").status_code == 403
    assert Acceptances(shop).accepted(totals(forecasts)) == frozenset()


def test_a_severe_alert_of_the_service_turns_its_model_red(reviewer, shop):
    assert "no alerts" in reviewer.get("/").text
    Alerts(shop).append("severe", "registry", "churn/2", Message.plain("churn version 2 is damaged"), "churn")
    overview = reviewer.get("/").text
    assert "1 alert" in overview
    assert "card red" in overview
    assert "churn version 2 is damaged" in reviewer.get("/models/churn").text


def test_figures_of_another_version_are_not_shown_as_the_champions(reviewer, shop, tmp_path):
    other = watched.train(shop, tmp_path, present(shop) - timedelta(days=28), scale=31.0)
    Registry(shop).set_alias("churn", "champion", other.version)
    for page in (reviewer.get("/").text, reviewer.get("/models/churn").text):
        assert f"version {other.version} has not been monitored yet (the last run: version 1)" in page
    assert "Fairness by group" not in reviewer.get("/models/churn").text


def test_a_run_from_before_forecasts_could_be_accepted_claims_nothing(reviewer, shop, forecasts):
    keep(shop, Summaries(shop).latest(), None)
    assert "0 forecasts exceed" not in reviewer.get("/").text


def test_all_that_waits_is_accepted_only_when_asked_for(reviewer, shop, forecasts):
    assert "checked" not in reviewer.get("/models/demand").text
    assert "2 forecasts accepted" in accept(reviewer, forecasts, series=[], all="1").text


def test_a_broken_chain_shows(reviewer, shop):
    import sqlalchemy as sa

    with shop.database.begin() as connection:
        connection.execute(sa.text("UPDATE audit_log SET who = 'somebody else' WHERE seq = 1"))
    text = reviewer.get("/audit").text
    assert "The chain is broken at entry 1" in text


def test_a_model_s_page_shows_how_good_the_answers_were_that_were_served(shop, reviewer):
    page = reviewer.get("/models/churn")
    assert "As served" not in page.text
    made = answered(shop, "churn", [Result("c001", 0.25), Result("c002", 0.75)])
    told(shop, made, customer_id="c001", bought=True)
    told(shop, made, customer_id="c002", bought=False)
    monitor.run(shop, present(shop))
    page = reviewer.get("/models/churn")
    assert "As served" in page.text
    assert "2 customers, 2 by feedback and 0 by the orders" in page.text
    assert "brier" in page.text


def test_a_retired_champion_is_not_offered_again_and_what_answers_is_named(reviewer, shop):
    release.retire(shop, "churn", "eve", "a disparity")
    for page in (reviewer.get("/").text, reviewer.get("/models/churn").text):
        assert "the best baseline of version 1, " in page
        assert "train another: regulars train churn" in page
        assert "regulars promote churn 1" not in page
    (churn, *_) = status.collect(shop).models
    assert (churn.readiness, churn.champion) == (status.Readiness.BASELINE, None)


def test_the_rules_of_merchandisers_are_shown_with_who_and_why(reviewer, shop):
    assert "Merchandisers' rules" not in reviewer.get("/models/recommendation").text
    shop.rules_file.write_text("rules: {recall <b>: {kind: excluded, products: ['001']}}")
    applied_rules.apply(shop, "ann", "recall of 28 November")
    text = reviewer.get("/models/recommendation").text
    assert "recall of 28 November" in text
    assert "recall &lt;b&gt;" in text
    assert "Not kept now" not in text
    assert "Merchandisers" not in reviewer.get("/models/churn").text


def test_a_pin_of_a_product_too_rare_to_be_recommended_is_told_beside_the_rules(reviewer, shop):
    products = pd.concat([pd.read_parquet(path) for path in shop.tables.files("products")])
    commit(shop, {"products": pd.concat([products, pd.DataFrame({"product_id": ["n1"]})], ignore_index=True)})
    shop.rules_file.write_text("rules: {first: {kind: pinned, products: [n1], place: 1}}")
    applied_rules.apply(shop, "ann", "the season")
    assert "first: &#39;n1&#39; has 0 purchases; below 3 purchases" in reviewer.get("/models/recommendation").text


@pytest.fixture
def two(shop, tmp_path):
    """A second version beside the champion; the number of times that two were compared is its length."""
    watched.train(shop, tmp_path, present(shop) - timedelta(days=28), 20.0)


@pytest.fixture
def compared(monkeypatch):
    """Whom a comparison was made for, one entry each."""
    calls, real = [], comparison.sides
    monkeypatch.setattr(comparison, "sides", lambda *given: calls.append(given[1:]) or real(*given))
    return calls


def test_a_comparison_says_that_it_takes_time_and_is_shown_at_once_from_then_on(reviewer, two, compared):
    first = reviewer.get("/models/churn/compare?a=2&b=1")
    assert "It takes ten seconds or so" in first.text
    assert compared == []
    onward = re.search(r'content="0; url=([^"]+)"', first.text)[1].replace("&amp;", "&")
    made = reviewer.get(onward)
    assert "Version 2 beside version 1" in made.text
    assert made.text.count("<tr") > 3
    again = reviewer.get("/models/churn/compare?a=2&b=champion")
    assert "zero in the middle" in again.text
    assert len(compared) == 1


def test_a_comparison_says_who_changes_tier_where_it_loses_how_fair_and_how_drifted_both_are(reviewer, two):
    text = reviewer.get("/models/churn/compare?a=2&b=1&wait=1").text
    for heading in ("Who changes tier", "Where version 2 loses and wins", "Fairness of both", "since each was trained"):
        assert heading in text
    assert "Version 2 has not been measured" in text
    assert "columns had moved on" in text


def test_the_table_of_a_comparison_has_every_customer_once(reviewer, shop, two):
    rows = reviewer.get("/models/churn/compare?a=2&b=1&wait=1&csv=changes").text.splitlines()
    counts = [int(cell.split()[0]) for row in rows[1:] for cell in row.split(",")[1:]]
    assert sum(counts) == kept_comparisons.kept(shop, "churn", "2", "1").comparison.units


def test_a_comparison_is_made_anew_when_the_data_have_changed_or_the_file_is_damaged(reviewer, shop, two, compared):
    reviewer.get("/models/churn/compare?a=2&b=1&wait=1")
    (file,) = (shop.root / "comparisons").iterdir()
    file.write_text(file.read_text()[:100])
    assert "It takes ten seconds or so" in reviewer.get("/models/churn/compare?a=2&b=1").text
    reviewer.get("/models/churn/compare?a=2&b=1&wait=1")
    commit(shop, {"products": pd.DataFrame({"product_id": ["n1"]})})
    assert "It takes ten seconds or so" in reviewer.get("/models/churn/compare?a=2&b=1").text
    assert len(compared) == 2


def test_a_comparison_that_another_release_made_is_not_shown(reviewer, two, compared, monkeypatch):
    reviewer.get("/models/churn/compare?a=2&b=1&wait=1")
    monkeypatch.setattr(kept_comparisons, "_code_version", lambda: "another")
    assert "It takes ten seconds or so" in reviewer.get("/models/churn/compare?a=2&b=1").text


def test_a_machine_that_asks_for_a_comparison_waits_for_it(reviewer, two):
    answer = reviewer.get("/models/churn/compare?a=2&b=1&csv=compare")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "error" in answer.text


def test_the_dictionary_is_looked_up_anew_only_when_the_tables_have_changed(reviewer, shop, monkeypatch):
    calls, real = [], data_dictionary.describe
    monkeypatch.setattr(data_dictionary, "describe", lambda *given: calls.append(given) or real(*given))
    pages = [reviewer.get("/data/dictionary").text for _ in range(2)]
    assert len(calls) == 1
    assert "product_id" in pages[1]
    commit(shop, {"products": pd.DataFrame({"product_id": ["n1"]})})
    reviewer.get("/data/dictionary")
    assert len(calls) == 2


@pytest.mark.parametrize(("source", "number"), [("feature", True), ("feature", False), ("prediction", True)])
def test_a_column_s_page_shows_how_its_values_lay_at_training_beside_now(reviewer, shop, source, number):
    columns = [each for each in Summaries(shop).latest().model("churn").drift.columns if each.source == source]
    column = next(each.column for each in columns if (each.column == "rfm_segment") is not number)
    address = f"/models/churn/columns/{source}/{column}"
    assert f'href="{address}"' in reviewer.get("/models/churn").text
    page = reviewer.get(address)
    assert "at training" in page.text
    assert "only training is shown" not in page.text
    lines = reviewer.get(f"{address}?csv=spread").text.splitlines()[1:]
    shares = [[float(cell) for cell in line.rsplit(",", 3)[1:3]] for line in lines]
    assert [round(sum(side), 6) for side in zip(*shares, strict=True)] == [1, 1]


def test_a_column_whose_snapshot_is_gone_shows_training_alone_and_one_that_never_was_is_said(reviewer, shop):
    shutil.rmtree(shop.features_dir)
    assert "only training is shown" in reviewer.get("/models/churn/columns/feature/rfm_segment").text
    for path in ("feature/nothing", "label/rfm_segment", "feature/<b>", "prediction/rfm_segment"):
        answer = reviewer.get(f"/models/churn/columns/{path}")
        assert answer.status_code == 404
        assert "no such column" in answer.text


def test_what_was_decided_stands_on_the_model_s_page_the_newest_first(reviewer):
    decide(reviewer, "refuse", "too many of the young")
    history = reviewer.get("/models/churn").text.partition('id="decisions"')[2]
    assert history.index("too many of the young") < history.index(">promote<") < history.index(">train<")


def test_a_full_report_has_a_title(reviewer, shop):
    link = Summaries(shop).latest().model("churn").report
    page = reviewer.get(f"/reports/{link.project}/{link.run}").text
    assert re.search(r"<title>churn[^<]* · Regulars</title>", page)


def test_what_happened_between_two_looks_is_marked_on_the_time_lines(reviewer, shop):
    run = Summaries(shop).latest()
    assert "refuse churn/1" not in reviewer.get("/models/churn").text
    decide(reviewer, "refuse", "too many of the young")
    Summaries(shop).append(replace(run, as_of=run.as_of + timedelta(days=7), at="2999-01-01T00:00:00+00:00"))
    page = reviewer.get("/models/churn").text
    assert re.search(r"Marked: [^<]*refuse churn/1 \(maria\)", page)
    assert 'class="event"' in page


def test_fairness_over_time_shows_every_look_and_counts_those_that_measured_nothing(reviewer, shop):
    run = Summaries(shop).latest()
    for weeks, measured in ((1, True), (2, False)):
        models = [model if measured else replace(model, fairness=None) for model in run.models]
        earlier = replace(run, as_of=run.as_of - timedelta(weeks=weeks), models=tuple(models))
        Summaries(shop).append(earlier)
    assert 'href="/models/churn/fairness/age_band"' in reviewer.get("/models/churn").text
    page = reviewer.get("/models/churn/fairness/age_band").text
    assert "3 looks at version 1; 1 did not measure these groups" in page
    figures = [f for f in run.model("churn").fairness.figures if f.attribute == "age_band" and f.group != "unknown"]
    assert page.count("<figure>") == sum(figure.ratio is not None for figure in figures)
    rows = reviewer.get("/models/churn/fairness/age_band?csv=looks-1").text.splitlines()
    assert len(rows) == 1 + 2 * len({figure.group for figure in figures})
    assert "公平性随时间变化" in reviewer.get("/models/churn/fairness/age_band", headers={"Accept-Language": "zh"}).text


def test_an_attribute_that_no_look_has_measured_is_said_in_words(reviewer):
    answer = reviewer.get("/models/churn/fairness/nose")
    assert answer.status_code == 404
    assert "no look has measured groups" in answer.text


def test_calibration_is_measured_at_each_look_and_drawn_over_time_beside_training(reviewer, shop):
    run = Summaries(shop).latest()
    performance = run.model("churn").performance
    (brier,) = performance.calibration
    assert brier.low < brier.value < brier.high
    assert brier.expected == Registry(shop).version("churn", "1").metrics["brier"].value
    assert "brier over the runs" in reviewer.get("/models/churn").text
    old = replace(performance, calibration=())  # as an earlier release kept it
    models = [replace(model, performance=old) if model.kind == "churn" else model for model in run.models]
    Summaries(shop).append(replace(run, as_of=run.as_of - timedelta(weeks=1), models=tuple(models)))
    drawn = re.search(r"<title>brier over the runs</title><desc>([^<]*)</desc>", reviewer.get("/models/churn").text)
    assert drawn[1].count(":") == 1
