"""Shared by the tests of access: the web application in this process, with senders that have credentials."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine, text
from tests.berichten.bouw import ACTIE, SOAP11, envelope, texts
from tests.soap.conftest import door, make_door
from werkzeug.test import Client, TestResponse

from regiesysteem import config
from regiesysteem.access.passwords import keep_hash
from regiesysteem.config import Settings
from regiesysteem.db import make_engine
from regiesysteem.http.app import make_app
from regiesysteem.inrichting.load import load_inrichting, read_text
from regiesysteem.soap.security import WSSE, WSU
from regiesysteem.stuf.xml import parse

__all__ = ["door", "make_door"]

GWS, WMO, SCHULDHULP = (("1900", naam, "") for naam in ("GWS4all", "WmoVoorziening", "Schuldhulp"))
PASSWORDS = {GWS: "wachtwoord van GWS4all", WMO: "wachtwoord van Wmo é"}
ELSEWHERE = {"host": "0.0.0.0"}
RECEIVES = {'adres = ""': 'adres = "http://192.0.2.9/stuf"'}
"""The first applicatie of the example, GWS4all, receives messages: it may ask what is answered later."""
TRACES = ("bericht", "zaak", "object", "audit", "zaak_status", "document", "notificatie", "afwijking")


HASHES = {key: PasswordHasher(1, 8, 1).hash(password) for key, password in PASSWORDS.items()}
"""Cheap ones; what a hash costs is in itself."""


def basic(naam: str, password: str, charset: str = "utf-8") -> dict[str, str]:
    """The header of HTTP basic."""
    return {"Authorization": f"Basic {b64encode(f'{naam}:{password}'.encode(charset)).decode()}"}


def token(naam: str, password: str, *, kind: str | None = None, more: str = "", security: str = "") -> str:
    """A Security header with a UsernameToken; `kind` is its Type, `security` are attributes of the header."""
    type_ = "" if kind is None else f' Type="{kind}"'
    return (
        f'<wsse:Security xmlns:wsse="{WSSE}" xmlns:wsu="{WSU}" {security}>{more}<wsse:UsernameToken>'
        f"<wsse:Username>{naam}</wsse:Username><wsse:Password{type_}>{password}</wsse:Password>"
        "</wsse:UsernameToken></wsse:Security>"
    )


def timestamp(seconds: int, prefix: str = "wsu") -> str:
    """A Timestamp that expires so many seconds from now; Open Forms writes it with the prefix wsse."""
    now = datetime.now(UTC)
    return (
        f"<{prefix}:Timestamp><{prefix}:Created>{now - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}</{prefix}:Created>"
        f"<{prefix}:Expires>{now + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}</{prefix}:Expires>"
        f"</{prefix}:Timestamp>"
    )


@dataclass
class Doors:
    """The whole web application, and its database."""

    client: Client
    engine: Engine

    def send(
        self,
        dienst: str,
        bericht: str,
        headers: dict[str, str] | None = None,
        *,
        soap: str = SOAP11,
        header: str = "",
        peer: str = "192.0.2.1",
    ) -> TestResponse:
        """Send a message from an address; `header` is the content of its SOAP header."""
        head = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{ACTIE}{dienst}"'} | (headers or {})
        if soap != SOAP11:
            head["Content-Type"] = f'application/soap+xml; charset=utf-8; action="{head.pop("SOAPAction")[1:-1]}"'
        return self.client.post(
            "/stuf",
            data=envelope(bericht, soap, header),
            headers=head,
            buffered=True,
            environ_overrides={"REMOTE_ADDR": peer},
        )

    def traces(self) -> dict[str, int]:
        """How many rows the tables have that a message may write."""
        with self.engine.connect() as connection:
            return {table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() for table in TRACES}


def sent_by(naam: str, bericht: str) -> str:
    """A message of the tests with another zender."""
    assert ">GWS4all<" in bericht
    return bericht.replace(">GWS4all<", f">{naam}<")


def outcome(answer: TestResponse) -> tuple[int, str]:
    """The status, and the code of the fault, "" when there is none."""
    return answer.status_code, "".join(texts(parse(answer.data), "//s:code"))


def details(answer: TestResponse) -> str:
    """The details that the fault tells the sender."""
    return "".join(texts(parse(answer.data), "//s:details"))


@pytest.fixture(scope="module")
def module_engine(module_database_url: str) -> Iterator[Engine]:
    """An engine on the database of this module."""
    made = make_engine(module_database_url, connections=12)
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def make_doors(module_engine: Engine, module_database_url: str) -> Callable[..., Doors]:
    """Make the application on the database of this module; senders that are listed only, of which two have a password.

    Texts of the example inrichting are replaced by those in `replaced`; `settings` are those of the application.
    """

    def make(replaced: dict[str, str] | None = None, **settings: object) -> Doors:
        toml = config.example_inrichting().read_text()
        authorised = {'autorisatie = "open"': 'autorisatie = "applicaties"'}
        for old, new in (authorised | RECEIVES | (replaced or {})).items():
            assert old in toml, old
            toml = toml.replace(old, new, 1)
        load_inrichting(module_engine, read_text(toml, "test"))
        with module_engine.begin() as connection:
            for key, stored in HASHES.items():
                keep_hash(connection, key, stored)
        return Doors(Client(make_app(Settings(database_url=module_database_url, **settings))), module_engine)

    return make


@pytest.fixture
def doors(make_doors: Callable[..., Doors]) -> Doors:
    """The application where other machines can reach it."""
    return make_doors(**ELSEWHERE)
