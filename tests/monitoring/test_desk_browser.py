"""The review desk in a real browser: by keyboard alone, in light and dark, with the full report."""

from datetime import timedelta

import pytest

from core.alerts import Alerts
from core.clock import present
from core.keys import KeyStore
from core.messages import Message
from models.kinds import names
from models.registry import Registry
from monitoring.data_quality import assessment
from monitoring.data_quality.quality_history import QualityHistory
from monitoring.desk import app
from tests.conftest import need
from tests.support import desk_pages, watched

pytestmark = pytest.mark.browser


BAD = {"serious", "critical"}
WIDTHS = (390, 1400)


@pytest.fixture
def address(shop):
    """The desk, listening."""
    with desk_pages.listening(shop) as address:
        yield address


@pytest.fixture
def paths(shop, tmp_path):
    """An address of every page, in a shop with two versions of churn and an alert that waits."""
    Alerts(shop).append("mild", "serving", "registry", Message("alert.registry_down", {"reason": "it is locked"}))
    watched.train(shop, tmp_path, present(shop) - timedelta(days=28), 20.0)
    return desk_pages.addresses(app.build(shop).routes)


@pytest.fixture(scope="module")
def browser(chromium):
    playwright = need("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser):
    """A page of a context of its own: no cookie of another test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def signed_in(page, address, shop):
    """Signed in with the keyboard only, in a shop whose data were assessed."""
    QualityHistory(shop).append(assessment.assess(shop))
    token = KeyStore(shop).create("maria", ["review"])
    page.goto(address)
    page.wait_for_function("document.activeElement.id === 'key'")  # the browser moves the focus after the load
    page.keyboard.type(token)
    page.keyboard.press("Enter")
    page.wait_for_url(address + "/")
    return page


def test_a_reviewer_sees_judges_and_finds_the_decision_in_the_trail(signed_in, address, shop):
    page, complaints = signed_in, []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    assert page.locator(".card").count() == len(names())
    assert page.get_by_text("In order").first.is_visible()
    page.get_by_role("link", name="Churn", exact=True).first.click()
    assert page.get_by_role("heading", name="Fairness by group").is_visible()
    assert page.locator("svg.forest").first.is_visible()
    page.get_by_role("link", name="version 1", exact=True).first.click()
    page.get_by_label("Reason").fill("no group is worse off")
    page.get_by_role("button", name="Approve version 1").click()
    assert page.get_by_role("status").inner_text().startswith("churn version 1 is approved")
    page.get_by_role("link", name="Audit trail").click()
    assert page.get_by_text("no group is worse off").is_visible()
    review = Registry(shop).version("churn", "1").review
    assert review is not None
    assert review.who == "maria"
    assert complaints == []


def test_an_alert_is_answered_by_keyboard_alone(signed_in, address, shop):
    Alerts(shop).append("mild", "serving", "registry", Message("alert.registry_down", {"reason": "it is locked"}))
    (alert,) = Alerts(shop).open()
    page = signed_in
    page.goto(f"{address}/alerts")
    page.locator("summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("the night's copy; it ends at six")
    for _ in range(3):  # over closing and the days
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("status").wait_for()
    assert page.get_by_role("status").inner_text() == f"Alert {alert.id} is silent for 7 days, unless it gets worse."
    assert page.get_by_text("it ends at six").is_visible()


def test_the_full_report_opens_in_a_sandbox_that_can_not_reach_the_desk(signed_in, address):
    page = signed_in
    page.goto(address + "/models/churn")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Open the full report").click()
    report = opened.value
    report.wait_for_load_state()
    report.get_by_text("Share of drifted columns").first.wait_for()
    assert report.evaluate("window.origin") == "null"
    blocked = report.evaluate("() => { try { return document.cookie } catch (error) { return 'refused' } }")
    assert blocked in ("", "refused")


@pytest.mark.long
def test_every_page_reads_well_in_light_and_dark_on_a_phone_and_on_a_wide_screen(signed_in, address, paths):
    page = signed_in
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for path in paths:
            page.goto(address + path)
            page.evaluate(_OPENED)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                assert page.evaluate(_CONTRAST) >= 4.5, (path, scheme, width)


def test_the_way_to_every_page_takes_one_line_on_a_wide_screen(signed_in, address):
    page = signed_in
    page.set_viewport_size({"width": 1400, "height": 900})
    for language in ("en", "zh"):
        page.goto(f"{address}/language/{language}?back=/evidence")
        lines = page.evaluate("new Set([...document.querySelectorAll('.top nav a')].map(link => link.offsetTop)).size")
        assert (language, lines, page.locator(".top").bounding_box()["height"] < 80) == (language, 1, True)


@pytest.mark.long
@pytest.mark.parametrize("language", ["en", "zh"])
def test_axe_finds_nothing_serious_and_every_page_fits_a_phone_and_a_wide_screen(
    browser, signed_in, address, paths, language
):
    context = browser.new_context(storage_state=signed_in.context.storage_state(), bypass_csp=True)  # axe is a script
    page = context.new_page()
    page.emulate_media(reduced_motion="reduce")  # no colour on its way to another
    page.set_default_timeout(60_000)
    page.goto(f"{address}/language/{language}?back=/evidence")
    for path in paths:
        page.goto(address + path)
        page.evaluate(_OPENED)
        page.evaluate(need("axe_playwright_python.base").AXE_FILE_PATH.read_text())
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
            serious = [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in BAD]
            assert serious == [], (path, width)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
    context.close()


@pytest.mark.parametrize("language", ["en", pytest.param("zh", marks=pytest.mark.long)])
def test_every_page_has_one_heading_and_is_reached_to_its_end_by_keyboard_alone(signed_in, address, paths, language):
    page = signed_in
    page.goto(f"{address}/language/{language}?back=/evidence")
    for path in paths:
        page.goto(address + path)
        assert page.locator("h1").count() == 1, path
        if path != "/signin":  # there the key's field has the focus
            page.keyboard.press("Tab")
            assert page.evaluate("document.activeElement.className") == "skip", path
            page.keyboard.press("Enter")
            assert page.evaluate("document.activeElement.id") == "main", path
        assert page.evaluate(_OUT_OF_REACH) == [], path


def test_a_page_prints_whole(signed_in, address):
    page = signed_in
    page.goto(address + "/models/churn")
    page.emulate_media(media="print")
    areas = page.locator(".scroll").all()
    assert areas
    assert all(area.evaluate("each => each.scrollHeight <= each.clientHeight + 1") for area in areas)


# What a reader can unfold, unfolded.
_OPENED = "document.querySelectorAll('details').forEach(each => { each.open = true })"

# What can be used or scrolled by the mouse, is shown, and can't be given the focus.
_OUT_OF_REACH = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, .scroll")]
  .filter(each => each.type !== "hidden" && each.checkVisibility())
  .filter(each => { each.focus(); return each.tabIndex < 0 || document.activeElement !== each; })
  .map(each => each.outerHTML.slice(0, 100))"""

# The lowest contrast of any shown text against the nearest background behind it (WCAG 2, relative luminance).
_CONTRAST = """() => {
  const parse = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = node => {
    for (; node; node = node.parentElement) {
      const colour = parse(getComputedStyle(node).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  let least = 21;
  for (const node of document.querySelectorAll("main *, header *, footer")) {
    const own = [...node.childNodes].some(child => child.nodeType === 3 && child.textContent.trim());
    if (!own || node.closest("svg") || !node.getClientRects().length) continue;
    const [a, b] = [light(parse(getComputedStyle(node).color)), light(behind(node))];
    least = Math.min(least, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
  }
  return least;
}"""
