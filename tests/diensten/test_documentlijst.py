"""The list of the documents of a zaak does not depend on their sizes (ZDS 4.2.1)."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from lxml import etree
from sqlalchemy import text
from tests.berichten.bouw import lv01
from tests.berichten.documenten import edc_lv01
from tests.diensten.documentstappen import documenten, lijst, voeg_toe
from tests.diensten.stappen import nieuw, sleutel
from tests.soap.conftest import Deur
from werkzeug.test import Client

from regiesysteem.config import Instellingen
from regiesysteem.db import tel_statements
from regiesysteem.http.app import maak_soap_app
from regiesysteem.metrics import Tellers
from regiesysteem.zkn.names import zkn


@pytest.fixture
def ruime_deur(deur: Deur) -> Deur:
    """The doors for messages with a document of 3.5 MB."""
    return Deur(Client(maak_soap_app(Instellingen(max_bericht_mb=6), deur.motor, Tellers())), deur.motor)


@contextmanager
def _zonder_opslag(deur: Deur) -> Iterator[None]:
    """No content can be read, by any statement."""
    namen = (("document_stuk", "weg_stuk"), ("document_inhoud", "weg_inhoud"))
    with deur.motor.begin() as verbinding:
        for een, ander in namen:
            verbinding.execute(text(f"ALTER TABLE {een} RENAME TO {ander}"))
    try:
        yield
    finally:
        with deur.motor.begin() as verbinding:
            for een, ander in namen:
                verbinding.execute(text(f"ALTER TABLE {ander} RENAME TO {een}"))


def test_the_list_of_large_documents_is_that_of_small_ones(ruime_deur: Deur) -> None:
    """5 of 10 kB and 5 of 3.5 MB: the same statements, an answer of the same length, and no content is read."""
    klein, groot = nieuw(ruime_deur), nieuw(ruime_deur)
    for grootte, waar in ((10_000, klein), (3_500_000, groot)):
        for i in range(5):
            voeg_toe(ruime_deur, waar, data=bytes(grootte - 1) + bytes([i]))
    uitkomsten = []
    with _zonder_opslag(ruime_deur):
        for waar in (klein, groot):
            with tel_statements() as teller:
                antwoord = lijst(ruime_deur, waar)
            assert len(list(antwoord.iter(zkn("heeftRelevant")))) == 5
            uitkomsten.append((teller.aantal, len(etree.tostring(antwoord))))
        alles = ruime_deur.gelukt("geefLijstZaakdocumenten_Lv01", lv01(sleutel(groot), 'StUF:scope="alles"'))
        assert not list(alles.iter(zkn("inhoud")))
        assert ruime_deur.fout("geefZaakdocumentLezen_Lv01", edc_lv01(documenten(ruime_deur, groot)[0]))[0] == "StUF058"
    assert uitkomsten[0] == uitkomsten[1]
    assert uitkomsten[0][0] <= 4
