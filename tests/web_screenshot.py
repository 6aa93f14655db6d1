"""Takes the README's picture of the page, from the index in index/: python -m tests.web_screenshot [FILE]"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.web_server import ROOT, Page


def main(target: Path) -> None:
    with Page(ROOT / "index") as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
        page.goto(site.address)
        page.wait_for_selector("#aq-examples .ask")
        page.fill("#aq-question", "What is the difference between inner and outer alignment?")
        page.press("#aq-question", "Enter")
        page.wait_for_selector('.turn[data-state="done"]')
        page.locator(".claim .cite").nth(1).click()
        page.mouse.move(640, 790)
        target.parent.mkdir(exist_ok=True)
        page.screenshot(path=str(target))
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "screenshot.png")
