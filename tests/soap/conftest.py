"""The doors in this process, on a real database."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from lxml import etree
from sqlalchemy import Engine, text
from tests.berichten.bouw import ACTIE, SOAP11, envelop, teksten
from werkzeug.test import Client, TestResponse

from regiesysteem import config
from regiesysteem.config import Instellingen
from regiesysteem.db import maak_engine
from regiesysteem.http.app import maak_soap_app
from regiesysteem.inrichting.load import laad_inrichting, lees_tekst
from regiesysteem.metrics import Tellers
from regiesysteem.stuf.xml import ontleed

TABELLEN = ("bericht", "zaak", "object", "zaak_relatie", "zaak_status", "zaak_zaak", "audit")


@dataclass
class Deur:
    """Sends messages to the application and reads what comes back."""

    client: Client
    motor: Engine

    def post(self, data: bytes, pad: str = "/", **headers: str) -> TestResponse:
        """POST bytes; headers with _ for -."""
        kop = {"Content-Type": "text/xml; charset=utf-8"} | {naam.replace("_", "-"): w for naam, w in headers.items()}
        return self.client.post(pad, data=data, headers={naam: w for naam, w in kop.items() if w}, buffered=True)

    def stuur(self, dienst: str, bericht: str, versie: str = SOAP11) -> etree._Element:
        """Send a message with its SOAPAction; the envelope that comes back."""
        return ontleed(self.post(envelop(bericht, versie), SOAPAction=f'"{ACTIE}{dienst}"').data)

    def gelukt(self, dienst: str, bericht: str) -> etree._Element:
        """Send a message that must succeed; the answer."""
        antwoord = self.stuur(dienst, bericht)
        assert not teksten(antwoord, "//s:code"), teksten(antwoord, "//s:code | //s:details")
        return antwoord

    def fout(self, dienst: str, bericht: str) -> tuple[str, str]:
        """Send a message that must fail; code and details."""
        antwoord = self.stuur(dienst, bericht)
        [code] = teksten(antwoord, "//s:code")
        return code, "".join(teksten(antwoord, "//s:details"))

    def aantallen(self, *erbij: str) -> dict[str, int]:
        """How many rows each table has, those of documents only when asked."""
        with self.motor.connect() as verbinding:
            tabellen = (*TABELLEN, *erbij)
            return {tabel: verbinding.execute(text(f"SELECT count(*) FROM {tabel}")).scalar_one() for tabel in tabellen}


@pytest.fixture(scope="module")
def maak_deur(module_database_url: str) -> Iterator[Callable[..., Deur]]:
    """Make doors on the database of this module; the example inrichting with texts replaced."""
    motor = maak_engine(module_database_url, verbindingen=20)

    def maak(**vervangen: str) -> Deur:
        tekst = config.voorbeeld_inrichting().read_text()
        for oud, nieuw in vervangen.items():
            assert oud in tekst
            tekst = tekst.replace(oud, nieuw, 1)
        laad_inrichting(motor, lees_tekst(tekst, "test"))
        return Deur(Client(maak_soap_app(Instellingen(max_bericht_mb=3), motor, Tellers())), motor)

    yield maak
    motor.dispose()


@pytest.fixture(scope="module")
def deur(maak_deur: Callable[..., Deur]) -> Deur:
    """The doors with the example inrichting."""
    return maak_deur()
