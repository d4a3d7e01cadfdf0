"""Somebody with a browser: goes to pages, works them, and has every page judged."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Locator, Page, Response, sync_playwright

AXE = Path(__file__).resolve().parents[2] / "stijl/node_modules/axe-core/axe.min.js"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"),
)
WIDTHS = (1280, 320)
HEIGHT = 900
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
# Without preload: it would fetch the stylesheets again by script, which the policy of the pages refuses.
_JUDGE = "tags => axe.run({runOnly: tags, resultTypes: ['violations'], preload: false}).then(r => r.violations)"
_WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
_FOCUSED = "element => element === document.activeElement"
TABS = 200
"""The most presses of Tab that bring anybody where he wants to be."""


def need_browser() -> None:
    """Skip the test that calls this on a machine without Chromium or axe-core; in CI they must be there."""
    absent = [what for what, there in (("Chromium", CHROMIUM), ("axe-core (make stijl)", AXE.exists())) if not there]
    if absent and os.environ.get("CI"):
        pytest.fail(f"{' and '.join(absent)}: absent, and tests in a browser need it")
    if absent:
        pytest.skip(f"tests in a browser need {' and '.join(absent)}")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


def told(found: list[str]) -> None:
    """Fail with everything that was found, a line each."""
    assert not found, "\n".join(found)


class Visitor:
    """One person at a browser of his own; `page` is what he has before him.

    `complaints` is what the browser had to say meanwhile: errors, and what the policy of a page refused.
    """

    def __init__(self, browser: Browser, base: str, *, javascript: bool = True, width: int = WIDTHS[0]) -> None:
        self._context = browser.new_context(
            base_url=base,
            java_script_enabled=javascript,
            locale="nl-NL",
            timezone_id="Europe/Amsterdam",
            viewport={"width": width, "height": HEIGHT},
            reduced_motion="reduce",
        )
        self._context.set_default_timeout(120_000)  # only for what hangs
        self.complaints: list[str] = []
        self.page: Page = self._context.new_page()
        self.page.on("console", self._hear)
        self.page.on("response", self._see)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def go(self, path: str) -> int:
        """Open a page; its status, and 0 for a file or a drawing, which is no page."""
        try:
            answer = self.page.goto(path)
        except Error as error:
            if "Download is starting" in error.message:
                return 0
            raise
        assert answer is not None
        return answer.status if answer.headers.get("content-type", "").startswith("text/html") else 0

    def log_in(self, link: str) -> None:
        """Log in with a one-time link."""
        self.go(link)
        self.page.get_by_role("button", name="Log in").click()

    def faults(self) -> list[str]:
        """The faults of the page: by axe at both widths, its heading and title, scrolling, complaints."""
        found = [f"complaint: {one}" for one in self.complaints]
        self.complaints.clear()
        if (headings := self.page.locator("h1").count()) != 1:
            found.append(f"{headings} times h1")
        if not self.page.title().strip(" -"):
            found.append("no title")
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": HEIGHT})
            found += [f"axe at {width}: {one}" for one in self._violations()]
            if (wider := self.page.evaluate(_WIDER)) > 0:
                found.append(f"at {width} it scrolls sideways, by {wider}")
        self.page.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})
        return found

    def tab_to(self, target: Locator) -> None:
        """Press Tab until the target has the focus."""
        for _ in range(TABS):
            self.page.keyboard.press("Tab")
            if target.evaluate(_FOCUSED):
                return
        pytest.fail(f"{TABS} times Tab does not lead to {target}")

    def type_in(self, label: str, text: str) -> None:
        """Fill a field with the keyboard alone."""
        self.tab_to(self.page.get_by_label(label).first)
        self.page.keyboard.type(text)

    def press(self, role: Any, name: str, key: str = "Enter") -> None:
        """Use a button or follow a link with the keyboard alone; gives the next page time to come."""
        target = self.page.get_by_role(role, name=name).first
        self.tab_to(target)
        with self.page.expect_navigation():
            self.page.keyboard.press(key)

    def picture(self, file: Path, width: int = WIDTHS[0], height: int = HEIGHT) -> None:
        """Make a picture of the page as far as it fits."""
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.screenshot(path=file)

    def leave(self) -> None:
        """Close the browser; nothing of the visit stays."""
        self._context.close()

    def _violations(self) -> Iterator[str]:
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(AXE.read_text())
        for one in self.page.evaluate(_JUDGE, TAGS):
            places = "; ".join(" ".join(map(str, node["target"])) for node in one["nodes"][:5])
            yield f"{one['id']} ({one['help']}): {places}"

    def _see(self, answer: Response) -> None:
        if answer.status >= 500:
            self.complaints.append(f"status {answer.status} ({answer.url})")

    def _hear(self, message: ConsoleMessage) -> None:
        # The status of the page itself is told to the console too.
        if message.type == "error" and message.location.get("url") != self.page.url:
            self.complaints.append(f"{message.text} ({message.location.get('url')})")
        elif message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)
