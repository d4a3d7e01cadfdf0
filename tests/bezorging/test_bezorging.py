"""An event of a zaak reaches each receiver with an abonnement, from the message to the receiver's own process."""

from dataclasses import dataclass

import pytest
from tests.berichten.bouw import gezinsplan, lk01, new_number, obj
from tests.bezorging.conftest import MakeReception
from tests.bezorging.ontvangst import Received, Reception
from tests.bezorging.opstelling import MakeOpstelling, Opstelling, abonnement, applicatie
from tests.conftest import wait_until


@dataclass
class Wereld:
    """A server and three receivers: all of what happens, new zaken only, and one that a test may spoil."""

    regie: Opstelling
    alles: Reception
    nieuw: Reception
    lastig: Reception

    def van(self, reception: Reception, number: str) -> list[Received]:
        return [one for one in reception.received() if one.zaak == number]

    def wacht(self, reception: Reception, number: str, count: int) -> list[Received]:
        """The messages that a receiver got of a zaak, once it has so many."""
        wait_until(lambda: len(self.van(reception, number)) >= count, f"{count} berichten", logboek=self.regie.logboek)
        return self.van(reception, number)

    def stand(self, naam: str, number: str) -> list[tuple[object, ...]]:
        return self.regie.sql(
            f"SELECT stand, melding FROM notificatie WHERE ontvanger = '{naam}' AND stroom = '{number}' ORDER BY id"
        )


@pytest.fixture(scope="module")
def wereld(module_reception: MakeReception, module_opstelling: MakeOpstelling) -> Wereld:
    alles, new, lastig = (module_reception(naam) for naam in ("Alles", "Nieuw", "Lastig"))
    regie = module_opstelling(
        applicatie("Alles", alles.adres),
        applicatie("Nieuw", new.adres, 'soap = "1.2"'),
        applicatie("Lastig", lastig.adres),
        applicatie("Zonder adres", ""),
        abonnement("Alles", 'verwachte_actie = "Kijk even"'),
        abonnement("Nieuw", 'gebeurtenis = ["Creeer zaak"]'),
        abonnement("Lastig", 'zaaktype = "B1026"'),
        abonnement("GWS4all"),
        abonnement("Zonder adres", 'zaaktype = "GEZINSPLAN"'),
    )
    return Wereld(regie, alles, new, lastig)


def test_a_new_zaak_and_its_status_are_told(wereld: Wereld) -> None:
    """RZS 6.9: what happened, to which zaak of which zaaktype, and its status; not to who did it (5.2.6)."""
    number = new_number()
    wereld.regie.creeer(number)
    wereld.regie.set_status(number, 2, "20260302")
    first, afterwards = wereld.wacht(wereld.alles, number, 2)
    assert (first.actie, first.gebeurtenis) == ("notificeerOverZaak", "Creeer zaak")
    assert (afterwards.actie, afterwards.gebeurtenis) == ("notificeerOverZaak", "Actualiseer zaakstatus")
    assert "Kijk even" in afterwards.bericht
    assert "20260302" in afterwards.bericht
    [new] = wereld.wacht(wereld.nieuw, number, 1)
    assert new.gebeurtenis == "Creeer zaak"
    assert "http://www.w3.org/2003/05/soap-envelope" in new.bericht
    assert wereld.regie.states("GWS4all") == {}


def test_an_update_that_sets_a_status_tells_both(wereld: Wereld) -> None:
    """Real senders report a status with updateZaak; one that changes nothing tells nothing."""
    number = new_number()
    wereld.regie.creeer(number)
    sleutel = f"<ZKN:identificatie>{number}</ZKN:identificatie>"
    old, new = (obj(f"{sleutel}<ZKN:omschrijving>{what}</ZKN:omschrijving>", "W") for what in ("oud", "nieuw"))
    assert wereld.regie.send("updateZaak_Lk01", lk01("W", old, new)) == "Bv03"
    assert wereld.regie.send("updateZaak_Lk01", lk01("W", new, new)) == "Bv03"
    wereld.regie.set_status(number, 2, "20260302")
    gebeurtenissen = [one.gebeurtenis for one in wereld.wacht(wereld.alles, number, 3)]
    assert gebeurtenissen == ["Creeer zaak", "Update zaak", "Actualiseer zaakstatus"]


def test_what_a_failed_message_would_have_told_is_not_told(wereld: Wereld) -> None:
    number = new_number()
    wereld.regie.creeer(number)
    bericht = lk01("T", obj(f"<ZKN:identificatie>{number}</ZKN:identificatie>"))
    assert wereld.regie.send("creeerZaak_Lk01", bericht) == "Fo03"
    wereld.wacht(wereld.alles, number, 1)
    assert wereld.regie.sql(f"SELECT count(*) FROM gebeurtenis WHERE zaakidentificatie = '{number}'") == [(1,)]


def test_a_receiver_without_address_gets_nothing_and_one_that_nobody_knows_strands(wereld: Wereld) -> None:
    number = new_number()
    verweesd = '{"applicatie": "Verdwenen", "zaaktype": ["GEZINSPLAN"]}'
    wereld.regie.change(f"INSERT INTO abonnement (regel) VALUES ('{verweesd}')")
    wereld.regie.change("UPDATE inrichting_stand SET versie = versie + 1")
    assert wereld.regie.send("creeerZaak_Lk01", lk01("T", gezinsplan(number))) == "Bv03"
    wereld.wacht(wereld.alles, number, 1)
    assert wereld.stand("Zonder adres", number) == []
    [(state, melding)] = wereld.stand("Verdwenen", number)
    assert (state, melding) == ("gestrand", "applicatie Verdwenen staat niet in de inrichting")


@pytest.mark.parametrize("behaviour", ["500", "stoort", "rommel", "leeg", "half", "traag 3"])
def test_a_receiver_with_trouble_gets_it_later_with_the_same_number(wereld: Wereld, behaviour: str) -> None:
    """StUF 4.4: the referentienummer is fixed, so that a receiver who had it after all knows it again."""
    number = new_number()
    wereld.lastig.do(behaviour)
    wereld.regie.creeer(number)
    wereld.wacht(wereld.lastig, number, 1)
    wereld.lastig.do("goed")
    first, *rest = wereld.wacht(wereld.lastig, number, 2)
    assert {one.referentienummer for one in rest} == {first.referentienummer}
    assert {one.bericht for one in rest} == {first.bericht}
    wait_until(lambda: wereld.stand("Lastig", number)[0][0] == "bezorgd", "bezorgd", logboek=wereld.regie.logboek)
    assert wereld.van(wereld.alles, number)


def test_what_a_receiver_refuses_strands_and_the_rest_goes_on(wereld: Wereld) -> None:
    """A fault with plek client will be the same next time."""
    number = new_number()
    wereld.lastig.do("weigert")
    wereld.regie.creeer(number)
    wait_until(lambda: [state for state, _ in wereld.stand("Lastig", number)] == ["gestrand"], "gestrand")
    wereld.lastig.do("goed")
    wereld.regie.set_status(number, 2, "20260302")
    first, afterwards = wereld.wacht(wereld.lastig, number, 2)
    assert (first.gebeurtenis, afterwards.gebeurtenis) == ("Creeer zaak", "Actualiseer zaakstatus")
    assert "StUF055" in str(wereld.stand("Lastig", number)[0][1])


def test_a_silent_receiver_holds_up_nobody_else(wereld: Wereld) -> None:
    wereld.lastig.do("zwijg")
    numbers = [new_number() for _ in range(8)]
    for number in numbers:
        wereld.regie.creeer(number)
    for number in numbers:
        wereld.wacht(wereld.alles, number, 1)
    assert [one.gedrag for one in wereld.lastig.received() if one.zaak in numbers].count("goed") == 0
    wereld.lastig.do("goed")
    for number in numbers:
        wereld.wacht(wereld.lastig, number, 1)
    assert max(one.gelijk for one in wereld.lastig.received()) <= 4
