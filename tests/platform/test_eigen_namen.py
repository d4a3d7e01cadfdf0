"""A page that gives its own name the address of this machine does not get to talk to us (DNS rebinding)."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from werkzeug.test import Client

from regiesysteem import config
from regiesysteem.config import Instellingen
from regiesysteem.db import kenmerk
from regiesysteem.http.app import maak_app
from regiesysteem.inrichting.load import laad_inrichting, lees_tekst
from regiesysteem.local import KENMERKKOP

VREEMD = (
    "kwaad.example",
    "kwaad.example:8080",
    "127.0.0.1.kwaad.example",
    "localhost.kwaad.example",
    "10.0.0.1",
    "[::2]",
    "[",
    "kwaad.example@localhost",
    "@localhost",
    "localhost/kwaad.example",
    "localhost?kwaad.example",
    "localhost#kwaad.example",
    "local\thost",
)
EIGEN = ("localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:8080", "127.1.2.3", "[::1]", "[::1]:8080")
PADEN = ("/", "/healthz", "/metrics", "/stuf", "/stuf?wsdl")


@pytest.fixture
def maak_client(engine: Engine, database_url: str) -> Callable[..., Client]:
    """Make a client of a server with settings; `autorisatie` is that of its inrichting."""

    def maak(autorisatie: str = "open", **instellingen: object) -> Client:
        tekst = config.voorbeeld_inrichting().read_text()
        assert 'autorisatie = "open"' in tekst
        laad_inrichting(engine, lees_tekst(tekst.replace('"open"', f'"{autorisatie}"', 1), "test"))
        return Client(maak_app(Instellingen(database_url=database_url, **instellingen)))

    return maak


def test_it_says_which_system_it_is(maak_client: Callable[..., Client], engine: Engine) -> None:
    """A practice office asks it, also through a proxy, and then knows whose messages are its own system's."""
    assert maak_client().get("/readyz").headers[KENMERKKOP] == kenmerk(engine)


def test_another_host_is_refused_whatever_it_asks(maak_client: Callable[..., Client]) -> None:
    client = maak_client()
    for host in VREEMD:
        for pad in PADEN:
            assert client.get(pad, headers={"Host": host}).status_code == 421, (host, pad)
        antwoord = client.post("/stuf", data=b"<x/>", headers={"Host": host, "Content-Type": "text/xml"})
        assert antwoord.status_code == 421
        assert "REGIE_AFGESCHERMD" in antwoord.text


def test_this_machine_by_its_own_names_is_answered(maak_client: Callable[..., Client]) -> None:
    client = maak_client()
    for host in EIGEN:
        assert client.get("/healthz", headers={"Host": host}).status_code == 200, host


@pytest.mark.parametrize(
    "anders",
    [{"autorisatie": "applicaties"}, {"afgeschermd": True}, {"afgeschermd": True, "host": "0.0.0.0"}],
)
def test_any_host_is_answered_where_something_else_says_who_may(
    maak_client: Callable[..., Client], anders: dict[str, object]
) -> None:
    assert maak_client(**anders).get("/healthz", headers={"Host": "zaken.gemeente.example"}).status_code == 200


def test_what_a_proxy_says_that_was_asked_for_does_not_open_it(maak_client: Callable[..., Client]) -> None:
    kop = {"Host": "kwaad.example", "X-Forwarded-Host": "localhost"}
    assert maak_client(proxy=True).get("/healthz", headers=kop).status_code == 421


@pytest.mark.parametrize(("autorisatie", "status"), [("open", 421), ("applicaties", 200)])
def test_while_the_database_says_nothing_its_last_word_holds(
    maak_client: Callable[..., Client], monkeypatch: pytest.MonkeyPatch, autorisatie: str, status: int
) -> None:
    client = maak_client(autorisatie)
    assert client.get("/healthz", headers={"Host": "kwaad.example"}).status_code == status
    monkeypatch.setattr(Engine, "connect", _weg)
    assert client.get("/healthz", headers={"Host": "kwaad.example"}).status_code == status
    assert client.get("/healthz", headers={"Host": "localhost"}).status_code == 200


def test_before_the_database_has_said_who_may_nobody_of_another_name_may(
    maak_client: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = maak_client("applicaties")
    monkeypatch.setattr(Engine, "connect", _weg)
    assert client.get("/healthz", headers={"Host": "kwaad.example"}).status_code == 421


def _weg(*_: object) -> None:
    raise OperationalError("", None, Exception("the database is away"))


def test_an_inrichting_that_is_loaded_later_counts(maak_client: Callable[..., Client]) -> None:
    client = maak_client()
    assert client.get("/healthz", headers={"Host": "kwaad.example"}).status_code == 421
    maak_client(autorisatie="applicaties")
    assert client.get("/healthz", headers={"Host": "kwaad.example"}).status_code == 200
