"""Documents and the storage of their files: what is in use stays, and a store that fails gives a fault and no more."""

import os
import resource
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.berichten.bouw import ACTIE, envelope, new_number, texts
from tests.berichten.documenten import bewerken, document, edc_lk01, edc_lv01, inhoud, update
from tests.conftest import vrije_port
from tests.diensten.documentstappen import add, check_out, file, make, read, refuse, revise
from tests.diensten.stappen import new
from tests.soap.conftest import Door
from werkzeug.test import Client

from regiesysteem.config import Settings
from regiesysteem.http.doors import make_soap_app
from regiesysteem.metrics import Counters
from regiesysteem.storage import Opslag
from regiesysteem.storage.postgres import PostgresStore


@pytest.fixture
def without_storage(door: Door, tmp_path: Path) -> Door:
    """Doors on the same database, whose object store is not there."""
    sleutels = tmp_path / "sleutels"
    sleutels.touch(0o600)
    sleutels.write_text("[default]\naws_access_key_id = a\naws_secret_access_key = b\n")
    settings = Settings(
        max_bericht_mb=3,
        opslag="s3",
        s3_bucket="documenten",
        s3_region="eu-west-1",
        s3_endpoint=f"http://127.0.0.1:{vrije_port()}",
        s3_sleutel_bestand=str(sleutels),
    )
    return Door(Client(make_soap_app(settings, door.engine, Counters())), door.engine)


def test_a_store_that_does_not_answer_leaves_nothing_and_may_be_tried_again(door: Door, without_storage: Door) -> None:
    where, number, holder = new(door), new_number(), make(door)
    added = edc_lk01("T", document(number, where, file=inhoud(b"nog nergens bewaard")), ref=number)
    code, details = refuse(without_storage, "voegZaakdocumentToe_Lk01", added)
    assert (code, "127.0.0.1" in details) == ("StUF046", False)
    vullen = update(holder, None, inhoud(b"ook nergens bewaard"))
    assert refuse(without_storage, "updateZaakdocument_Di02", vullen)[0] == "StUF058"
    door.succeeded("voegZaakdocumentToe_Lk01", added)
    door.succeeded("updateZaakdocument_Di02", vullen)
    # Content in PostgreSQL is read there, wherever new content goes.
    assert file(read(without_storage, number)) == b"nog nergens bewaard"


def test_a_file_for_which_there_is_no_room_may_be_asked_again(door: Door) -> None:
    """A read content stands in a temporary file: a full TMPDIR is no fault of the question."""
    data = os.urandom(1_500_000)
    number = add(door, data=data)
    room = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, room[1]))  # a file may not be larger, as on a full disk
    try:
        actie = f'"{ACTIE}geefZaakdocumentLezen_Lv01"'
        answer = door.post(envelope(edc_lv01(number)), SOAPAction=actie)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, room)
    assert answer.status_code == 503
    assert b"StUF058" in answer.data
    assert b"later opnieuw" in answer.data
    assert file(read(door, number)) == data


def test_a_file_that_is_gone_is_a_fault_with_a_reference(door: Door) -> None:
    number = add(door, data=b"straks weg")
    with door.engine.begin() as connection:
        connection.execute(text("DELETE FROM document_stuk"))
    code, details = door.fout("geefZaakdocumentLezen_Lv01", edc_lv01(number))
    assert (code, "is er niet meer" in details) == ("StUF058", True)
    assert refuse(door, "geefZaakdocumentbewerken_Di02", bewerken(number))[0] == "StUF058"
    assert texts(read(door, number, '<ZKN:titel xsi:nil="true"/>'), "//z:titel") == ["Gezinsplan"]


def test_the_clean_up_leaves_every_version_its_file(door: Door) -> None:
    number = add(door, data=b"versie een")
    revise(door, number, check_out(door, number), inhoud(b"versie twee"))
    with door.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO document_inhoud (sha256, grootte, opslag) VALUES (sha256('wees'), 4, 'postgres')")
        )
    gone = list(Opslag(PostgresStore()).clean_up(door.engine))
    assert len(gone) >= 1
    assert file(read(door, number, versie="1.0")) == b"versie een"
    assert file(read(door, number)) == b"versie twee"


def test_an_answer_that_was_given_before_is_given_whole_again(door: Door) -> None:
    number = add(door, data=bytes(200_000))
    question = bewerken(number)
    first = door.succeeded("geefZaakdocumentbewerken_Di02", question)
    [sleutel] = texts(first, "//z:checkedOutId")
    revise(door, number, sleutel, inhoud(b"intussen anders"))
    once_more = door.succeeded("geefZaakdocumentbewerken_Di02", question)
    assert texts(once_more, "//z:checkedOutId") == [sleutel]
    assert file(once_more) == bytes(200_000)
