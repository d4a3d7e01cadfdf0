"""The content of a document that is too confidential for a sender reaches it by no other way."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from tests.access.wereld import ANDER, INRICHTING, VRAGER, make_wereld
from tests.berichten.bouw import client, is_van, lk01, nps, obj, rol, texts
from tests.berichten.documenten import bewerken, document, edc_lk01, edc_lv01, inhoud, update
from tests.conftest import SJABLOON, fresh_database
from tests.soap.conftest import Door

from regiesysteem.config import Settings
from regiesysteem.db import make_engine
from regiesysteem.embedded import EmbeddedPostgres
from regiesysteem.inrichting.current import InrichtingSource
from regiesysteem.inrichting.load import load_inrichting, read_text
from regiesysteem.notifications.outbox import Distributor
from regiesysteem.storage import make_storage

ZAAK = "1900AWINHOUD"
RECHT = 'vertrouwelijkheid = "OPENBAAR"'
PAYLOAD = '[[formaat]]\nnaam = "iJw"\ndocumenttype = "iJw-bericht"\n'


def use(engine: Engine, rechten: str) -> None:
    """Give the sender other rights; an abonnement asks for the payloads of zaken too."""
    toml = INRICHTING.format(rechten=rechten).replace(
        'bericht = "zakLk01"', 'bericht = "zakLk01"\ndomeingegevens = true'
    )
    load_inrichting(engine, read_text(toml + PAYLOAD, "test"))


@pytest.fixture(scope="module")
def wereld(postgres: EmbeddedPostgres) -> Iterator[Door]:
    """A zaak that the sender sees."""
    for url in fresh_database(postgres, SJABLOON):
        engine = make_engine(url)
        door = make_wereld(engine, "", ()).door
        use(engine, RECHT)
        rollen = client("999993653", "Naam") + rol("heeftAlsInitiator", nps("999992867", "Naam"))
        zaak = obj(
            f"<ZKN:identificatie>{ZAAK}</ZKN:identificatie><ZKN:startdatum>20260110</ZKN:startdatum>"
            f"{is_van('A')}{rollen}"
        )
        door.succeeded("creeerZaak_Lk01", lk01("T", zaak, zender=ANDER))
        yield door
        engine.dispose()


def new_document(door: Door, nummer: str, aanduiding: str, file: bytes, soort: str = "Gezinsplan") -> None:
    made = document(nummer, ZAAK, file=inhoud(file), soort=soort).replace(">VERTROUWELIJK<", f">{aanduiding}<")
    door.succeeded("voegZaakdocumentToe_Lk01", edc_lk01("T", made, zender=ANDER))


def test_an_older_version_is_as_confidential_as_it_was(wereld: Door) -> None:
    new_document(wereld, "1900DVERSIES", "GEHEIM", b"de namen staan er nog in")
    answer = wereld.succeeded("geefZaakdocumentbewerken_Di02", bewerken("1900DVERSIES", zender=ANDER))
    [sleutel] = texts(answer, "//z:checkedOutId")
    public = "<ZKN:vertrouwelijkAanduiding>OPENBAAR</ZKN:vertrouwelijkAanduiding>" + inhoud(b"zonder namen")
    wereld.succeeded("updateZaakdocument_Di02", update("1900DVERSIES", sleutel, public, zender=ANDER))

    def read(zender: str, versie: str) -> list[str]:
        answer = wereld.succeeded("geefZaakdocumentLezen_Lv01", edc_lv01("1900DVERSIES", versie=versie, zender=zender))
        return texts(answer, "//z:antwoord/z:object/z:vertrouwelijkAanduiding")

    assert read(ANDER, "1.0") == ["GEHEIM"]
    assert read(VRAGER, "") == ["OPENBAAR"]
    assert read(VRAGER, "1.0") == []


def test_domain_data_of_a_hidden_document_go_to_no_receiver(wereld: Door) -> None:
    def told(nummer: str) -> str:
        engine = wereld.engine
        Distributor(engine, InrichtingSource(engine), make_storage(Settings())).walk()
        newest = "SELECT convert_from(inhoud, 'UTF8') FROM notificatie WHERE ontvanger = 'GWS4all' ORDER BY id DESC"
        with engine.connect() as connection:
            return str(connection.exec_driver_sql(newest).scalars().first())

    new_document(wereld, "1900DOPEN", "OPENBAAR", b"<open/>", "iJw-bericht")
    assert "domeingegevens/iJw" in told("1900DOPEN")
    new_document(wereld, "1900DDICHT", "GEHEIM", b"<dicht/>", "iJw-bericht")
    assert "domeingegevens/iJw" not in told("1900DDICHT")
