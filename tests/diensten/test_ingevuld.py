"""What was reported goes before what we filled in ourselves (docs/afwijkingen.md 18 and 19)."""

from tests.berichten.bouw import ander, lv01, status, teksten
from tests.diensten.stappen import INITIATOR, actualiseer, element, laatste, nieuw, wijzig
from tests.soap.conftest import Deur

DEELZAAK, INDICATIE = "heeftAlsDeelzaak", "deelzakenIndicatie"


def test_a_status_that_was_reported_goes_before_the_first_one_that_was_filled_in(deur: Deur) -> None:
    nummer = nieuw(deur, start="20260105")
    assert laatste(deur, nummer) == ["Ontvangen"]
    actualiseer(deur, nummer, status(2, "20260104235959000"))
    assert laatste(deur, nummer) == ["In behandeling"]
    actualiseer(deur, nummer, status(3, "20260103"))
    assert laatste(deur, nummer) == ["In behandeling"], "among what was reported the moment decides"


def test_an_eindstatus_before_the_startdatum_closes_the_zaak(deur: Deur) -> None:
    nummer = nieuw(deur, start="20260105")
    actualiseer(deur, nummer, status(3, "20260104"))
    assert element(deur, nummer, "z:einddatum") == ["20260104"]


def test_the_first_status_that_a_sender_reports_himself_is_reported(deur: Deur) -> None:
    nummer = nieuw(deur, start="20260105")
    actualiseer(deur, nummer, status(1, "20260105"))
    actualiseer(deur, nummer, status(2, "20260104"))
    assert laatste(deur, nummer) == ["Ontvangen"]
    assert element(deur, nummer, "z:heeft/z:datumStatusGezet") == ["20260104", "20260105"], "told once"


def gevonden(deur: Deur, nummer: str, waarde: str) -> bool:
    gelijk = f"<ZKN:identificatie>{nummer}</ZKN:identificatie><ZKN:{INDICATIE}>{waarde}</ZKN:{INDICATIE}>"
    antwoord = deur.gelukt("zakLv01", lv01(gelijk, "<ZKN:identificatie xsi:nil='true'/>"))
    return teksten(antwoord, "//z:antwoord/z:object/z:identificatie") == [nummer]


def test_whether_a_zaak_has_deelzaken_follows_its_relations(deur: Deur) -> None:
    deel = nieuw(deur)
    hoofd = nieuw(deur, relaties=INITIATOR + ander(DEELZAAK, deel))
    later = nieuw(deur)
    for nummer, verwacht in ((hoofd, "J"), (deel, "N"), (later, "N")):
        assert element(deur, nummer, f"z:{INDICATIE}") == [verwacht]
        assert gevonden(deur, nummer, verwacht)
        assert not gevonden(deur, nummer, "N" if verwacht == "J" else "J")
    wijzig(deur, later, "", ander(DEELZAAK, hoofd))
    assert element(deur, later, f"z:{INDICATIE}") == ["J"]
    wijzig(deur, later, ander(DEELZAAK, hoofd, "V"), "<ZKN:toelichting>los</ZKN:toelichting>")
    assert element(deur, later, f"z:{INDICATIE}") == ["N"]


def test_what_a_sender_says_of_deelzaken_stays(deur: Deur) -> None:
    deel = nieuw(deur)
    zegt = f"<ZKN:{INDICATIE}>{{}}</ZKN:{INDICATIE}>"
    hoofd = nieuw(deur, elementen=zegt.format("N"), relaties=INITIATOR + ander(DEELZAAK, deel))
    assert element(deur, hoofd, f"z:{INDICATIE}") == ["N"]
    wijzig(deur, deel, zegt.format("N"), zegt.format("J"))
    assert element(deur, deel, f"z:{INDICATIE}") == ["J"]
    assert gevonden(deur, deel, "J")
