"""The way of a message, measured: our own functions on the stack at a statement, and docs/maken says the same."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event
from tests.berichten.bouw import ACTIE, envelope, gezinsplan, lk01, lv01, new_number
from werkzeug.test import Client

from regiesysteem import config
from regiesysteem.config import Settings
from regiesysteem.http.app import make_app
from regiesysteem.inrichting.load import load_inrichting, read_text

PAGE = (Path(__file__).parents[2] / "docs" / "maken" / "architecture.md").read_text()


def own_frames() -> list[str]:
    """Our functions on the stack of this thread, the first called first, as module:qualified name."""
    frames = []
    frame = sys._getframe(1)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.startswith("regiesysteem."):
            frames.append(f"{module}:{frame.f_code.co_qualname}")
        frame = frame.f_back
    return frames[::-1]


@contextmanager
def ways(pattern: str) -> Iterator[list[list[str]]]:
    """Collect the own frames at each statement that matches a pattern, on any engine."""
    found: list[list[str]] = []

    def look(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if re.search(pattern, statement):
            found.append(own_frames())

    event.listen(Engine, "before_cursor_execute", look)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", look)


def told(title: str) -> list[str]:
    """The way that the page of makers gives under a title: the functions of its code block."""
    [block] = re.findall(rf"{re.escape(title)}\n\n```\n(.*?)```", PAGE, re.DOTALL)
    return [line.split()[0] for line in block.splitlines()]


@pytest.fixture
def client(engine: Engine, database_url: str) -> Client:
    """The whole web application, on the example inrichting."""
    load_inrichting(engine, read_text(config.example_inrichting().read_text(), "test"))
    client = Client(make_app(Settings(database_url=database_url)))
    post(client, "creeerZaak_Lk01", lk01("T", gezinsplan(new_number())))  # what is read once, is read now
    return client


def post(client: Client, operation: str, message: str) -> None:
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{ACTIE}{operation}"'}
    answer = client.post("/stuf", data=envelope(message), headers=headers)
    assert answer.status_code == 200, answer.text


def test_the_way_of_a_kennisgeving_is_as_the_page_says(client: Client) -> None:
    with ways(r"INSERT INTO zaak\b") as found:
        post(client, "creeerZaak_Lk01", lk01("T", gezinsplan(new_number())))
    assert found[0] == told("creeerZaak, at the INSERT of the zaak:")


def test_the_way_of_a_question_is_as_the_page_says(client: Client) -> None:
    with ways(r"FROM zaak\b") as found:
        post(client, "zakLv01", lv01("<ZKN:omschrijving>geen</ZKN:omschrijving>"))
    assert found[0] == told("zakLv01, at the SELECT of the zaken:")
