"""The pictures of docs/desk.md: `make screenshots`, of the demo's workspace, of which a copy is shown.

Needs Chromium, and a Chinese font for the one page in Chinese (Debian: fonts-wqy-zenhei).
"""

from __future__ import annotations

import argparse
import base64
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.alerts import Alerts
from core.keys import KeyStore
from core.messages import Message
from core.workspace import Workspace
from models.registry import Registry
from monitoring.data_quality import assessment
from monitoring.data_quality.quality_history import QualityHistory
from monitoring.desk import app
from tests.docs.pages import ROOT
from tests.support import desk_pages

if TYPE_CHECKING:
    from playwright.sync_api import Page

FOLDER = ROOT / "docs" / "desk"
WIDTHS = {1400: 1900, 390: 1900}
"""Pixels of a page's width, and at most of its height."""
QUALITY = 45
CHINESE = ("/",)
_MASKED = """([path, name]) => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) walker.currentNode.data = walker.currentNode.data.replaceAll(path, name);
}"""


def pictures(address: str) -> list[str]:
    """The names of an address's pictures."""
    words = "-".join(re.findall(r"\w+", address.partition("?")[0])) or "overview"
    languages = ("", ".zh") if address in CHINESE else ("",)
    return [f"{words}.{width}{language}.webp" for language in languages for width in WIDTHS]


def main() -> None:
    """Take every picture anew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path, default=Path("workspace"), help="the demo's, by default")
    parser.add_argument("--page", action="append", metavar="ADDRESS", help="only of this page, such as /alerts")
    asked = parser.parse_args()
    given = asked.workspace
    if len(Registry(Workspace.open(given)).versions("churn")) < 2:
        parser.error("to compare two versions there have to be two: regulars train churn --trials 1")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "workspace"
        shutil.copytree(given, root)
        workspace = Workspace.open(root)
        QualityHistory(workspace).append(assessment.assess(workspace))
        for name, picture in _taken(workspace, asked.page):
            (FOLDER / name).write_bytes(picture)
            print(f"{name}: {len(picture) / 1024:.0f} KB")


def _taken(workspace: Workspace, only: list[str] | None) -> Iterator[tuple[str, bytes]]:
    from playwright.sync_api import sync_playwright

    FOLDER.mkdir(exist_ok=True)
    addresses = [each for each in desk_pages.addresses(app.build(workspace).routes) if each in (only or [each])]
    token = KeyStore(workspace).create("maria", ["review"])
    with desk_pages.listening(workspace) as desk, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page()
        page.set_default_timeout(300_000)
        page.goto(f"{desk}/signin")
        yield from zip(pictures("/signin"), _of_widths(page, workspace), strict=True)
        page.fill("#key", token)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{desk}/")
        for address in addresses:
            if address == "/signin":
                continue
            if address == "/alerts":
                _raise_two(workspace)
            names = iter(pictures(address))
            for language in ("en", "zh") if address in CHINESE else ("en",):
                page.goto(f"{desk}/language/{language}?back=/evidence")
                page.goto(desk + address)
                for picture in _of_widths(page, workspace):
                    yield next(names), picture
        browser.close()


def _raise_two(workspace: Workspace) -> None:
    """So that there is something to see: one that waits, and one that was answered."""
    alerts = Alerts(workspace)
    alerts.append("mild", "serving", "registry", Message("alert.registry_down", {"reason": "the registry is locked"}))
    alerts.close("serving", "registry", by="maria")
    late = Message("alert.registry_down", {"reason": "no connection to the registry: timed out after 2 s"})
    alerts.append("moderate", "serving", "registry", late)


def _of_widths(page: Page, workspace: Workspace) -> list[bytes]:
    page.evaluate(_MASKED, [str(workspace.root), workspace.root.name])
    return [_of_width(page, width, most) for width, most in WIDTHS.items()]


def _of_width(page: Page, width: int, most: int) -> bytes:
    page.set_viewport_size({"width": width, "height": 900})
    height = min(page.evaluate("document.documentElement.scrollHeight"), most)
    clip: dict[str, Any] = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
    asked = {"format": "webp", "quality": QUALITY, "captureBeyondViewport": True, "clip": clip}
    answer = page.context.new_cdp_session(page).send("Page.captureScreenshot", asked)
    return base64.b64decode(answer["data"])


if __name__ == "__main__":
    main()
