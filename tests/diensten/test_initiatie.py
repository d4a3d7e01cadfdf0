"""initieerNotificeerOverZaak: all that is said of a zaak goes on to whoever has an abonnement (RZS 6.10.2, 6.9.2)."""

import pytest
from tests.berichten import regie as r
from tests.berichten.bouw import nieuw_nummer, teksten
from tests.notifications.stappen import sql
from tests.soap.conftest import Deur

from regiesysteem.config import Instellingen
from regiesysteem.inrichting.current import InrichtingBron
from regiesysteem.notifications.outbox import Verdeler
from regiesysteem.storage import maak_opslag
from regiesysteem.stuf.xml import ontleed

INITIEER = "initieerNotificeerOverZaak_Di01"
EXTRA = r.extra(gebeurtenis="Update zaak", zendendeApplicatie="Bron")


@pytest.fixture
def abonnee(deur: Deur) -> Deur:
    """Schuldhulp wants to hear of B1026, with what is expected of it."""
    regel = '{"applicatie": "Schuldhulp", "zaaktype": ["B1026"], "verwachte_actie": "Kijk even"}'
    sql(deur.motor, "DELETE FROM abonnement")
    sql(deur.motor, "INSERT INTO abonnement (regel) VALUES (CAST(:regel AS jsonb))", regel=regel)
    return deur


def _verstuurd(deur: Deur, bericht: str, nummer: str) -> list[str]:
    """The messages that follow from one, after a worker distributed it."""
    deur.gelukt("initieerNotificeerOverZaak", bericht)
    Verdeler(deur.motor, InrichtingBron(deur.motor), maak_opslag(Instellingen())).loop_door()
    rijen = sql(deur.motor, "SELECT inhoud FROM notificatie WHERE stroom = :n", n=nummer)
    return [bytes(inhoud).decode() for (inhoud,) in rijen]


def test_meldingen_go_on_after_what_is_expected(abonnee: Deur) -> None:
    nummer = nieuw_nummer()
    bericht = r.notificatie(r.zaak(EXTRA + r.is_van(), nummer), naam=INITIEER, melding="Bel de huisarts")
    bericht = bericht.replace("</RZS:melding>", "</RZS:melding><RZS:melding>Voor vrijdag</RZS:melding>", 1)
    [verstuurd] = _verstuurd(abonnee, bericht, nummer)
    meldingen = [een.text for een in ontleed(verstuurd.encode()).iter("{*}melding")]
    assert meldingen == ["Kijk even", "Bel de huisarts", "Voor vrijdag"]


def test_a_zaaktype_that_we_know_gets_its_omschrijving(abonnee: Deur) -> None:
    """GWS4all may leave out what the schema wants; a name that the sender gives stays his."""
    for zaaktype, naam in (
        ("<ZKN:code>B1026</ZKN:code>", "Aanvraag minima"),
        ("<ZKN:omschrijving>Eigen naam</ZKN:omschrijving><ZKN:code>B1026</ZKN:code>", "Eigen naam"),
    ):
        nummer = nieuw_nummer()
        inhoud = r.zaak(EXTRA + r.is_van(zaaktype), nummer)
        bericht = r.notificatie(inhoud, naam=INITIEER).replace(">Bus<", ">GWS4all<")
        [verstuurd] = _verstuurd(abonnee, bericht, nummer)
        wortel = ontleed(verstuurd.encode())
        assert teksten(wortel, "//z:isVan//z:code") == ["B1026"]
        assert teksten(wortel, "//z:isVan//z:omschrijving") == [naam]
