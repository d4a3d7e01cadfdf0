"""A page that gives its own name the address of this machine does not get to talk to us (DNS rebinding)."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from werkzeug.test import Client

from regiesysteem import config
from regiesysteem.config import Settings
from regiesysteem.db import kenmerk
from regiesysteem.http.app import make_app
from regiesysteem.inrichting.load import load_inrichting, read_text
from regiesysteem.local import KENMERK_HEADER

FOREIGN = (
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
OWN = ("localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:8080", "127.1.2.3", "[::1]", "[::1]:8080")
PATHS = ("/", "/healthz", "/metrics", "/stuf", "/stuf?wsdl")


@pytest.fixture
def make_client(engine: Engine, database_url: str) -> Callable[..., Client]:
    """Make a client of a server with settings; `autorisatie` is that of its inrichting.

    With applicaties each can prove who it is, unless `proven` is False.
    """

    def make(autorisatie: str = "open", *, proven: bool = True, **settings: object) -> Client:
        text = config.example_inrichting().read_text()
        assert 'autorisatie = "open"' in text
        if proven:
            text = text.replace("\n[[applicatie]]", '\n[[applicatie]]\ncertificaat = "CN=x"')
        load_inrichting(engine, read_text(text.replace('"open"', f'"{autorisatie}"', 1), "test"))
        return Client(make_app(Settings(database_url=database_url, **settings)))

    return make


def test_it_says_which_system_it_is(make_client: Callable[..., Client], engine: Engine) -> None:
    """A practice office asks it, also through a proxy, and then knows whose messages are its own system's."""
    assert make_client().get("/readyz").headers[KENMERK_HEADER] == kenmerk(engine)


def test_another_host_is_refused_whatever_it_asks(make_client: Callable[..., Client]) -> None:
    client = make_client()
    for host in FOREIGN:
        for path in PATHS:
            assert client.get(path, headers={"Host": host}).status_code == 421, (host, path)
        answer = client.post("/stuf", data=b"<x/>", headers={"Host": host, "Content-Type": "text/xml"})
        assert answer.status_code == 421
        assert "REGIE_AFGESCHERMD" in answer.text


def test_another_host_is_refused_while_an_applicatie_need_not_prove_itself(make_client: Callable[..., Client]) -> None:
    """A page of the web could send in its name."""
    client = make_client("applicaties", proven=False)
    assert client.get("/healthz", headers={"Host": "kwaad.example"}).status_code == 421


def test_this_machine_by_its_own_names_is_answered(make_client: Callable[..., Client]) -> None:
    client = make_client()
    for host in OWN:
        assert client.get("/healthz", headers={"Host": host}).status_code == 200, host


@pytest.mark.parametrize(
    "otherwise",
    [{"autorisatie": "applicaties"}, {"afgeschermd": True}, {"afgeschermd": True, "host": "0.0.0.0"}],
)
def test_any_host_is_answered_where_something_else_says_who_may(
    make_client: Callable[..., Client], otherwise: dict[str, object]
) -> None:
    assert make_client(**otherwise).get("/healthz", headers={"Host": "zaken.gemeente.example"}).status_code == 200


def test_what_a_proxy_says_that_was_asked_for_does_not_open_it(make_client: Callable[..., Client]) -> None:
    head = {"Host": "kwaad.example", "X-Forwarded-Host": "localhost"}
    assert make_client(proxy=True).get("/healthz", headers=head).status_code == 421


@pytest.mark.parametrize(("autorisatie", "status"), [("open", 421), ("applicaties", 200)])
def test_while_the_database_says_nothing_its_last_word_holds(
    make_client: Callable[..., Client], monkeypatch: pytest.MonkeyPatch, autorisatie: str, status: int
) -> None:
    client = make_client(autorisatie)
    assert client.get("/healthz", headers={"Host": "kwaad.example"}).status_code == status
    monkeypatch.setattr(Engine, "connect", _gone)
    assert client.get("/healthz", headers={"Host": "kwaad.example"}).status_code == status
    assert client.get("/healthz", headers={"Host": "localhost"}).status_code == 200


def test_before_the_database_has_said_who_may_nobody_of_another_name_may(
    make_client: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make_client("applicaties")
    monkeypatch.setattr(Engine, "connect", _gone)
    assert client.get("/healthz", headers={"Host": "kwaad.example"}).status_code == 421


def _gone(*_: object) -> None:
    raise OperationalError("", None, Exception("the database is away"))


def test_an_inrichting_that_is_loaded_later_counts(make_client: Callable[..., Client]) -> None:
    client = make_client()
    assert client.get("/healthz", headers={"Host": "kwaad.example"}).status_code == 421
    make_client(autorisatie="applicaties")
    assert client.get("/healthz", headers={"Host": "kwaad.example"}).status_code == 200
