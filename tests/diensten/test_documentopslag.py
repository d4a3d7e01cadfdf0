"""Documents and the storage of their files: what is in use stays, and a store that fails gives a fault and no more."""

import os
import resource
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.berichten.bouw import ACTIE, envelop, nieuw_nummer, teksten
from tests.berichten.documenten import bewerken, document, edc_lk01, edc_lv01, inhoud, update
from tests.conftest import vrije_poort
from tests.diensten.documentstappen import bestand, check_uit, lees, maak, voeg_toe, weiger, werk_bij
from tests.diensten.stappen import nieuw
from tests.soap.conftest import Deur
from werkzeug.test import Client

from regiesysteem.config import Instellingen
from regiesysteem.http.app import maak_soap_app
from regiesysteem.metrics import Tellers
from regiesysteem.storage import Opslag
from regiesysteem.storage.postgres import PostgresBergplaats


@pytest.fixture
def zonder_opslag(deur: Deur, tmp_path: Path) -> Deur:
    """Doors on the same database, whose object store is not there."""
    sleutels = tmp_path / "sleutels"
    sleutels.write_text("[default]\naws_access_key_id = a\naws_secret_access_key = b\n")
    instellingen = Instellingen(
        max_bericht_mb=3,
        opslag="s3",
        s3_bucket="documenten",
        s3_region="eu-west-1",
        s3_endpoint=f"http://127.0.0.1:{vrije_poort()}",
        s3_sleutel_bestand=str(sleutels),
    )
    return Deur(Client(maak_soap_app(instellingen, deur.motor, Tellers())), deur.motor)


def test_a_store_that_does_not_answer_leaves_nothing_and_may_be_tried_again(deur: Deur, zonder_opslag: Deur) -> None:
    waar, nummer, houder = nieuw(deur), nieuw_nummer(), maak(deur)
    erbij = edc_lk01("T", document(nummer, waar, bestand=inhoud(b"nog nergens bewaard")), ref=nummer)
    code, details = weiger(zonder_opslag, "voegZaakdocumentToe_Lk01", erbij)
    assert (code, "127.0.0.1" in details) == ("StUF046", False)
    vullen = update(houder, None, inhoud(b"ook nergens bewaard"))
    assert weiger(zonder_opslag, "updateZaakdocument_Di02", vullen)[0] == "StUF058"
    deur.gelukt("voegZaakdocumentToe_Lk01", erbij)
    deur.gelukt("updateZaakdocument_Di02", vullen)
    # What is in PostgreSQL is read there, whatever new content goes to.
    assert bestand(lees(zonder_opslag, nummer)) == b"nog nergens bewaard"


def test_a_file_for_which_there_is_no_room_may_be_asked_again(deur: Deur) -> None:
    """What is read stands in a temporary file: where TMPDIR is full that is no fault of the question."""
    data = os.urandom(1_500_000)
    nummer = voeg_toe(deur, data=data)
    ruimte = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, ruimte[1]))  # a file may not be larger, as on a full disk
    try:
        actie = f'"{ACTIE}geefZaakdocumentLezen_Lv01"'
        antwoord = deur.post(envelop(edc_lv01(nummer)), SOAPAction=actie)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, ruimte)
    assert antwoord.status_code == 503
    assert b"StUF058" in antwoord.data
    assert b"later opnieuw" in antwoord.data
    assert bestand(lees(deur, nummer)) == data


def test_a_file_that_is_gone_is_a_fault_with_a_reference(deur: Deur) -> None:
    nummer = voeg_toe(deur, data=b"straks weg")
    with deur.motor.begin() as verbinding:
        verbinding.execute(text("DELETE FROM document_stuk"))
    code, details = deur.fout("geefZaakdocumentLezen_Lv01", edc_lv01(nummer))
    assert (code, "is er niet meer" in details) == ("StUF058", True)
    assert weiger(deur, "geefZaakdocumentbewerken_Di02", bewerken(nummer))[0] == "StUF058"
    assert teksten(lees(deur, nummer, '<ZKN:titel xsi:nil="true"/>'), "//z:titel") == ["Gezinsplan"]


def test_the_clean_up_leaves_every_version_its_file(deur: Deur) -> None:
    nummer = voeg_toe(deur, data=b"versie een")
    werk_bij(deur, nummer, check_uit(deur, nummer), inhoud(b"versie twee"))
    with deur.motor.begin() as verbinding:
        verbinding.execute(
            text("INSERT INTO document_inhoud (sha256, grootte, opslag) VALUES (sha256('wees'), 4, 'postgres')")
        )
    weg = list(Opslag(PostgresBergplaats()).ruim_op(deur.motor))
    assert len(weg) >= 1
    assert bestand(lees(deur, nummer, versie="1.0")) == b"versie een"
    assert bestand(lees(deur, nummer)) == b"versie twee"


def test_an_answer_that_was_given_before_is_given_whole_again(deur: Deur) -> None:
    nummer = voeg_toe(deur, data=bytes(200_000))
    vraag = bewerken(nummer)
    eerst = deur.gelukt("geefZaakdocumentbewerken_Di02", vraag)
    [sleutel] = teksten(eerst, "//z:checkedOutId")
    werk_bij(deur, nummer, sleutel, inhoud(b"intussen anders"))
    nog_eens = deur.gelukt("geefZaakdocumentbewerken_Di02", vraag)
    assert teksten(nog_eens, "//z:checkedOutId") == [sleutel]
    assert bestand(nog_eens) == bytes(200_000)
