"""Pages in a real browser: one Chromium for the tests of a process, and somebody at it for each test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser
from tests.browser.visitor import Visitor, chromium, need_browser
from tests.browser.world import World, fill, world

Visit = Callable[..., Visitor]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The Chromium of this test process."""
    need_browser()
    with chromium() as browser:
        yield browser


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Makes a visitor of a server: `visit(url, javascript=False)`; what a browser complains of fails the test."""
    with ExitStack() as leaving:
        visitors: list[Visitor] = []

        def begin(base: str = "", *, javascript: bool = True) -> Visitor:
            visitor = Visitor(browser, base, javascript=javascript)
            leaving.callback(visitor.leave)
            visitors.append(visitor)
            return visitor

        yield begin
        assert [complaint for visitor in visitors for complaint in visitor.complaints] == []


@pytest.fixture(scope="module")
def filled(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server with a family."""
    with world(module_database_url, tmp_path_factory.mktemp("filled")) as there:
        fill(there)
        yield there
