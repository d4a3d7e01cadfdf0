"""Every page in a real browser: what axe finds, at both widths, with and without a family, and after an empty form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.browser.world import DOCUMENT, HE, PLAN, World, fill, world

from regiesysteem.access.people.roles import ROLES
from regiesysteem.config import TIME_ZONE
from regiesysteem.disclosure.answer_files import AnswerFolder, heading
from regiesysteem.inrichting.current import read_inrichting
from regiesysteem.web.routes import ROUTES
from regiesysteem.zakenmagazijn.subject_access import find_subject, gather

PARTS = {"zaaknummer": PLAN, "document": DOCUMENT, "number": "1", "token": "weg"}
"""Values for the parts of a path; a page with another part adds it here, with a value that there is."""


@pytest.fixture(scope="module")
def filled(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server with a family."""
    with world(module_database_url, tmp_path_factory.mktemp("filled")) as there:
        fill(there)
        yield there


def paths(rol: str) -> list[str]:
    """The pages of a role, and those of everybody."""
    of_role = [
        one for one in ROUTES.values() if "GET" in one.methods and (one.right is None or one.right in ROLES[rol])
    ]
    return [re.sub(r"<(?:\w+:)?(\w+)>", lambda part: PARTS[part[1]], one.rule) for one in of_role]


@pytest.mark.parametrize("rol", ROLES)
def test_axe_finds_nothing_on_the_pages_of_a_role(rol: str, filled: World, visit: Visit) -> None:
    visitor = visit(filled.url)
    visitor.log_in(filled.link(rol))
    told(faults(visitor, paths(rol)))


def faults(visitor: Visitor, there: list[str]) -> list[str]:
    """The faults of these pages."""
    found = []
    for path in there:
        status = visitor.go(path)
        found += [f"{path}: status {status}"] if status >= 500 else []
        found += [f"{path}: {one}" for one in visitor.faults()]
    return found


def told(found: list[str]) -> None:
    """Fail with everything that was found, a line each."""
    assert not found, "\n".join(found)


def test_the_start_page(filled: World, visit: Visit) -> None:
    told(faults(visit(filled.url), ["/"]))


@pytest.mark.parametrize("bsn", [HE, "999990044"], ids=["known", "unknown"])
def test_the_page_of_an_inzageverzoek(bsn: str, filled: World, visit: Visit, tmp_path: Path) -> None:
    with filled.engine.connect() as connection:
        inrichting = read_inrichting(connection)
        head = heading(bsn, inrichting, datetime.now(TIME_ZONE), documenten=False)
        AnswerFolder(tmp_path, head).write(gather(connection, inrichting, find_subject(connection, bsn)))
    visitor = visit()
    visitor.page.goto((tmp_path / "inzage.html").as_uri())
    told(visitor.faults())
