"""A transfer goes out in the order of what happened to its zaak, also by a worker that is behind (RZS 1.0, 6.8)."""

import pytest
from tests.berichten import regie as r
from tests.berichten.bouw import teksten
from tests.bezorging.conftest import MaakOntvangst
from tests.bezorging.ontvangst import Ontvangen, Ontvangst
from tests.bezorging.opstelling import MaakOpstelling, abonnement, applicatie
from tests.bezorging.test_overdracht import Wereld
from tests.conftest import wacht_tot

from regiesysteem.stuf.xml import ontleed

HEEL = ('bericht = "zakLk01"', "domeingegevens = true")


class Achterstand(Wereld):
    """Without a worker until `haal_in`; Vak gets each zaak whole, Backoffice has it only when one is handed over."""

    def haal_in(self) -> None:
        self.regie.stop()
        del self.regie.omgeving["REGIE_MET_WORKER"]
        self.regie.start()

    def kreeg(self, ontvangst: Ontvangst, nummer: str) -> list[Ontvangen]:
        """What a receiver got of a zaak, once nothing is left to do."""

        def klaar() -> bool:
            vraag = "SELECT count(*) FROM {} WHERE {}"
            te_doen = (("gebeurtenis", "NOT verdeeld"), ("notificatie", "stand = 'wacht'"))
            return all(self.regie.sql(vraag.format(*wat)) == [(0,)] for wat in te_doen)

        wacht_tot(klaar, "alles bezorgd", logboek=self.regie.logboek)
        return [een for een in ontvangst.ontvangen() if een.zaak == nummer]


@pytest.fixture
def wereld(maak_ontvangst: MaakOntvangst, maak_opstelling: MaakOpstelling) -> Achterstand:
    bo, vak = maak_ontvangst("Backoffice"), maak_ontvangst("Vak")
    regie = maak_opstelling(
        applicatie("Backoffice", bo.adres),
        applicatie("Vak", vak.adres),
        abonnement("Vak", 'zaaktype = "B1026"', *HEEL),
        abonnement("Backoffice", 'gebeurtenis = ["Update zaakdocument"]', *HEEL),
        REGIE_MET_WORKER="false",
    )
    return Achterstand(regie, bo, vak, vak)


def _mutatiesoorten(gekomen: list[Ontvangen]) -> list[str]:
    return [soort for een in gekomen for soort in teksten(ontleed(een.bericht.encode()), "//s:mutatiesoort")]


def test_a_transfer_overtakes_nothing_that_was_committed_before_it(wereld: Achterstand) -> None:
    nummer = wereld.deelplan()
    wereld.regie.zet_status(nummer, 2, "20260302")
    assert wereld.doe("zaak", "overdragen", nummer, "Vak")[0] == 0
    wereld.regie.zet_status(nummer, 3, "20260303")
    [(_, stand, bericht)] = wereld.overdrachten(nummer)
    assert (stand, bericht) == ("aangeboden", None)
    wereld.haal_in()
    gekomen = wereld.kreeg(wereld.vak, nummer)
    assert [een.actie for een in gekomen] == [
        "creeerZaak_Lk01",
        "updateZaak_Lk01",
        "updateZaak_Lk01",
        "overdragenZaak",
        "updateZaak_Lk01",
    ]
    assert _mutatiesoorten(gekomen) == ["T", "W", "W", "W"]
    [(referentienummer,)] = wereld.regie.sql("SELECT referentienummer FROM overdracht")
    assert gekomen[3].referentienummer == referentienummer


def test_a_zaak_that_goes_ahead_is_new_to_its_receiver_once(wereld: Achterstand) -> None:
    """Of an offer that was withdrawn in time nothing was sent, so there the zaak is new yet."""
    nummer = wereld.deelplan()
    assert wereld.doe("zaak", "overdragen", nummer, "Backoffice")[0] == 0
    [(overdracht, *_)] = wereld.overdrachten(nummer)
    assert wereld.doe("overdracht", "trek-in", str(overdracht))[0] == 0
    assert wereld.doe("zaak", "overdragen", nummer, "Backoffice")[0] == 0
    wereld.haal_in()
    gekomen = wereld.kreeg(wereld.bo, nummer)
    assert [een.actie for een in gekomen] == ["creeerZaak_Lk01", "overdragenZaak"]
    assert wereld.standen(nummer) == [("ingetrokken", None), ("aangeboden", "bezorgd")]
    assert wereld.antwoord(gekomen[1], "Overdracht geweigerd") == "Bv03"
    assert wereld.doe("zaak", "overdragen", nummer, "Backoffice")[0] == 0
    gekomen = wereld.kreeg(wereld.bo, nummer)
    assert [een.actie for een in gekomen[2:]] == ["updateZaak_Lk01", "overdragenZaak"]
    assert _mutatiesoorten(gekomen) == ["T", "W"]


def test_our_answer_to_an_offer_comes_after_what_happened_before_it(wereld: Achterstand) -> None:
    nummer = wereld.deelplan()
    kop = r.kop("Di01", "overdragenZaak", zender="Vak", ref=f"aanbod{nummer}"[:40])
    assert (
        wereld.regie.stuur("overdragenZaak", r.bericht("overdragenZaak_Di01", kop, r.zaak(r.is_van(), nummer)))
        == "Bv03"
    )
    [(overdracht, *_)] = wereld.overdrachten(nummer)
    assert wereld.doe("overdracht", "weiger", str(overdracht), "--melding", "Niet van ons")[0] == 0
    wereld.regie.zet_status(nummer, 2, "20260302")
    wereld.haal_in()
    gekomen = wereld.kreeg(wereld.vak, nummer)
    assert [een.actie for een in gekomen] == ["creeerZaak_Lk01", "bevestigOverdragenZaak", "updateZaak_Lk01"]
