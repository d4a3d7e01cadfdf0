"""Every page in a real browser: what axe finds, at both widths, with and without a family, and after an empty form."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from sqlalchemy import text
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor, told
from tests.browser.world import DOCUMENT, HE, PLAN, World, world
from tests.conftest import SJABLOON, fresh_database

from regiesysteem.access.people.roles import ROLES
from regiesysteem.config import TIME_ZONE
from regiesysteem.disclosure.answer_files import AnswerFolder, heading
from regiesysteem.embedded import EmbeddedPostgres
from regiesysteem.inrichting.current import read_inrichting
from regiesysteem.web.routes import ROUTES, Route
from regiesysteem.zakenmagazijn.subject_access import find_subject, gather

PAGES = [one for one in ROUTES.values() if "GET" in one.methods]
RULES = [one.rule for one in PAGES]
PARTS = {"zaaknummer": PLAN, "document": DOCUMENT, "token": "weg"}
"""Values for the parts of a path; another part is 1."""


@pytest.fixture(scope="module")
def empty(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server on which nobody did anything yet."""
    for url in fresh_database(postgres, SJABLOON):
        with world(url, tmp_path_factory.mktemp("empty")) as there:
            yield there


def path_of(rule: str) -> str:
    """A path of a page of the family."""
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda part: PARTS.get(part[1], "1"), rule)


Opening = Callable[[World, Route], Visitor | None]


@pytest.fixture(scope="module")
def opening(browser: Browser) -> Iterator[Opening]:
    """Opens a page as the first role that may, or as nobody where anybody may; None for what is no page.

    Somebody in a role stays logged in for all the pages of that role.
    """
    visitors: dict[tuple[str, str], Visitor] = {}

    def do(there: World, one: Route) -> Visitor | None:
        rol = next((rol for rol, rights in ROLES.items() if one.right in rights), "")
        if (there.url, rol) not in visitors:
            visitors[there.url, rol] = visitor = Visitor(browser, there.url)
            if rol:
                visitor.log_in(there.link(rol))
        visitor = visitors[there.url, rol]
        return visitor if visitor.go(path_of(one.rule)) else None

    yield do
    for visitor in visitors.values():
        visitor.leave()


@pytest.mark.parametrize("one", PAGES, ids=RULES)
def test_a_page_with_the_family_and_its_forms_sent_as_they_are(one: Route, filled: World, opening: Opening) -> None:
    """Errors stand on top and at the fields; a page that a form leads to is judged by itself."""
    if not (visitor := opening(filled, one)):
        return
    told(visitor.faults())
    buttons = "main form[method=post] button[type=submit]"
    for number in range(visitor.page.locator(buttons).count()):
        visitor.go(path_of(one.rule))
        if number < visitor.page.locator(buttons).count():
            with visitor.page.expect_navigation():
                visitor.page.locator(buttons).nth(number).click()
            if visitor.page.locator("[aria-invalid=true], [role=alert]").count():
                told(visitor.faults())


@pytest.mark.parametrize("one", [one for one in PAGES if "<" not in one.rule], ids=lambda one: one.rule)
def test_a_page_of_which_there_is_nothing_yet(one: Route, empty: World, opening: Opening) -> None:
    if visitor := opening(empty, one):
        told(visitor.faults())


@pytest.mark.parametrize("rol", ROLES)
def test_the_pages_of_a_role_need_no_javascript(rol: str, filled: World, visit: Visit) -> None:
    visitor = visit(filled.url, javascript=False)
    visitor.log_in(filled.link(rol))
    for one in PAGES:
        if one.right in ROLES[rol] and visitor.go(path_of(one.rule)):
            assert visitor.page.locator("h1").count() == 1, one.rule


def test_the_start_page(filled: World, visit: Visit) -> None:
    visitor = visit(filled.url)
    assert visitor.go("/") == 200
    told(visitor.faults())


def test_a_page_that_is_not_there(filled: World, visit: Visit) -> None:
    visitor = visit(filled.url)
    visitor.log_in(filled.link("regisseur"))
    assert visitor.go("/plannen/19009999999999") == 404
    told(visitor.faults())


@pytest.mark.parametrize("bsn", [HE, "999990044"], ids=["known", "unknown"])
def test_the_page_of_an_inzageverzoek(bsn: str, filled: World, visit: Visit, tmp_path: Path) -> None:
    with filled.engine.connect() as connection:
        inrichting = read_inrichting(connection)
        head = heading(bsn, inrichting, datetime.now(TIME_ZONE), documenten=False)
        AnswerFolder(tmp_path, head).write(gather(connection, inrichting, find_subject(connection, bsn)))
    visitor = visit()
    visitor.page.goto((tmp_path / "inzage.html").as_uri())
    told(visitor.faults())


def test_the_page_that_says_that_the_database_is_away(empty: World, visit: Visit) -> None:
    """Nobody is on record as looking, so nobody sees a page."""
    visitor = visit(empty.url)
    visitor.log_in(empty.link("regisseur"))
    with empty.engine.begin() as connection:
        connection.execute(text("ALTER FUNCTION regie_inzage_schrijf RENAME TO weg"))
    try:
        assert visitor.go("/werkvoorraad") == 503
    finally:
        with empty.engine.begin() as connection:
            connection.execute(text("ALTER FUNCTION weg RENAME TO regie_inzage_schrijf"))
    visitor.complaints.clear()  # it says the status too
    assert visitor.page.title() == "Even niet bereikbaar - Regiesysteem"
    told(visitor.faults())
