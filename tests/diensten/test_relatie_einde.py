"""A relation holds until the day that its tijdvakRelatie says, and no longer (StUF 03.01, 5.2.6)."""

import pytest
from tests.berichten.bouw import lk01, lv01, mdw, new_number, nps, other, rol, rol_empty, texts, zaak
from tests.berichten.documenten import edc, edc_lk01, relevant
from tests.diensten.documentstappen import add, documenten
from tests.diensten.stappen import INITIATOR, change, element, new, refuse, sleutel
from tests.soap.conftest import Door

UITVOERENDE, OTHERS = "heeftAlsUitvoerende", "heeftBetrekkingOpAndere"
STRAKS, VOORBIJ = "20991231", "20200101"


def tijdvak(end: str) -> str:
    return f"""<StUF:tijdvakRelatie><StUF:beginRelatie>20190105</StUF:beginRelatie>
        <StUF:eindRelatie>{end}</StUF:eindRelatie></StUF:tijdvakRelatie>"""


def who(door: Door, number: str) -> list[str]:
    return element(door, number, f"z:{UITVOERENDE}//z:identificatie")


def found(door: Door, number: str, medewerker: str) -> bool:
    criterium = f"<ZKN:gerelateerde><ZKN:identificatie>{medewerker}</ZKN:identificatie></ZKN:gerelateerde>"
    question = lv01(f"<ZKN:{UITVOERENDE}>{criterium}</ZKN:{UITVOERENDE}>", "<ZKN:identificatie xsi:nil='true'/>")
    return number in texts(door.succeeded("zakLv01", question), "//z:antwoord/z:object/z:identificatie")


@pytest.mark.parametrize(("end", "expected"), [(STRAKS, ["m1"]), (VOORBIJ, []), ("20991231235959999", ["m1"])])
def test_an_end_is_on_its_day(door: Door, end: str, expected: list[str]) -> None:
    number = new(door, relaties=INITIATOR + rol(UITVOERENDE, mdw("m1")))
    change(door, number, rol(UITVOERENDE, mdw("m1", soort="I"), tijdvak(end), "E"), rol_empty(UITVOERENDE, "E"))
    assert who(door, number) == expected
    assert found(door, number, "m1") is bool(expected)
    if expected:
        assert element(door, number, f"z:{UITVOERENDE}/s:tijdvakRelatie/s:eindRelatie") == [end]
        change(door, number, "", rol(UITVOERENDE, mdw("m1"), "<ZKN:toelichting>x</ZKN:toelichting>"))
        assert who(door, number) == expected, "told again it is that one"
        now = rol(UITVOERENDE, mdw("m1", soort="I"), soort="E")
        change(door, number, now, rol_empty(UITVOERENDE, "E"))
        assert who(door, number) == [], "and may end before"


@pytest.mark.parametrize(("end", "expected"), [(STRAKS, ["m1"]), (VOORBIJ, [])])
def test_somebody_who_is_added_with_an_end_is_there_until_then(door: Door, end: str, expected: list[str]) -> None:
    with_ = rol(UITVOERENDE, mdw("m1"), tijdvak(end))
    one, twee = new(door, relaties=INITIATOR + with_), new(door)
    change(door, twee, rol_empty(UITVOERENDE, "T"), with_)
    assert who(door, one) == who(door, twee) == expected
    assert found(door, one, "m1") is found(door, twee, "m1") is bool(expected)


def test_a_change_of_the_end_counts_too(door: Door) -> None:
    number = new(door, relaties=INITIATOR + rol(UITVOERENDE, mdw("m1"), tijdvak(STRAKS)))
    was, wordt = (rol(UITVOERENDE, mdw("m1"), tijdvak(end), "W") for end in (STRAKS, VOORBIJ))
    change(door, number, was, wordt)
    assert who(door, number) == []


def test_the_rules_look_at_who_is_there_now(door: Door) -> None:
    vroeger = rol("heeftAlsInitiator", mdw("regie0"), tijdvak(VOORBIJ))
    number = new(door, relaties=vroeger + INITIATOR)
    assert element(door, number, "z:heeftAlsInitiator//z:identificatie") == ["regie1"]
    only_vroeger = lk01("T", zaak(new_number(), relaties=vroeger), zender="WmoVoorziening")
    assert door.fout("creeerZaak_Lk01", only_vroeger)[0] == "StUF055"
    old, nieuwe = (
        rol("heeftAlsInitiator", mdw("regie1"), tijdvak(STRAKS), "R"),
        rol("heeftAlsInitiator", mdw("r2"), soort="R"),
    )
    code, explanation = refuse(door, number, old, nieuwe)
    assert (code, "2 initiatoren" in explanation) == ("StUF055", True), "until the end of 2099"


@pytest.mark.parametrize(("end", "gone"), [(STRAKS, False), (VOORBIJ, True)])
def test_couplings_and_documents_end_on_their_day(door: Door, end: str, gone: bool) -> None:
    one, twee = new(door), new(door)
    change(door, one, "", other(OTHERS, twee))
    einde = other(OTHERS, twee, "E").replace(f"</ZKN:{OTHERS}>", f"{tijdvak(end)}</ZKN:{OTHERS}>")
    change(door, one, einde, "")
    change(door, one, "", other(OTHERS, twee))
    path = f"z:{OTHERS}/z:gerelateerde/z:identificatie"
    assert (element(door, one, path), element(door, twee, path)) == ([twee], [one]), (
        "there once, whether it ended or not"
    )
    change(door, one, einde, "")
    assert element(door, twee, path) == ([] if gone else [one])
    number = add(door, one, twee)
    los = edc_lk01("W", edc(sleutel(number) + relevant(one, "E", tijdvak(end))), edc(sleutel(number)))
    door.succeeded("voegZaakdocumentToe_Lk01", los)
    assert documenten(door, one) == ([] if gone else [number])


def test_a_deelzaak_whose_relation_ended_does_not_count(door: Door) -> None:
    part, naam = new(door), "heeftAlsDeelzaak"
    with_ = other(naam, part).replace(f"</ZKN:{naam}>", f"{tijdvak(VOORBIJ)}</ZKN:{naam}>")
    hoofd = new(door, relaties=INITIATOR + with_)
    assert element(door, hoofd, "z:deelzakenIndicatie") == ["N"]
    change(door, part, "", other(naam, hoofd))
    assert element(door, part, "z:deelzakenIndicatie") == ["J"]


def test_somebody_is_found_by_his_number_until_his_end(door: Door) -> None:
    naam = "heeftAlsBelanghebbende"
    number = new(door, relaties=rol(naam, nps("999993872"), tijdvak(STRAKS)) + INITIATOR)
    assert element(door, number, f"z:{naam}//b:inp.bsn") == ["999993872"]
