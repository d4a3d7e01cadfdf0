"""A transfer goes out in the order of what happened to its zaak, also by a worker that is behind (RZS 1.0, 6.8)."""

import pytest
from tests.berichten import regie as r
from tests.berichten.bouw import texts
from tests.bezorging.conftest import MakeReception
from tests.bezorging.ontvangst import Received, Reception
from tests.bezorging.opstelling import MakeOpstelling, abonnement, applicatie
from tests.bezorging.test_overdracht import Wereld
from tests.conftest import wait_until

from regiesysteem.stuf.xml import parse

WHOLE = ('bericht = "zakLk01"', "domeingegevens = true")


class Achterstand(Wereld):
    """Without a worker until `fetch_in`; Vak gets each zaak whole, Backoffice has it only when one is handed over."""

    def fetch_in(self) -> None:
        self.regie.stop()
        del self.regie.environment["REGIE_MET_WORKER"]
        self.regie.start()

    def kreeg(self, reception: Reception, number: str) -> list[Received]:
        """The messages that a receiver got of a zaak, once nothing is left to do."""

        def ready() -> bool:
            question = "SELECT count(*) FROM {} WHERE {}"
            todo = (("gebeurtenis", "NOT verdeeld"), ("notificatie", "stand = 'wacht'"))
            return all(self.regie.sql(question.format(*what)) == [(0,)] for what in todo)

        wait_until(ready, "alles bezorgd", logboek=self.regie.logboek)
        return [one for one in reception.received() if one.zaak == number]


@pytest.fixture
def wereld(make_reception: MakeReception, make_opstelling: MakeOpstelling) -> Achterstand:
    bo, vak = make_reception("Backoffice"), make_reception("Vak")
    regie = make_opstelling(
        applicatie("Backoffice", bo.adres),
        applicatie("Vak", vak.adres),
        abonnement("Vak", 'zaaktype = "B1026"', *WHOLE),
        abonnement("Backoffice", 'gebeurtenis = ["Update zaakdocument"]', *WHOLE),
        REGIE_MET_WORKER="false",
    )
    return Achterstand(regie, bo, vak, vak)


def _mutatiesoorten(come: list[Received]) -> list[str]:
    return [soort for one in come for soort in texts(parse(one.bericht.encode()), "//s:mutatiesoort")]


def test_a_transfer_overtakes_nothing_that_was_committed_before_it(wereld: Achterstand) -> None:
    number = wereld.deelplan()
    wereld.regie.set_status(number, 2, "20260302")
    assert wereld.do("zaak", "overdragen", number, "Vak")[0] == 0
    wereld.regie.set_status(number, 3, "20260303")
    [(_, state, bericht)] = wereld.overdrachten(number)
    assert (state, bericht) == ("aangeboden", None)
    wereld.fetch_in()
    come = wereld.kreeg(wereld.vak, number)
    assert [one.actie for one in come] == [
        "creeerZaak_Lk01",
        "updateZaak_Lk01",
        "updateZaak_Lk01",
        "overdragenZaak",
        "updateZaak_Lk01",
    ]
    assert _mutatiesoorten(come) == ["T", "W", "W", "W"]
    [(referentienummer,)] = wereld.regie.sql("SELECT referentienummer FROM overdracht")
    assert come[3].referentienummer == referentienummer


def test_a_zaak_that_goes_ahead_is_new_to_its_receiver_once(wereld: Achterstand) -> None:
    """An offer that was withdrawn in time sent nothing, so to its receiver the zaak is new yet."""
    number = wereld.deelplan()
    assert wereld.do("zaak", "overdragen", number, "Backoffice")[0] == 0
    [(overdracht, *_)] = wereld.overdrachten(number)
    assert wereld.do("overdracht", "trek-in", str(overdracht))[0] == 0
    assert wereld.do("zaak", "overdragen", number, "Backoffice")[0] == 0
    wereld.fetch_in()
    come = wereld.kreeg(wereld.bo, number)
    assert [one.actie for one in come] == ["creeerZaak_Lk01", "overdragenZaak"]
    assert wereld.states(number) == [("ingetrokken", None), ("aangeboden", "bezorgd")]
    assert wereld.antwoord(come[1], "Overdracht geweigerd") == "Bv03"
    assert wereld.do("zaak", "overdragen", number, "Backoffice")[0] == 0
    come = wereld.kreeg(wereld.bo, number)
    assert [one.actie for one in come[2:]] == ["updateZaak_Lk01", "overdragenZaak"]
    assert _mutatiesoorten(come) == ["T", "W"]


def test_our_answer_to_an_offer_comes_after_what_happened_before_it(wereld: Achterstand) -> None:
    number = wereld.deelplan()
    head = r.head("Di01", "overdragenZaak", zender="Vak", ref=f"aanbod{number}"[:40])
    assert (
        wereld.regie.send("overdragenZaak", r.bericht("overdragenZaak_Di01", head, r.zaak(r.is_van(), number)))
        == "Bv03"
    )
    [(overdracht, *_)] = wereld.overdrachten(number)
    assert wereld.do("overdracht", "weiger", str(overdracht), "--melding", "Niet van ons")[0] == 0
    wereld.regie.set_status(number, 2, "20260302")
    wereld.fetch_in()
    come = wereld.kreeg(wereld.vak, number)
    assert [one.actie for one in come] == ["creeerZaak_Lk01", "bevestigOverdragenZaak", "updateZaak_Lk01"]
