"""A sender that is soepel: what is understood is done, what is not is logged and never guessed."""

import re

import pytest
from tests.berichten.bouw import NO, lk01, lv01, mdw, new_number, nps, obj, rol, status, texts, zaak
from tests.diensten.stappen import INITIATOR, actualiseer, change, element, last, new, refuse
from tests.soap.conftest import Door

from regiesysteem.stuf.schema import check
from regiesysteem.stuf.xml import parse
from regiesysteem.zkn.names import zkn

BSN, NAAM = "999991723", "Geheimnaam"


def _assumed(door: Door, bericht: str, dienst: str = "creeerZaak_Lk01") -> None:
    assert check(parse(bericht.encode())) != [], "else this proves nothing about soepel"
    door.succeeded(dienst, bericht)


def test_without_any_verwerkingssoort(door: Door) -> None:
    number = new_number()
    bare = lk01(
        "T", zaak(number, relaties=rol("heeftAlsBelanghebbende", nps(BSN)) + INITIATOR, after=status(1, "20260301"))
    )
    for soort in "TI":
        bare = bare.replace(f' StUF:verwerkingssoort="{soort}"', "")
    _assumed(door, bare)
    assert last(door, number) == ["Ontvangen"]
    assert element(door, number, "z:heeftAlsBelanghebbende//b:inp.bsn") == [BSN]


def test_without_entiteittypes(door: Door) -> None:
    number = new_number()
    bericht = lk01("T", zaak(number, relaties=INITIATOR, after=status(1, "20260301")))
    for code in ("ZAK", "ZAKZKT", "ZKT", "ZAKBTRINI", "MDW", "ZAKSTT", "STT"):
        bericht = bericht.replace(f' StUF:entiteittype="{code}"', "")
    _assumed(door, bericht)
    assert element(door, number, "z:heeftAlsInitiator//z:identificatie") == ["regie1"]


def test_an_entiteittype_of_another_kind_is_refused_and_one_that_means_nothing_is_not(door: Door) -> None:
    number = new_number()
    bericht = lk01("T", zaak(number, relaties=rol("heeftAlsBelanghebbende", nps(BSN)) + INITIATOR))
    code, details = door.fout("creeerZaak_Lk01", bericht.replace('"NPS"', '"MDW"'))
    assert code == "StUF055"
    assert "object/heeftAlsBelanghebbende/gerelateerde/natuurlijkPersoon: StUF:entiteittype is MDW" in details
    door.succeeded("creeerZaak_Lk01", bericht.replace('"NPS"', '"BTR"'))
    assert element(door, number, "z:heeftAlsBelanghebbende//b:inp.bsn") == [BSN]


def test_elements_in_another_order_or_namespace_and_unknown_ones(door: Door) -> None:
    number = new_number()
    foreign = "<ZKN:behandeldOp>x</ZKN:behandeldOp><BG:toelichting>uit BG</BG:toelichting>"
    object_ = zaak(number, after=foreign + "<ZKN:publicatiedatum>20260202</ZKN:publicatiedatum>")
    _assumed(door, lk01("T", object_))
    assert element(door, number, "z:publicatiedatum") == ["20260202"]
    assert element(door, number, "z:toelichting") == ["uit BG"]


@pytest.mark.parametrize("empty", ["<ZKN:{0}/>", "<ZKN:{0}></ZKN:{0}>", "<ZKN:{0}> </ZKN:{0}>"])
def test_an_empty_date_is_not_said(door: Door, empty: str) -> None:
    number = new(door, elementen="<ZKN:publicatiedatum>20260105</ZKN:publicatiedatum>")
    change(door, number, "", empty.format("publicatiedatum") + empty.format("einddatum"))
    assert element(door, number, "z:publicatiedatum") == ["20260105"]
    assert element(door, number, "z:einddatum") == [""]
    without_start = zaak(new_number()).replace("<ZKN:startdatum>20260101</ZKN:startdatum>", empty.format("startdatum"))
    code, details = door.fout("creeerZaak_Lk01", lk01("T", without_start))
    assert (code, "startdatum ontbreekt" in details) == ("StUF055", True)


def test_an_empty_text_is_an_empty_text(door: Door) -> None:
    number = new(door)
    change(door, number, "<ZKN:omschrijving>Zaak</ZKN:omschrijving>", "<ZKN:omschrijving/>")
    assert element(door, number, "z:omschrijving") == [""]
    assert element(door, number, "z:omschrijving/@s:noValue") == []


def test_novalue_with_and_without_nil(door: Door) -> None:
    number = new(door, elementen="<ZKN:publicatiedatum>20260105</ZKN:publicatiedatum>")
    for empty in ('StUF:noValue="geenWaarde"', NO):
        change(door, number, "", "<ZKN:publicatiedatum>20260105</ZKN:publicatiedatum>")
        change(door, number, "", f"<ZKN:publicatiedatum {empty}/>")
        assert element(door, number, "z:publicatiedatum") == [""]


def test_texts_longer_than_the_schema_allows_come_back(door: Door) -> None:
    number, lang = new_number(), "é" * 3000
    _assumed(door, lk01("T", zaak(number).replace(">Zaak<", f">{lang}<")))
    assert element(door, number, "z:omschrijving") == [lang]


def test_white_space_in_numbers_and_dates(door: Door) -> None:
    number = new_number()
    object_ = zaak(number, start=" 20260101\n", after=status(" 2 ", " 20260301 "))
    door.succeeded("creeerZaak_Lk01", lk01("T", object_))
    assert element(door, number, "z:startdatum") == ["20260101"]
    assert last(door, number) == ["In behandeling"]


def test_a_message_with_was_and_wordt_without_verwerkingssoort(door: Door) -> None:
    number, naam = new(door, after=status(1, "20260301")), "heeftAlsBelanghebbende"

    def bare(*parts: str) -> str:
        return "".join(parts).replace(' StUF:verwerkingssoort="T"', "")

    one, twee = rol(naam, mdw("kaal1")), rol(naam, mdw("kaal2"))
    change(door, number, "", bare(one))
    change(door, number, bare(one), bare(one, twee))
    assert element(door, number, f"z:{naam}//z:identificatie") == ["kaal1", "kaal2"]
    change(door, number, bare(one, twee), bare(twee))
    assert element(door, number, f"z:{naam}//z:identificatie") == ["kaal2"]
    change(door, number, bare(status(1, "20260301")), bare(status(1, "20260301"), status(2, "20260401")))
    assert last(door, number) == ["In behandeling"]


def test_nonsense_in_steering_attributes_is_refused_by_name(door: Door) -> None:
    number = new(door)
    code, details = refuse(door, number, "", rol("heeftAlsBelanghebbende", mdw("x"), soort="Q"))
    assert (code, "heeftAlsBelanghebbende" in details, "'Q'" in details) == ("StUF055", True, True)
    bericht = lk01("W", obj(f"<ZKN:identificatie>{number}</ZKN:identificatie>", "Q"))
    assert door.fout("updateZaak_Lk01", bericht)[0] == "StUF055"


@pytest.mark.parametrize(
    ("naam", "otherwise"), [('StUF:verwerkingssoort="I"', "StUF:soört=''"), ("<ZKN:startdatum>", "<ZKN:één/>\\g<0>")]
)
def test_a_name_that_no_schema_can_have_is_refused(door: Door, naam: str, otherwise: str) -> None:
    bericht = re.sub(naam, otherwise, lk01("T", zaak(new_number())), count=1)
    code, details = door.fout("creeerZaak_Lk01", bericht)
    assert (code, "geen naam van StUF" in details) == ("StUF055", True)


def test_an_empty_object_or_none_is_stuf055(door: Door) -> None:
    for objecten in ((), (obj("", "T"),), ('<ZKN:object xsi:nil="true"/>',)):
        assert door.fout("creeerZaak_Lk01", lk01("T", *objecten))[0] == "StUF055"
        assert door.fout("updateZaak_Lk01", lk01("W", *objecten))[0] == "StUF055"


def test_somebody_with_two_numbers_is_one_person_that_each_number_finds(door: Door) -> None:
    """The schema wants one of them, also in an answer: that is the one by which everybody knows him."""
    first, other, numbers = "999990020", "00000000000000088", [new_number() for _ in range(3)]
    second = f"<BG:anp.identificatie>{other}</BG:anp.identificatie>"
    beide = nps(first).replace("<BG:geslachtsnaam>", f"{second}<BG:geslachtsnaam>")
    for number, who in zip(numbers, (beide, nps(first), beide.replace(other, other[:-1] + "9")), strict=True):
        door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number, relaties=rol("heeftAlsInitiator", who))))

    def found(inhoud: str, soort: str = "BTR") -> list[str]:
        who = f'<ZKN:gerelateerde StUF:entiteittype="{soort}">{inhoud}</ZKN:gerelateerde>'
        question = f'<ZKN:heeftAlsInitiator StUF:entiteittype="ZAKBTRINI">{who}</ZKN:heeftAlsInitiator>'
        answer = door.succeeded("zakLv01", lv01(question, 'StUF:scope="alles"'))
        [bericht] = answer.iter(zkn("zakLa01"))
        assert check(bericht) == []
        assert set(texts(answer, "//b:inp.bsn")) == {first}
        assert texts(answer, "//b:anp.identificatie") == []
        return texts(answer, "//z:antwoord/z:object/z:identificatie")

    for number in (first, f"11{first}", other, f"12{other}"):
        assert found(f"<ZKN:identificatie>{number}</ZKN:identificatie>") == numbers
    for element_ in (f"<BG:inp.bsn>{first}</BG:inp.bsn>", second):
        assert found(f'<ZKN:natuurlijkPersoon StUF:entiteittype="NPS">{element_}</ZKN:natuurlijkPersoon>') == numbers


def test_no_log_line_has_a_bsn_a_name_or_a_text_of_a_zaak(door: Door, capsys: pytest.CaptureFixture[str]) -> None:
    """The log has nothing that a zaak says of people, with any error."""
    secret = "Geheimtekst"
    who = rol("heeftAlsInitiator", nps(BSN, NAAM))
    number = new(door, relaties=who)
    refuse(door, number, rol("heeftAlsBelanghebbende", nps(BSN, NAAM), soort="V"), "")
    refuse(door, number, "", rol("heeftAlsBelanghebbende", nps("99999172x", NAAM)))
    change(door, number, f"<ZKN:toelichting>{secret}</ZKN:toelichting>", "<ZKN:toelichting>anders</ZKN:toelichting>")
    stt = f"<ZKN:volgnummer>2</ZKN:volgnummer><ZKN:omschrijving>{secret}</ZKN:omschrijving>"
    door.fout(
        "actualiseerZaakstatus_Lk01",
        lk01("W", obj(f"<ZKN:identificatie>{number}</ZKN:identificatie>{status('', '20260301', stt=stt)}", "W")),
    )
    lang = zaak(new_number(), relaties=who).replace(NAAM, NAAM * 60)
    door.succeeded("creeerZaak_Lk01", lk01("T", lang))
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(new_number(), relaties=who).replace(">Zaak<", f">{secret * 20}<")))
    door.fout(
        "creeerZaak_Lk01",
        lk01("T", zaak(new_number(), relaties=who).replace("<ZKN:startdatum>20260101", f"<ZKN:startdatum>{secret}")),
    )
    log = capsys.readouterr()
    for word in (BSN, "99999172x", NAAM, secret):
        assert word not in log.out + log.err
    assert "bericht_verwerkt" in log.out


def test_the_last_status_of_an_actualiseerzaakstatus_without_soorten(door: Door) -> None:
    number = new(door, after=status(1, "20260301"))
    actualiseer(door, number, status(2, "20260401").replace(' StUF:verwerkingssoort="T"', ""))
    assert last(door, number) == ["In behandeling"]
