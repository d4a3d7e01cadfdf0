"""A sender that is soepel: what is understood is done, what is not is logged and never guessed."""

import re

import pytest
from tests.berichten.bouw import GEEN, lk01, lv01, mdw, nieuw_nummer, nps, obj, rol, status, teksten, zaak
from tests.diensten.stappen import INITIATOR, actualiseer, element, laatste, nieuw, weiger, wijzig
from tests.soap.conftest import Deur

from regiesysteem.stuf.schema import controleer
from regiesysteem.stuf.xml import ontleed
from regiesysteem.zkn.names import zkn

BSN, NAAM = "999991723", "Geheimnaam"


def _aangenomen(deur: Deur, bericht: str, dienst: str = "creeerZaak_Lk01") -> None:
    assert controleer(ontleed(bericht.encode())) != [], "else this proves nothing about soepel"
    deur.gelukt(dienst, bericht)


def test_without_any_verwerkingssoort(deur: Deur) -> None:
    nummer = nieuw_nummer()
    kaal = lk01(
        "T", zaak(nummer, relaties=rol("heeftAlsBelanghebbende", nps(BSN)) + INITIATOR, na=status(1, "20260301"))
    )
    for soort in "TI":
        kaal = kaal.replace(f' StUF:verwerkingssoort="{soort}"', "")
    _aangenomen(deur, kaal)
    assert laatste(deur, nummer) == ["Ontvangen"]
    assert element(deur, nummer, "z:heeftAlsBelanghebbende//b:inp.bsn") == [BSN]


def test_without_entiteittypes(deur: Deur) -> None:
    nummer = nieuw_nummer()
    bericht = lk01("T", zaak(nummer, relaties=INITIATOR, na=status(1, "20260301")))
    for code in ("ZAK", "ZAKZKT", "ZKT", "ZAKBTRINI", "MDW", "ZAKSTT", "STT"):
        bericht = bericht.replace(f' StUF:entiteittype="{code}"', "")
    _aangenomen(deur, bericht)
    assert element(deur, nummer, "z:heeftAlsInitiator//z:identificatie") == ["regie1"]


def test_an_entiteittype_of_another_kind_is_refused_and_one_that_means_nothing_is_not(deur: Deur) -> None:
    nummer = nieuw_nummer()
    bericht = lk01("T", zaak(nummer, relaties=rol("heeftAlsBelanghebbende", nps(BSN)) + INITIATOR))
    code, details = deur.fout("creeerZaak_Lk01", bericht.replace('"NPS"', '"MDW"'))
    assert code == "StUF055"
    assert "object/heeftAlsBelanghebbende/gerelateerde/natuurlijkPersoon: StUF:entiteittype is MDW" in details
    deur.gelukt("creeerZaak_Lk01", bericht.replace('"NPS"', '"BTR"'))
    assert element(deur, nummer, "z:heeftAlsBelanghebbende//b:inp.bsn") == [BSN]


def test_elements_in_another_order_or_namespace_and_unknown_ones(deur: Deur) -> None:
    nummer = nieuw_nummer()
    vreemd = "<ZKN:behandeldOp>x</ZKN:behandeldOp><BG:toelichting>uit BG</BG:toelichting>"
    object_ = zaak(nummer, na=vreemd + "<ZKN:publicatiedatum>20260202</ZKN:publicatiedatum>")
    _aangenomen(deur, lk01("T", object_))
    assert element(deur, nummer, "z:publicatiedatum") == ["20260202"]
    assert element(deur, nummer, "z:toelichting") == ["uit BG"]


@pytest.mark.parametrize("leeg", ["<ZKN:{0}/>", "<ZKN:{0}></ZKN:{0}>", "<ZKN:{0}> </ZKN:{0}>"])
def test_an_empty_date_is_not_said(deur: Deur, leeg: str) -> None:
    nummer = nieuw(deur, elementen="<ZKN:publicatiedatum>20260105</ZKN:publicatiedatum>")
    wijzig(deur, nummer, "", leeg.format("publicatiedatum") + leeg.format("einddatum"))
    assert element(deur, nummer, "z:publicatiedatum") == ["20260105"]
    assert element(deur, nummer, "z:einddatum") == [""]
    zonder_start = zaak(nieuw_nummer()).replace("<ZKN:startdatum>20260101</ZKN:startdatum>", leeg.format("startdatum"))
    code, details = deur.fout("creeerZaak_Lk01", lk01("T", zonder_start))
    assert (code, "startdatum ontbreekt" in details) == ("StUF055", True)


def test_an_empty_text_is_an_empty_text(deur: Deur) -> None:
    nummer = nieuw(deur)
    wijzig(deur, nummer, "<ZKN:omschrijving>Zaak</ZKN:omschrijving>", "<ZKN:omschrijving/>")
    assert element(deur, nummer, "z:omschrijving") == [""]
    assert element(deur, nummer, "z:omschrijving/@s:noValue") == []


def test_novalue_with_and_without_nil(deur: Deur) -> None:
    nummer = nieuw(deur, elementen="<ZKN:publicatiedatum>20260105</ZKN:publicatiedatum>")
    for leeg in ('StUF:noValue="geenWaarde"', GEEN):
        wijzig(deur, nummer, "", "<ZKN:publicatiedatum>20260105</ZKN:publicatiedatum>")
        wijzig(deur, nummer, "", f"<ZKN:publicatiedatum {leeg}/>")
        assert element(deur, nummer, "z:publicatiedatum") == [""]


def test_texts_longer_than_the_schema_allows_come_back(deur: Deur) -> None:
    nummer, lang = nieuw_nummer(), "é" * 3000
    _aangenomen(deur, lk01("T", zaak(nummer).replace(">Zaak<", f">{lang}<")))
    assert element(deur, nummer, "z:omschrijving") == [lang]


def test_white_space_in_numbers_and_dates(deur: Deur) -> None:
    nummer = nieuw_nummer()
    object_ = zaak(nummer, start=" 20260101\n", na=status(" 2 ", " 20260301 "))
    deur.gelukt("creeerZaak_Lk01", lk01("T", object_))
    assert element(deur, nummer, "z:startdatum") == ["20260101"]
    assert laatste(deur, nummer) == ["In behandeling"]


def test_a_message_with_was_and_wordt_without_verwerkingssoort(deur: Deur) -> None:
    nummer, naam = nieuw(deur, na=status(1, "20260301")), "heeftAlsBelanghebbende"

    def kaal(*delen: str) -> str:
        return "".join(delen).replace(' StUF:verwerkingssoort="T"', "")

    een, twee = rol(naam, mdw("kaal1")), rol(naam, mdw("kaal2"))
    wijzig(deur, nummer, "", kaal(een))
    wijzig(deur, nummer, kaal(een), kaal(een, twee))
    assert element(deur, nummer, f"z:{naam}//z:identificatie") == ["kaal1", "kaal2"]
    wijzig(deur, nummer, kaal(een, twee), kaal(twee))
    assert element(deur, nummer, f"z:{naam}//z:identificatie") == ["kaal2"]
    wijzig(deur, nummer, kaal(status(1, "20260301")), kaal(status(1, "20260301"), status(2, "20260401")))
    assert laatste(deur, nummer) == ["In behandeling"]


def test_nonsense_in_steering_attributes_is_refused_by_name(deur: Deur) -> None:
    nummer = nieuw(deur)
    code, details = weiger(deur, nummer, "", rol("heeftAlsBelanghebbende", mdw("x"), soort="Q"))
    assert (code, "heeftAlsBelanghebbende" in details, "'Q'" in details) == ("StUF055", True, True)
    bericht = lk01("W", obj(f"<ZKN:identificatie>{nummer}</ZKN:identificatie>", "Q"))
    assert deur.fout("updateZaak_Lk01", bericht)[0] == "StUF055"


@pytest.mark.parametrize(
    ("naam", "anders"), [('StUF:verwerkingssoort="I"', "StUF:soört=''"), ("<ZKN:startdatum>", "<ZKN:één/>\\g<0>")]
)
def test_a_name_that_no_schema_can_have_is_refused(deur: Deur, naam: str, anders: str) -> None:
    bericht = re.sub(naam, anders, lk01("T", zaak(nieuw_nummer())), count=1)
    code, details = deur.fout("creeerZaak_Lk01", bericht)
    assert (code, "geen naam van StUF" in details) == ("StUF055", True)


def test_an_empty_object_or_none_is_stuf055(deur: Deur) -> None:
    for objecten in ((), (obj("", "T"),), ('<ZKN:object xsi:nil="true"/>',)):
        assert deur.fout("creeerZaak_Lk01", lk01("T", *objecten))[0] == "StUF055"
        assert deur.fout("updateZaak_Lk01", lk01("W", *objecten))[0] == "StUF055"


def test_somebody_with_two_numbers_is_one_person_that_each_number_finds(deur: Deur) -> None:
    """The schema wants one of them, also in an answer: that is the one by which everybody knows him."""
    eerste, ander, nummers = "999990020", "00000000000000088", [nieuw_nummer() for _ in range(3)]
    tweede = f"<BG:anp.identificatie>{ander}</BG:anp.identificatie>"
    beide = nps(eerste).replace("<BG:geslachtsnaam>", f"{tweede}<BG:geslachtsnaam>")
    for nummer, wie in zip(nummers, (beide, nps(eerste), beide.replace(ander, ander[:-1] + "9")), strict=True):
        deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(nummer, relaties=rol("heeftAlsInitiator", wie))))

    def gevonden(inhoud: str, soort: str = "BTR") -> list[str]:
        wie = f'<ZKN:gerelateerde StUF:entiteittype="{soort}">{inhoud}</ZKN:gerelateerde>'
        vraag = f'<ZKN:heeftAlsInitiator StUF:entiteittype="ZAKBTRINI">{wie}</ZKN:heeftAlsInitiator>'
        antwoord = deur.gelukt("zakLv01", lv01(vraag, 'StUF:scope="alles"'))
        [bericht] = antwoord.iter(zkn("zakLa01"))
        assert controleer(bericht) == []
        assert set(teksten(antwoord, "//b:inp.bsn")) == {eerste}
        assert teksten(antwoord, "//b:anp.identificatie") == []
        return teksten(antwoord, "//z:antwoord/z:object/z:identificatie")

    for nummer in (eerste, f"11{eerste}", ander, f"12{ander}"):
        assert gevonden(f"<ZKN:identificatie>{nummer}</ZKN:identificatie>") == nummers
    for element_ in (f"<BG:inp.bsn>{eerste}</BG:inp.bsn>", tweede):
        assert gevonden(f'<ZKN:natuurlijkPersoon StUF:entiteittype="NPS">{element_}</ZKN:natuurlijkPersoon>') == nummers


def test_no_log_line_has_a_bsn_a_name_or_a_text_of_a_zaak(deur: Deur, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever goes wrong: what a zaak says of people stays out of the log."""
    geheim = "Geheimtekst"
    wie = rol("heeftAlsInitiator", nps(BSN, NAAM))
    nummer = nieuw(deur, relaties=wie)
    weiger(deur, nummer, rol("heeftAlsBelanghebbende", nps(BSN, NAAM), soort="V"), "")
    weiger(deur, nummer, "", rol("heeftAlsBelanghebbende", nps("99999172x", NAAM)))
    wijzig(deur, nummer, f"<ZKN:toelichting>{geheim}</ZKN:toelichting>", "<ZKN:toelichting>anders</ZKN:toelichting>")
    stt = f"<ZKN:volgnummer>2</ZKN:volgnummer><ZKN:omschrijving>{geheim}</ZKN:omschrijving>"
    deur.fout(
        "actualiseerZaakstatus_Lk01",
        lk01("W", obj(f"<ZKN:identificatie>{nummer}</ZKN:identificatie>{status('', '20260301', stt=stt)}", "W")),
    )
    lang = zaak(nieuw_nummer(), relaties=wie).replace(NAAM, NAAM * 60)
    deur.gelukt("creeerZaak_Lk01", lk01("T", lang))
    deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(nieuw_nummer(), relaties=wie).replace(">Zaak<", f">{geheim * 20}<")))
    deur.fout(
        "creeerZaak_Lk01",
        lk01("T", zaak(nieuw_nummer(), relaties=wie).replace("<ZKN:startdatum>20260101", f"<ZKN:startdatum>{geheim}")),
    )
    log = capsys.readouterr()
    for woord in (BSN, "99999172x", NAAM, geheim):
        assert woord not in log.out + log.err
    assert "bericht_verwerkt" in log.out


def test_the_last_status_of_an_actualiseerzaakstatus_without_soorten(deur: Deur) -> None:
    nummer = nieuw(deur, na=status(1, "20260301"))
    actualiseer(deur, nummer, status(2, "20260401").replace(' StUF:verwerkingssoort="T"', ""))
    assert laatste(deur, nummer) == ["In behandeling"]
