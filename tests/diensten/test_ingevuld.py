"""A reported value goes before one that we filled in ourselves (docs/afwijkingen.md 18 and 19)."""

from datetime import datetime

from tests.berichten.bouw import lv01, other, status, texts
from tests.diensten.stappen import INITIATOR, actualiseer, change, element, last, new
from tests.soap.conftest import Door

from regiesysteem.config import TIME_ZONE

DEELZAAK, INDICATIE = "heeftAlsDeelzaak", "deelzakenIndicatie"


def test_a_status_that_was_reported_goes_before_the_first_one_that_was_filled_in(door: Door) -> None:
    number = new(door, start="20260105")
    assert last(door, number) == ["Ontvangen"]
    actualiseer(door, number, status(2, "20260104235959000"))
    assert last(door, number) == ["In behandeling"]
    actualiseer(door, number, status(3, "20260103"))
    assert last(door, number) == ["In behandeling"], "among what was reported the moment decides"


def test_the_first_status_of_a_zaak_that_has_yet_to_start_is_of_today(door: Door) -> None:
    days = [f"{datetime.now(TIME_ZONE):%Y%m%d}"]
    number = new(door, start="20991231")
    days.append(f"{datetime.now(TIME_ZONE):%Y%m%d}")
    [day] = element(door, number, "z:heeft/z:datumStatusGezet")
    assert day in days


def test_an_eindstatus_before_the_startdatum_closes_the_zaak(door: Door) -> None:
    number = new(door, start="20260105")
    actualiseer(door, number, status(3, "20260104"))
    assert element(door, number, "z:einddatum") == ["20260104"]


def test_the_first_status_that_a_sender_reports_himself_is_reported(door: Door) -> None:
    number = new(door, start="20260105")
    actualiseer(door, number, status(1, "20260105"))
    actualiseer(door, number, status(2, "20260104"))
    assert last(door, number) == ["Ontvangen"]
    assert element(door, number, "z:heeft/z:datumStatusGezet") == ["20260104", "20260105"], "told once"


def found(door: Door, number: str, waarde: str) -> bool:
    gelijk = f"<ZKN:identificatie>{number}</ZKN:identificatie><ZKN:{INDICATIE}>{waarde}</ZKN:{INDICATIE}>"
    answer = door.succeeded("zakLv01", lv01(gelijk, "<ZKN:identificatie xsi:nil='true'/>"))
    return texts(answer, "//z:antwoord/z:object/z:identificatie") == [number]


def test_whether_a_zaak_has_deelzaken_follows_its_relations(door: Door) -> None:
    part = new(door)
    hoofd = new(door, relaties=INITIATOR + other(DEELZAAK, part))
    later = new(door)
    for number, expected in ((hoofd, "J"), (part, "N"), (later, "N")):
        assert element(door, number, f"z:{INDICATIE}") == [expected]
        assert found(door, number, expected)
        assert not found(door, number, "N" if expected == "J" else "J")
    change(door, later, "", other(DEELZAAK, hoofd))
    assert element(door, later, f"z:{INDICATIE}") == ["J"]
    change(door, later, other(DEELZAAK, hoofd, "V"), "<ZKN:toelichting>los</ZKN:toelichting>")
    assert element(door, later, f"z:{INDICATIE}") == ["N"]


def test_what_a_sender_says_of_deelzaken_stays(door: Door) -> None:
    part = new(door)
    says = f"<ZKN:{INDICATIE}>{{}}</ZKN:{INDICATIE}>"
    hoofd = new(door, elementen=says.format("N"), relaties=INITIATOR + other(DEELZAAK, part))
    assert element(door, hoofd, f"z:{INDICATIE}") == ["N"]
    change(door, part, says.format("N"), says.format("J"))
    assert element(door, part, f"z:{INDICATIE}") == ["J"]
    assert found(door, part, "J")
