"""What happens to a zaak reaches whoever has an abonnement, from the message to the receiver's own process."""

from collections.abc import Callable

from tests.berichten.bouw import nieuw_nummer
from tests.conftest import wacht_tot
from tests.notificaties.ontvangst import Ontvangst
from tests.notificaties.opstelling import MaakOpstelling, abonnement, applicatie

MaakOntvangst = Callable[[str], Ontvangst]


def test_a_new_zaak_and_its_status_are_told(maak_ontvangst: MaakOntvangst, maak_opstelling: MaakOpstelling) -> None:
    """RZS 6.9: what happened, to which zaak of which zaaktype, and its status; not to who did it (5.2.6)."""
    wmo = maak_ontvangst("Wmo")
    regie = maak_opstelling(
        applicatie("Wmo", wmo.adres), abonnement("Wmo", 'verwachte_actie = "Kijk even"'), abonnement("GWS4all")
    )
    nummer = nieuw_nummer()
    regie.creeer(nummer)
    regie.zet_status(nummer, 2, "20260302")
    wacht_tot(lambda: len(wmo.ontvangen()) == 2, "twee notificaties", logboek=regie.logboek)
    eerst, daarna = wmo.ontvangen()
    assert (eerst.actie, eerst.zaak, eerst.gebeurtenis) == ("notificeerOverZaak", nummer, "Creeer zaak")
    assert (daarna.zaak, daarna.gebeurtenis) == (nummer, "Actualiseer zaakstatus")
    assert "Kijk even" in daarna.bericht
    assert "20260302" in daarna.bericht
    wacht_tot(lambda: regie.standen("Wmo") == {"bezorgd": 2}, "bezorgd")
    assert regie.standen("GWS4all") == {}
