"""No log, record or temporary file has a person or a password: every operation, at its own door, taken or refused."""

import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.access.conftest import ELSEWHERE, GWS, PASSWORDS, Doors, basic, outcome, token
from tests.access.elke_dienst import MESSAGES, About, post, prepare, send, written, wrong
from tests.berichten.bouw import element
from tests.marks import BSN, SURNAME, found_in

from regiesysteem.access import failures
from regiesysteem.access.failures import Pace
from regiesysteem.logging_ import set_up_logging
from regiesysteem.zakenmagazijn import refusals
from regiesysteem.zkn.operations import OPERATIONS

SECRET = PASSWORDS[GWS]
WRONG = f"{SURNAME} {BSN}"
OPEN = {'autorisatie = "applicaties"': 'autorisatie = "open"'}
STRICT = {'schema = "soepel"                     # gaat': 'schema = "streng"                     # gaat'}
RECORDS = (
    "SELECT w::text FROM weigering w",
    "SELECT a::text FROM afwijking a",
    "SELECT melding FROM notificatie WHERE melding IS NOT NULL",
    "SELECT melding FROM ontvanger WHERE melding IS NOT NULL",
    "SELECT args::text FROM procrastinate_jobs",
    "SELECT i::text FROM inzage i",
    "SELECT i::text FROM inzage_betrokkene i",
)


@pytest.fixture(autouse=True)
def _no_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here one address fails a hundred times in a minute; others test the pace and the bound of refusals."""
    for naam in ("OF_ADDRESS", "OF_NAME", "OF_BOTH"):
        monkeypatch.setattr(failures, naam, Pace(10**9, 1))
    for naam in ("PER_SENDER", "UNPROVEN"):
        monkeypatch.setattr(refusals, naam, 10**6)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The temp directory of this process, for the test."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def log(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Lines that a process of the server would write, in the form of REGIE_LOG."""
    said = io.StringIO()
    monkeypatch.setattr(sys, "stderr", said)
    set_up_logging(request.param)
    return said


def _secrets(told: str) -> list[str]:
    """The marks and passwords that a text has."""
    headers = [basic("GWS4all", one)["Authorization"].removeprefix("Basic ") for one in (SECRET, WRONG)]
    return found_in(told) + [one for one in (SECRET, *headers) if one in told]


def _records(doors: Doors) -> list[str]:
    with doors.engine.connect() as connection:
        return [str(row) for question in RECORDS for (row,) in connection.execute(text(question))]


def _nothing_is_left(doors: Doors, log: io.StringIO, temporary: Path, handled: int) -> None:
    said = log.getvalue()
    assert said.count("bericht_verwerkt") >= handled, "there is a line for each message"
    assert [line for line in said.splitlines() if _secrets(line)] == []
    assert [row for row in _records(doors) if _secrets(row)] == []
    files = [path for path in temporary.rglob("*") if path.is_file()]
    assert [path for path in files if _secrets(path.read_bytes().decode("latin-1"))] == []


WAYS: dict[str, tuple[dict[str, str], str]] = {
    "open": ({}, ""),
    "basic": (basic("GWS4all", SECRET), ""),
    "token": ({}, token("GWS4all", SECRET)),
}


def test_no_operation_is_forgotten_here() -> None:
    assert set(MESSAGES) == set(OPERATIONS)
    assert all(element(written(dienst, About())).tag == OPERATIONS[dienst].element for dienst in MESSAGES)


@pytest.mark.parametrize(
    ("way", "log", "streng"), [("open", "json", True), ("basic", "text", False), ("token", "json", True)],
    indirect=["log"],
)  # fmt: skip
def test_what_is_taken_or_refused_leaves_no_person(
    make_doors: Callable[..., Doors], log: io.StringIO, temporary: Path, way: str, *, streng: bool
) -> None:
    """Taken as a soepel sender sends it, with deviations; then refused, also as one that must be valid."""
    headers, header = WAYS[way]
    where = {"host": "127.0.0.1"} if way == "open" else ELSEWHERE
    replaced = OPEN if way == "open" else {}
    doors = make_doors(replaced, **where)
    about = prepare(doors, headers, header)
    for dienst in MESSAGES:
        assert outcome(send(doors, dienst, about, headers, header)) == (200, ""), dienst
    if streng:
        doors = make_doors(replaced | STRICT, **where)
    for dienst in MESSAGES:
        codes = [outcome(post(doors, dienst, one, headers, header))[1] for one in wrong(dienst, about)]
        assert codes[-1] == "StUF022", dienst
        assert not streng or codes[:2] == ["StUF055", "StUF055"], dienst
    with doors.engine.connect() as connection:
        kept = connection.execute(text("SELECT convert_from(inhoud, 'UTF8') FROM bericht WHERE inhoud IS NOT NULL"))
        assert {mark for one in kept.scalars() for mark in found_in(one)} > {BSN, SURNAME}, "the marks came in"
    _nothing_is_left(doors, log, temporary, 5 * len(MESSAGES))


@pytest.mark.parametrize(("way", "log"), [("basic", "json"), ("token", "text")], indirect=["log"])
def test_a_wrong_credential_leaves_no_person_and_no_password(
    make_doors: Callable[..., Doors], log: io.StringIO, temporary: Path, way: str
) -> None:
    doors = make_doors(**ELSEWHERE)
    about = prepare(doors, basic("GWS4all", SECRET))
    for password in (WRONG, SECRET.upper()):
        headers = basic("GWS4all", password) if way == "basic" else {}
        header = token("GWS4all", password) if way == "token" else ""
        for dienst in MESSAGES:
            answer = post(doors, dienst, written(dienst, about), headers, header)
            assert outcome(answer) == (401, "StUF013"), dienst
            assert _secrets(answer.text) == []
    assert SECRET.upper() not in log.getvalue() + "\n".join(_records(doors))
    _nothing_is_left(doors, log, temporary, 2 * len(MESSAGES))
