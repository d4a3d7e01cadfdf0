"""A relation holds until the day that its tijdvakRelatie says, and no longer (StUF 03.01, 5.2.6)."""

import pytest
from tests.berichten.bouw import ander, lk01, lv01, mdw, nieuw_nummer, nps, rol, rol_leeg, teksten, zaak
from tests.berichten.documenten import edc, edc_lk01, relevant
from tests.diensten.documentstappen import documenten, voeg_toe
from tests.diensten.stappen import INITIATOR, element, nieuw, sleutel, weiger, wijzig
from tests.soap.conftest import Deur

UITVOERENDE, ANDERE = "heeftAlsUitvoerende", "heeftBetrekkingOpAndere"
STRAKS, VOORBIJ = "20991231", "20200101"


def tijdvak(eind: str) -> str:
    return f"""<StUF:tijdvakRelatie><StUF:beginRelatie>20190105</StUF:beginRelatie>
        <StUF:eindRelatie>{eind}</StUF:eindRelatie></StUF:tijdvakRelatie>"""


def wie(deur: Deur, nummer: str) -> list[str]:
    return element(deur, nummer, f"z:{UITVOERENDE}//z:identificatie")


def gevonden(deur: Deur, nummer: str, medewerker: str) -> bool:
    criterium = f"<ZKN:gerelateerde><ZKN:identificatie>{medewerker}</ZKN:identificatie></ZKN:gerelateerde>"
    vraag = lv01(f"<ZKN:{UITVOERENDE}>{criterium}</ZKN:{UITVOERENDE}>", "<ZKN:identificatie xsi:nil='true'/>")
    return nummer in teksten(deur.gelukt("zakLv01", vraag), "//z:antwoord/z:object/z:identificatie")


@pytest.mark.parametrize(("eind", "verwacht"), [(STRAKS, ["m1"]), (VOORBIJ, []), ("20991231235959999", ["m1"])])
def test_an_end_is_on_its_day(deur: Deur, eind: str, verwacht: list[str]) -> None:
    nummer = nieuw(deur, relaties=INITIATOR + rol(UITVOERENDE, mdw("m1")))
    wijzig(deur, nummer, rol(UITVOERENDE, mdw("m1", soort="I"), tijdvak(eind), "E"), rol_leeg(UITVOERENDE, "E"))
    assert wie(deur, nummer) == verwacht
    assert gevonden(deur, nummer, "m1") is bool(verwacht)
    if verwacht:
        assert element(deur, nummer, f"z:{UITVOERENDE}/s:tijdvakRelatie/s:eindRelatie") == [eind]
        wijzig(deur, nummer, "", rol(UITVOERENDE, mdw("m1"), "<ZKN:toelichting>x</ZKN:toelichting>"))
        assert wie(deur, nummer) == verwacht, "told again it is that one"
        nu = rol(UITVOERENDE, mdw("m1", soort="I"), soort="E")
        wijzig(deur, nummer, nu, rol_leeg(UITVOERENDE, "E"))
        assert wie(deur, nummer) == [], "and may end before"


@pytest.mark.parametrize(("eind", "verwacht"), [(STRAKS, ["m1"]), (VOORBIJ, [])])
def test_somebody_who_is_added_with_an_end_is_there_until_then(deur: Deur, eind: str, verwacht: list[str]) -> None:
    met = rol(UITVOERENDE, mdw("m1"), tijdvak(eind))
    een, twee = nieuw(deur, relaties=INITIATOR + met), nieuw(deur)
    wijzig(deur, twee, rol_leeg(UITVOERENDE, "T"), met)
    assert wie(deur, een) == wie(deur, twee) == verwacht
    assert gevonden(deur, een, "m1") is gevonden(deur, twee, "m1") is bool(verwacht)


def test_a_change_of_the_end_counts_too(deur: Deur) -> None:
    nummer = nieuw(deur, relaties=INITIATOR + rol(UITVOERENDE, mdw("m1"), tijdvak(STRAKS)))
    was, wordt = (rol(UITVOERENDE, mdw("m1"), tijdvak(eind), "W") for eind in (STRAKS, VOORBIJ))
    wijzig(deur, nummer, was, wordt)
    assert wie(deur, nummer) == []


def test_the_rules_look_at_who_is_there_now(deur: Deur) -> None:
    vroeger = rol("heeftAlsInitiator", mdw("regie0"), tijdvak(VOORBIJ))
    nummer = nieuw(deur, relaties=vroeger + INITIATOR)
    assert element(deur, nummer, "z:heeftAlsInitiator//z:identificatie") == ["regie1"]
    alleen_vroeger = lk01("T", zaak(nieuw_nummer(), relaties=vroeger), zender="WmoVoorziening")
    assert deur.fout("creeerZaak_Lk01", alleen_vroeger)[0] == "StUF055"
    oud, nieuwe = (
        rol("heeftAlsInitiator", mdw("regie1"), tijdvak(STRAKS), "R"),
        rol("heeftAlsInitiator", mdw("r2"), soort="R"),
    )
    code, uitleg = weiger(deur, nummer, oud, nieuwe)
    assert (code, "2 initiatoren" in uitleg) == ("StUF055", True), "until the end of 2099"


@pytest.mark.parametrize(("eind", "weg"), [(STRAKS, False), (VOORBIJ, True)])
def test_couplings_and_documents_end_on_their_day(deur: Deur, eind: str, weg: bool) -> None:
    een, twee = nieuw(deur), nieuw(deur)
    wijzig(deur, een, "", ander(ANDERE, twee))
    einde = ander(ANDERE, twee, "E").replace(f"</ZKN:{ANDERE}>", f"{tijdvak(eind)}</ZKN:{ANDERE}>")
    wijzig(deur, een, einde, "")
    wijzig(deur, een, "", ander(ANDERE, twee))
    pad = f"z:{ANDERE}/z:gerelateerde/z:identificatie"
    assert (element(deur, een, pad), element(deur, twee, pad)) == ([twee], [een]), "there once, whether it ended or not"
    wijzig(deur, een, einde, "")
    assert element(deur, twee, pad) == ([] if weg else [een])
    nummer = voeg_toe(deur, een, twee)
    los = edc_lk01("W", edc(sleutel(nummer) + relevant(een, "E", tijdvak(eind))), edc(sleutel(nummer)))
    deur.gelukt("voegZaakdocumentToe_Lk01", los)
    assert documenten(deur, een) == ([] if weg else [nummer])


def test_a_deelzaak_whose_relation_ended_does_not_count(deur: Deur) -> None:
    deel, naam = nieuw(deur), "heeftAlsDeelzaak"
    met = ander(naam, deel).replace(f"</ZKN:{naam}>", f"{tijdvak(VOORBIJ)}</ZKN:{naam}>")
    hoofd = nieuw(deur, relaties=INITIATOR + met)
    assert element(deur, hoofd, "z:deelzakenIndicatie") == ["N"]
    wijzig(deur, deel, "", ander(naam, hoofd))
    assert element(deur, deel, "z:deelzakenIndicatie") == ["J"]


def test_somebody_is_found_by_his_number_until_his_end(deur: Deur) -> None:
    naam = "heeftAlsBelanghebbende"
    nummer = nieuw(deur, relaties=rol(naam, nps("999993872"), tijdvak(STRAKS)) + INITIATOR)
    assert element(deur, nummer, f"z:{naam}//b:inp.bsn") == ["999993872"]
