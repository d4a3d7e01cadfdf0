"""initieerNotificeerOverZaak: all that is said of a zaak goes on to whoever has an abonnement (RZS 6.10.2, 6.9.2)."""

import pytest
from tests.berichten import regie as r
from tests.berichten.bouw import new_number, texts
from tests.notifications.stappen import sql
from tests.soap.conftest import Door

from regiesysteem.config import Settings
from regiesysteem.inrichting.current import InrichtingSource
from regiesysteem.notifications.outbox import Distributor
from regiesysteem.storage import make_storage
from regiesysteem.stuf.xml import parse

INITIEER = "initieerNotificeerOverZaak_Di01"
EXTRA = r.extra(gebeurtenis="Update zaak", zendendeApplicatie="Bron")


@pytest.fixture
def abonnee(door: Door) -> Door:
    """Schuldhulp wants to hear of B1026, with what is expected of it."""
    regel = '{"applicatie": "Schuldhulp", "zaaktype": ["B1026"], "verwachte_actie": "Kijk even"}'
    sql(door.engine, "DELETE FROM abonnement")
    sql(door.engine, "INSERT INTO abonnement (regel) VALUES (CAST(:regel AS jsonb))", regel=regel)
    return door


def _sent(door: Door, bericht: str, number: str) -> list[str]:
    """The messages that follow from one, after a worker distributed it."""
    door.succeeded("initieerNotificeerOverZaak", bericht)
    Distributor(door.engine, InrichtingSource(door.engine), make_storage(Settings())).walk()
    rows = sql(door.engine, "SELECT inhoud FROM notificatie WHERE stroom = :n", n=number)
    return [bytes(inhoud).decode() for (inhoud,) in rows]


def test_meldingen_go_on_after_what_is_expected(abonnee: Door) -> None:
    number = new_number()
    bericht = r.notificatie(r.zaak(EXTRA + r.is_van(), number), naam=INITIEER, melding="Bel de huisarts")
    bericht = bericht.replace("</RZS:melding>", "</RZS:melding><RZS:melding>Voor vrijdag</RZS:melding>", 1)
    [sent] = _sent(abonnee, bericht, number)
    meldingen = [one.text for one in parse(sent.encode()).iter("{*}melding")]
    assert meldingen == ["Kijk even", "Bel de huisarts", "Voor vrijdag"]


def test_a_zaaktype_that_we_know_gets_its_omschrijving(abonnee: Door) -> None:
    """GWS4all may leave out what the schema wants; a name that the sender gives stays his."""
    for zaaktype, naam in (
        ("<ZKN:code>B1026</ZKN:code>", "Aanvraag minima"),
        ("<ZKN:omschrijving>Eigen naam</ZKN:omschrijving><ZKN:code>B1026</ZKN:code>", "Eigen naam"),
    ):
        number = new_number()
        inhoud = r.zaak(EXTRA + r.is_van(zaaktype), number)
        bericht = r.notificatie(inhoud, naam=INITIEER).replace(">Bus<", ">GWS4all<")
        [sent] = _sent(abonnee, bericht, number)
        root = parse(sent.encode())
        assert texts(root, "//z:isVan//z:code") == ["B1026"]
        assert texts(root, "//z:isVan//z:omschrijving") == [naam]
