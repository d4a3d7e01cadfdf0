"""The doors in this process, on a real database."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from lxml import etree
from sqlalchemy import Engine, text
from tests.berichten.bouw import ACTIE, SOAP11, envelope, texts
from werkzeug.test import Client, TestResponse

from regiesysteem import config
from regiesysteem.config import Settings
from regiesysteem.db import make_engine
from regiesysteem.http.doors import make_soap_app
from regiesysteem.inrichting.load import load_inrichting, read_text
from regiesysteem.metrics import Counters
from regiesysteem.stuf.xml import parse

TABLES = ("bericht", "zaak", "object", "zaak_relatie", "zaak_status", "zaak_zaak", "audit")


@dataclass
class Door:
    """Sends messages to the application and reads what comes back."""

    client: Client
    engine: Engine

    def post(self, data: bytes, path: str = "/", **headers: str) -> TestResponse:
        """POST bytes; headers with _ for -."""
        head = {"Content-Type": "text/xml; charset=utf-8"} | {naam.replace("_", "-"): w for naam, w in headers.items()}
        return self.client.post(path, data=data, headers={naam: w for naam, w in head.items() if w}, buffered=True)

    def send(self, dienst: str, bericht: str, versie: str = SOAP11) -> etree._Element:
        """Send a message with its SOAPAction; the envelope that comes back."""
        return parse(self.post(envelope(bericht, versie), SOAPAction=f'"{ACTIE}{dienst}"').data)

    def succeeded(self, dienst: str, bericht: str) -> etree._Element:
        """Send a message that must succeed; the answer."""
        answer = self.send(dienst, bericht)
        assert not texts(answer, "//s:code"), texts(answer, "//s:code | //s:details")
        return answer

    def fout(self, dienst: str, bericht: str) -> tuple[str, str]:
        """Send a message that must fail; code and details."""
        answer = self.send(dienst, bericht)
        [code] = texts(answer, "//s:code")
        return code, "".join(texts(answer, "//s:details"))

    def counts(self, *added: str) -> dict[str, int]:
        """How many rows each table has, those of documents only when asked."""
        with self.engine.connect() as connection:
            tables = (*TABLES, *added)
            return {table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() for table in tables}


@pytest.fixture(scope="module")
def make_door(module_database_url: str) -> Iterator[Callable[..., Door]]:
    """Make doors on the database of this module; the example inrichting with texts replaced."""
    engine = make_engine(module_database_url, connections=20)

    def make(**vervangen: str) -> Door:
        tekst = config.example_inrichting().read_text()
        for old, new in vervangen.items():
            assert old in tekst
            tekst = tekst.replace(old, new, 1)
        load_inrichting(engine, read_text(tekst, "test"))
        return Door(Client(make_soap_app(Settings(max_bericht_mb=3), engine, Counters())), engine)

    yield make
    engine.dispose()


@pytest.fixture(scope="module")
def door(make_door: Callable[..., Door]) -> Door:
    """The doors with the example inrichting."""
    return make_door()
