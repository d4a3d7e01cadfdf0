"""What happens to a zaak reaches whoever has an abonnement, from the message to the receiver's own process."""

from dataclasses import dataclass

import pytest
from tests.berichten.bouw import gezinsplan, lk01, nieuw_nummer, obj
from tests.bezorging.conftest import MaakOntvangst
from tests.bezorging.ontvangst import Ontvangen, Ontvangst
from tests.bezorging.opstelling import MaakOpstelling, Opstelling, abonnement, applicatie
from tests.conftest import wacht_tot


@dataclass
class Wereld:
    """A server and three receivers: all of what happens, new zaken only, and one that a test may spoil."""

    regie: Opstelling
    alles: Ontvangst
    nieuw: Ontvangst
    lastig: Ontvangst

    def van(self, ontvangst: Ontvangst, nummer: str) -> list[Ontvangen]:
        return [een for een in ontvangst.ontvangen() if een.zaak == nummer]

    def wacht(self, ontvangst: Ontvangst, nummer: str, aantal: int) -> list[Ontvangen]:
        """What a receiver got of a zaak, once it is so many."""
        wacht_tot(lambda: len(self.van(ontvangst, nummer)) >= aantal, f"{aantal} berichten", logboek=self.regie.logboek)
        return self.van(ontvangst, nummer)

    def stand(self, naam: str, nummer: str) -> list[tuple[object, ...]]:
        return self.regie.sql(
            f"SELECT stand, melding FROM notificatie WHERE ontvanger = '{naam}' AND stroom = '{nummer}' ORDER BY id"
        )


@pytest.fixture(scope="module")
def wereld(module_ontvangst: MaakOntvangst, module_opstelling: MaakOpstelling) -> Wereld:
    alles, nieuw, lastig = (module_ontvangst(naam) for naam in ("Alles", "Nieuw", "Lastig"))
    regie = module_opstelling(
        applicatie("Alles", alles.adres),
        applicatie("Nieuw", nieuw.adres, 'soap = "1.2"'),
        applicatie("Lastig", lastig.adres),
        applicatie("Zonder adres", ""),
        abonnement("Alles", 'verwachte_actie = "Kijk even"'),
        abonnement("Nieuw", 'gebeurtenis = ["Creeer zaak"]'),
        abonnement("Lastig", 'zaaktype = "B1026"'),
        abonnement("GWS4all"),
        abonnement("Zonder adres", 'zaaktype = "GEZINSPLAN"'),
    )
    return Wereld(regie, alles, nieuw, lastig)


def test_a_new_zaak_and_its_status_are_told(wereld: Wereld) -> None:
    """RZS 6.9: what happened, to which zaak of which zaaktype, and its status; not to who did it (5.2.6)."""
    nummer = nieuw_nummer()
    wereld.regie.creeer(nummer)
    wereld.regie.zet_status(nummer, 2, "20260302")
    eerst, daarna = wereld.wacht(wereld.alles, nummer, 2)
    assert (eerst.actie, eerst.gebeurtenis) == ("notificeerOverZaak", "Creeer zaak")
    assert (daarna.actie, daarna.gebeurtenis) == ("notificeerOverZaak", "Actualiseer zaakstatus")
    assert "Kijk even" in daarna.bericht
    assert "20260302" in daarna.bericht
    [nieuw] = wereld.wacht(wereld.nieuw, nummer, 1)
    assert nieuw.gebeurtenis == "Creeer zaak"
    assert "http://www.w3.org/2003/05/soap-envelope" in nieuw.bericht
    assert wereld.regie.standen("GWS4all") == {}


def test_an_update_that_sets_a_status_tells_both(wereld: Wereld) -> None:
    """Real senders report a status with updateZaak; one that changes nothing tells nothing."""
    nummer = nieuw_nummer()
    wereld.regie.creeer(nummer)
    sleutel = f"<ZKN:identificatie>{nummer}</ZKN:identificatie>"
    oud, nieuw = (obj(f"{sleutel}<ZKN:omschrijving>{wat}</ZKN:omschrijving>", "W") for wat in ("oud", "nieuw"))
    assert wereld.regie.stuur("updateZaak_Lk01", lk01("W", oud, nieuw)) == "Bv03"
    assert wereld.regie.stuur("updateZaak_Lk01", lk01("W", nieuw, nieuw)) == "Bv03"
    wereld.regie.zet_status(nummer, 2, "20260302")
    gebeurtenissen = [een.gebeurtenis for een in wereld.wacht(wereld.alles, nummer, 3)]
    assert gebeurtenissen == ["Creeer zaak", "Update zaak", "Actualiseer zaakstatus"]


def test_what_a_failed_message_would_have_told_is_not_told(wereld: Wereld) -> None:
    nummer = nieuw_nummer()
    wereld.regie.creeer(nummer)
    bericht = lk01("T", obj(f"<ZKN:identificatie>{nummer}</ZKN:identificatie>"))
    assert wereld.regie.stuur("creeerZaak_Lk01", bericht) == "Fo03"
    wereld.wacht(wereld.alles, nummer, 1)
    assert wereld.regie.sql(f"SELECT count(*) FROM gebeurtenis WHERE zaakidentificatie = '{nummer}'") == [(1,)]


def test_a_receiver_without_address_gets_nothing_and_one_that_nobody_knows_strands(wereld: Wereld) -> None:
    nummer = nieuw_nummer()
    verweesd = '{"applicatie": "Verdwenen", "zaaktype": ["GEZINSPLAN"]}'
    wereld.regie.wijzig(f"INSERT INTO abonnement (regel) VALUES ('{verweesd}')")
    wereld.regie.wijzig("UPDATE inrichting_stand SET versie = versie + 1")
    assert wereld.regie.stuur("creeerZaak_Lk01", lk01("T", gezinsplan(nummer))) == "Bv03"
    wereld.wacht(wereld.alles, nummer, 1)
    assert wereld.stand("Zonder adres", nummer) == []
    [(stand, melding)] = wereld.stand("Verdwenen", nummer)
    assert (stand, melding) == ("gestrand", "applicatie Verdwenen staat niet in de inrichting")


@pytest.mark.parametrize("gedrag", ["500", "stoort", "rommel", "leeg", "half", "traag 3"])
def test_a_receiver_with_trouble_gets_it_later_with_the_same_number(wereld: Wereld, gedrag: str) -> None:
    """StUF 4.4: the referentienummer is fixed, so that a receiver who had it after all knows it again."""
    nummer = nieuw_nummer()
    wereld.lastig.doe(gedrag)
    wereld.regie.creeer(nummer)
    wereld.wacht(wereld.lastig, nummer, 1)
    wereld.lastig.doe("goed")
    eerste, *rest = wereld.wacht(wereld.lastig, nummer, 2)
    assert {een.referentienummer for een in rest} == {eerste.referentienummer}
    assert {een.bericht for een in rest} == {eerste.bericht}
    wacht_tot(lambda: wereld.stand("Lastig", nummer)[0][0] == "bezorgd", "bezorgd", logboek=wereld.regie.logboek)
    assert wereld.van(wereld.alles, nummer)


def test_what_a_receiver_refuses_strands_and_the_rest_goes_on(wereld: Wereld) -> None:
    """A fault with plek client will be the same next time."""
    nummer = nieuw_nummer()
    wereld.lastig.doe("weigert")
    wereld.regie.creeer(nummer)
    wacht_tot(lambda: [stand for stand, _ in wereld.stand("Lastig", nummer)] == ["gestrand"], "gestrand")
    wereld.lastig.doe("goed")
    wereld.regie.zet_status(nummer, 2, "20260302")
    eerst, daarna = wereld.wacht(wereld.lastig, nummer, 2)
    assert (eerst.gebeurtenis, daarna.gebeurtenis) == ("Creeer zaak", "Actualiseer zaakstatus")
    assert "StUF055" in str(wereld.stand("Lastig", nummer)[0][1])


def test_a_silent_receiver_holds_up_nobody_else(wereld: Wereld) -> None:
    wereld.lastig.doe("zwijg")
    nummers = [nieuw_nummer() for _ in range(8)]
    for nummer in nummers:
        wereld.regie.creeer(nummer)
    for nummer in nummers:
        wereld.wacht(wereld.alles, nummer, 1)
    assert [een.gedrag for een in wereld.lastig.ontvangen() if een.zaak in nummers].count("goed") == 0
    wereld.lastig.doe("goed")
    for nummer in nummers:
        wereld.wacht(wereld.lastig, nummer, 1)
    assert max(een.gelijk for een in wereld.lastig.ontvangen()) <= 4
