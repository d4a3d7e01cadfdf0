"""The questions: what is found, what is answered of it, and how an answer goes on (StUF 03.01, 6)."""

import pytest
from lxml import etree
from tests.berichten.bouw import (
    NO,
    client,
    element,
    gezinsplan,
    lk01,
    lv01,
    mdw,
    new_number,
    nps,
    other,
    rol,
    status,
    texts,
    zaak,
)
from tests.soap.conftest import Door

from regiesysteem.db import count_statements
from regiesysteem.stuf.schema import check

ID = '<ZKN:identificatie xsi:nil="true"/>'
BSNS = ("111222333", "123456782", "999990019", "999990020", "999990032", "999990044")


def _make(door: Door, number: str, code: str = "B1026", **rest: str) -> str:
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number, code, **rest)))
    return number


def _question(door: Door, gelijk: str = "", scope: str = ID, **rest: object) -> etree._Element:
    answer = door.succeeded("zakLv01", lv01(gelijk, scope, **rest))  # type: ignore[arg-type]
    [bericht] = answer.xpath("//*[local-name()='zakLa01']")
    assert check(bericht) == []
    return answer


def _found(door: Door, gelijk: str = "", **rest: object) -> list[str]:
    return texts(_question(door, gelijk, **rest), "//z:antwoord/z:object/z:identificatie")


def _betrokkene(naam: str, code: str, inhoud: str) -> str:
    soort = "OBJ" if code == "ZAKOBJ" else "BTR"
    return (
        f'<ZKN:{naam} StUF:entiteittype="{code}"><ZKN:gerelateerde StUF:entiteittype="{soort}">{inhoud}'
        f"</ZKN:gerelateerde></ZKN:{naam}>"
    )


@pytest.mark.parametrize("prefix", ["", "11"])
def test_running_zaken_of_an_initiator_by_bsn_bare_and_with_type(door: Door, prefix: str) -> None:
    bsn = BSNS[0] if prefix else BSNS[1]
    who = rol("heeftAlsInitiator", nps(bsn))
    open_, closed = new_number(), new_number()
    _make(door, open_, relaties=who)
    _make(door, closed, relaties=who, elementen="<ZKN:einddatum>20260201</ZKN:einddatum>")
    who_ = _betrokkene("heeftAlsInitiator", "ZAKBTRINI", f"<ZKN:identificatie>{prefix}{bsn}</ZKN:identificatie>")
    assert _found(door, f"<ZKN:einddatum {NO}/>{who_}") == [open_]
    assert set(_found(door, who_)) == {open_, closed}


@pytest.mark.parametrize(("naam", "code"), [("heeftAlsInitiator", "ZAKBTRINI"), ("heeftBetrekkingOp", "ZAKOBJ")])
def test_an_address_is_asked_as_the_published_schema_wants_it(door: Door, naam: str, code: str) -> None:
    """AdresBinnenland is of StUF-ZKN, its elements are of StUF-BG; anything else a strict sender is refused."""
    postcode = f"{1000 + len(naam)}AB"
    adres = (
        f"<BG:verblijfsadres><BG:wpl.woonplaatsNaam>Ons Dorp</BG:wpl.woonplaatsNaam><BG:aoa.postcode>{postcode}"
        "</BG:aoa.postcode><BG:aoa.huisnummer>9</BG:aoa.huisnummer></BG:verblijfsadres>"
    )
    who = [rol(naam, nps(bsn, extra=adres)) for bsn in ("999991723", "999990056")]
    rest = "" if naam == "heeftAlsInitiator" else rol("heeftAlsInitiator", mdw("regie1"))
    numbers = [_make(door, new_number(), relaties=one + rest) for one in who]

    def question(room: str, inside: str) -> str:
        field = f"<{inside}:aoa.postcode>{postcode}</{inside}:aoa.postcode>"
        return _betrokkene(naam, code, f"<{room}:adresBinnenland>{field}</{room}:adresBinnenland>")

    assert check(element(lv01(question("ZKN", "BG"), ID))) == []
    assert set(_found(door, question("ZKN", "BG"))) == set(numbers)
    for room, inside in (("BG", "BG"), ("ZKN", "ZKN")):
        assert check(element(lv01(question(room, inside), ID))) != []


def test_is_there_a_gezinsplan_for_this_client(door: Door) -> None:
    bsn, number = BSNS[2], new_number()
    door.succeeded("creeerZaak_Lk01", lk01("T", gezinsplan(number, bsn)))
    _make(door, new_number(), relaties=client(bsn) + rol("heeftAlsInitiator", nps(bsn)))
    type_ = (
        '<ZKN:isVan StUF:entiteittype="ZAKZKT"><ZKN:gerelateerde StUF:entiteittype="ZKT">'
        "<ZKN:code>GEZINSPLAN</ZKN:code></ZKN:gerelateerde></ZKN:isVan>"
    )
    who = _betrokkene("heeftBetrekkingOp", "ZAKOBJ", f"<ZKN:identificatie>{bsn}</ZKN:identificatie>")
    assert _found(door, type_ + who) == [number]
    assert _found(door, type_.replace("GEZINSPLAN", "NIETBEKEND") + who) == []


def test_selection_on_the_last_status(door: Door) -> None:
    number = _make(door, new_number(), after=status(1, "20260101") + status(2, "20260102"))

    def with_(volgnummer: int, last: str) -> list[str]:
        heeft = (
            '<ZKN:heeft StUF:entiteittype="ZAKSTT"><ZKN:gerelateerde StUF:entiteittype="STT">'
            f"<ZKN:volgnummer>{volgnummer}</ZKN:volgnummer></ZKN:gerelateerde>"
            f"<ZKN:indicatieLaatsteStatus>{last}</ZKN:indicatieLaatsteStatus></ZKN:heeft>"
        )
        return _found(door, f"<ZKN:identificatie>{number}</ZKN:identificatie>{heeft}")

    assert with_(2, "J") == [number]
    assert with_(1, "N") == [number]
    assert with_(1, "J") == []


def test_vanaf_and_tot_en_met_on_a_date(door: Door) -> None:
    numbers = [_make(door, new_number(), start=start) for start in ("18990101", "18990615", "18991231")]
    bounds = (
        '<ZKN:vanaf StUF:entiteittype="ZAK"><ZKN:startdatum>18990601</ZKN:startdatum></ZKN:vanaf>'
        '<ZKN:totEnMet StUF:entiteittype="ZAK"><ZKN:startdatum>18991231</ZKN:startdatum></ZKN:totEnMet>'
    )
    assert _found(door, rest=bounds, sortering=5) == [numbers[2], numbers[1]]
    open_ = bounds.replace("<ZKN:startdatum>18990601</ZKN:startdatum>", f"<ZKN:startdatum {NO}/>")
    assert set(_found(door, rest=open_)) == set(numbers)


def test_kenmerk_and_groups_and_part_of_a_text(door: Door) -> None:
    kenmerk = "<ZKN:kenmerk><ZKN:kenmerk>K-77</ZKN:kenmerk><ZKN:bron>GWS</ZKN:bron></ZKN:kenmerk>"
    number = new_number()
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number).replace("<ZKN:startdatum>", f"{kenmerk}<ZKN:startdatum>")))
    assert _found(door, kenmerk) == [number]
    assert _found(door, kenmerk.replace("K-77", "K-78")) == []
    part = f'<ZKN:identificatie StUF:exact="false">{number[6:].lower()}</ZKN:identificatie>'
    assert _found(door, part) == [number]
    assert _found(door, '<ZKN:identificatie StUF:exact="false">%</ZKN:identificatie>') == []


@pytest.mark.parametrize("sortering", range(14))
def test_all_pages_together_are_the_whole_answer_in_order(door: Door, sortering: int) -> None:
    kenmerk = f"<ZKN:kenmerk><ZKN:kenmerk>P{sortering}</ZKN:kenmerk><ZKN:bron>pagina</ZKN:bron></ZKN:kenmerk>"
    for place in range(5):
        who = rol("heeftAlsInitiator", mdw(f"m{place % 2}"))
        text = zaak(new_number(), start=f"2026010{place % 3 + 1}", relaties=who)
        door.succeeded("creeerZaak_Lk01", lk01("T", text.replace("<ZKN:startdatum>", f"{kenmerk}<ZKN:startdatum>", 1)))
    alles = _found(door, kenmerk, sortering=sortering, maximum=100)
    assert len(alles) == 5
    seen: list[str] = []
    parameters = ""
    rest = ""
    for _ in range(5):
        answer = _question(door, kenmerk, sortering=sortering, maximum=2, parameters=parameters, rest=rest)
        seen += texts(answer, "//z:antwoord/z:object/z:identificatie")
        if texts(answer, "//s:indicatorVervolgvraag") == ["false"]:
            break
        parameters = "<StUF:indicatorVervolgvraag>true</StUF:indicatorVervolgvraag>"
        rest = (
            '<!--scope--><ZKN:start><ZKN:object StUF:entiteittype="ZAK">'
            f"<ZKN:identificatie>{seen[-1]}</ZKN:identificatie></ZKN:object></ZKN:start>"
        )
    assert seen == alles


def test_the_number_is_counted_when_it_is_asked(door: Door) -> None:
    who = rol("heeftAlsInitiator", nps(BSNS[3]))
    for _ in range(4):
        _make(door, new_number(), relaties=who)
    gelijk = _betrokkene("heeftAlsInitiator", "ZAKBTRINI", f"<ZKN:identificatie>{BSNS[3]}</ZKN:identificatie>")
    count = (
        "<StUF:indicatorVervolgvraag>false</StUF:indicatorVervolgvraag><StUF:maximumAantal>3</StUF:maximumAantal>"
        "<StUF:indicatorAantal>true</StUF:indicatorAantal>"
    )
    answer = _question(door, gelijk, parameters=count)
    assert texts(answer, "//s:aantalVoorkomens") == ["4"]
    assert texts(answer, "//s:indicatorVervolgvraag") == ["true"]
    assert len(texts(answer, "//z:antwoord/z:object/z:identificatie")) == 3


def _range(vanaf: str, until: str = "<ZKN:startdatum>20200101</ZKN:startdatum>") -> str:
    bounds = f'<ZKN:vanaf StUF:entiteittype="ZAK">{vanaf}</ZKN:vanaf>'
    return bounds + (f'<ZKN:totEnMet StUF:entiteittype="ZAK">{until}</ZKN:totEnMet>' if until else "")


STARTDATUM = "<ZKN:startdatum>20200101</ZKN:startdatum>"


@pytest.mark.parametrize(
    ("rest", "gelijk", "code"),
    [
        (_range(STARTDATUM, ""), "", "StUF076"),
        (_range(STARTDATUM), STARTDATUM, "StUF079"),
        (
            _range(
                '<ZKN:omschrijving StUF:exact="true">a</ZKN:omschrijving>', "<ZKN:omschrijving>b</ZKN:omschrijving>"
            ),
            "",
            "StUF082",
        ),
        (_range('<ZKN:startdatum StUF:indOnvolledigeDatum="D">20200100</ZKN:startdatum>'), "", "StUF085"),
    ],
)
def test_faults_of_the_selection(door: Door, rest: str, gelijk: str, code: str) -> None:
    found, details = door.fout("zakLv01", lv01(gelijk, ID, rest=rest))
    assert found == code
    assert details


def test_a_vervolgvraag_without_start_is_stuf103(door: Door) -> None:
    yes = "<StUF:indicatorVervolgvraag>true</StUF:indicatorVervolgvraag>"
    assert door.fout("zakLv01", lv01("", ID, parameters=yes))[0] == "StUF103"


OBJECT = '<ZKN:object StUF:entiteittype="ZAK">'
WITH_SCOPE = OBJECT[:-1] + ' StUF:scope="alles">'


@pytest.mark.parametrize(
    "inhoud",
    [f"<ZKN:omschrijving {NO}/>", "<ZKN:omschrijving>x</ZKN:omschrijving>", f"<ZKN:resultaat>{ID}</ZKN:resultaat>"],
)
def test_scope_attribute_with_content_is_stuf097(door: Door, inhoud: str) -> None:
    """StUF 03.01, table 6.5."""
    assert door.fout("zakLv01", lv01("", inhoud).replace(OBJECT, WITH_SCOPE))[0] == "StUF097"


def test_a_bare_nil_beside_the_scope_attribute_is_no_content(door: Door) -> None:
    """JAXB and .NET write xsi:nil for every element that nobody set (StUF 03.01, 6.3.3)."""
    number = _make(door, new_number())
    gelijk = f"<ZKN:identificatie>{number}</ZKN:identificatie>"
    nils = ID + '<ZKN:toelichting xsi:nil="1"/><ZKN:heeft StUF:entiteittype="ZAKSTT" xsi:nil="true"/>'
    with_ = door.succeeded("zakLv01", lv01(gelijk, nils).replace(OBJECT, WITH_SCOPE))
    without = door.succeeded("zakLv01", lv01(gelijk, 'StUF:scope="alles"'))
    answers = [texts(answer, "//z:antwoord//*") for answer in (with_, without)]
    assert answers[0] == answers[1] != []


def test_a_question_on_our_own_key_and_on_another(door: Door) -> None:
    number = _make(door, new_number())
    answer = _question(door, f"<ZKN:identificatie>{number}</ZKN:identificatie>")
    [sleutel] = answer.xpath("//@*[local-name()='sleutelVerzendend']")
    empty = '<ZKN:gelijk StUF:entiteittype="ZAK">'
    own = lv01(" ", ID).replace(empty, f'<ZKN:gelijk StUF:entiteittype="ZAK" StUF:sleutelOntvangend="{sleutel}">')
    assert texts(door.succeeded("zakLv01", own), "//z:object/z:identificatie") == [number]
    assert door.fout("zakLv01", own.replace("sleutelOntvangend", "sleutelVerzendend"))[0] == "StUF094"


def test_what_is_asked_and_absent_has_a_novalue(door: Door) -> None:
    number = _make(door, new_number())
    gemachtigde = '<ZKN:heeftAlsGemachtigde StUF:entiteittype="ZAKBTRGMC"><ZKN:gerelateerde/></ZKN:heeftAlsGemachtigde>'
    scope = f'<ZKN:einddatum xsi:nil="true"/>{gemachtigde}'
    answer = _question(door, f"<ZKN:identificatie>{number}</ZKN:identificatie>", scope)
    [object_] = answer.xpath("//*[local-name()='antwoord']/*")
    assert [(etree.QName(child).localname, child.xpath("string(@*[local-name()='noValue'])")) for child in object_] == [
        ("einddatum", "geenWaarde"),
        ("heeftAlsGemachtigde", "geenWaarde"),
    ]


def test_geefzaakstatus_gives_the_last_status_only(door: Door) -> None:
    number = _make(door, new_number(), after=status(2, "20260103") + status(1, "2026010209"))
    scope = (
        f'{ID}<ZKN:heeft StUF:entiteittype="ZAKSTT"><ZKN:gerelateerde StUF:entiteittype="STT">'
        '<ZKN:volgnummer xsi:nil="true"/></ZKN:gerelateerde><ZKN:datumStatusGezet xsi:nil="true"/>'
        '<ZKN:indicatieLaatsteStatus xsi:nil="true"/></ZKN:heeft>'
    )
    gelijk = (
        f"<ZKN:identificatie>{number}</ZKN:identificatie>"
        '<ZKN:heeft StUF:entiteittype="ZAKSTT"><ZKN:indicatieLaatsteStatus>J</ZKN:indicatieLaatsteStatus></ZKN:heeft>'
    )
    answer = door.succeeded("geefZaakstatus_Lv01", lv01(gelijk, scope))
    assert texts(answer, "//z:antwoord//z:volgnummer") == ["2"]
    assert texts(answer, "//z:antwoord//z:datumStatusGezet") == ["20260103"]


def test_a_plan_shows_its_deelplannen_with_their_statuses_in_one_question(door: Door) -> None:
    plan, part = new_number(), new_number()
    door.succeeded("creeerZaak_Lk01", lk01("T", gezinsplan(plan)))
    who = rol("heeftAlsInitiator", mdw("regie1"))
    _make(door, part, relaties=who + other("heeftBetrekkingOpAndere", plan), after=status(1, "20260105"))
    status_ = (
        '<ZKN:heeft StUF:entiteittype="ZAKSTT"><ZKN:gerelateerde StUF:entiteittype="STT">'
        '<ZKN:omschrijving xsi:nil="true"/></ZKN:gerelateerde><ZKN:indicatieLaatsteStatus xsi:nil="true"/></ZKN:heeft>'
    )
    scope = (
        f'{ID}<ZKN:heeftBetrekkingOpAndere StUF:entiteittype="ZAKZAKBTR"><ZKN:gerelateerde StUF:entiteittype="ZAK">'
        f"{ID}{status_}</ZKN:gerelateerde></ZKN:heeftBetrekkingOpAndere>"
    )
    answer = door.succeeded("geefZaakdetails_Lv01", lv01(f"<ZKN:identificatie>{plan}</ZKN:identificatie>", scope))
    others = "//z:heeftBetrekkingOpAndere/z:gerelateerde"
    assert texts(answer, f"{others}/z:identificatie") == [part]
    assert texts(answer, f"{others}/z:heeft/z:gerelateerde/z:omschrijving") == ["Ontvangen"]
    back = door.succeeded("geefZaakdetails_Lv01", lv01(f"<ZKN:identificatie>{part}</ZKN:identificatie>", scope))
    assert texts(back, f"{others}/z:identificatie") == [plan]


def test_an_unknown_zaak_gives_an_empty_answer(door: Door) -> None:
    answer = door.succeeded("geefZaakdetails_Lv01", lv01("<ZKN:identificatie>1900nietda</ZKN:identificatie>", ID))
    assert texts(answer, "//z:zakLa01//s:indicatorVervolgvraag") == ["false"]
    assert answer.xpath("//*[local-name()='antwoord']") == []


def test_a_bsn_with_many_zaken_costs_no_more_statements(door: Door) -> None:
    who = rol("heeftAlsInitiator", nps(BSNS[4]))
    for _ in range(20):
        _make(door, new_number(), relaties=who, after=status(1, "20260101"))
    gelijk = _betrokkene("heeftAlsInitiator", "ZAKBTRINI", f"<ZKN:identificatie>{BSNS[4]}</ZKN:identificatie>")
    kosten = []
    for maximum in (1, 20):
        with count_statements() as counter:
            assert len(_found(door, gelijk, scope='StUF:scope="alles"', maximum=maximum)) == maximum
        kosten.append(counter.aantal)
    assert kosten[0] == kosten[1] <= 7


def test_a_range_on_the_date_of_a_status(door: Door) -> None:
    bsn = BSNS[5]
    who = rol("heeftAlsInitiator", nps(bsn))
    numbers = [
        _make(door, new_number(), relaties=who, after=status(1, datum))
        for datum in ("20260301", "20260315", "20260401")
    ]
    bound = '<ZKN:heeft StUF:entiteittype="ZAKSTT"><ZKN:datumStatusGezet>{}</ZKN:datumStatusGezet></ZKN:heeft>'
    rest = _range(bound.format("20260310"), bound.format("20260331"))
    gelijk = _betrokkene("heeftAlsInitiator", "ZAKBTRINI", f"<ZKN:identificatie>{bsn}</ZKN:identificatie>")
    answer = door.succeeded("zakLv01", lv01(gelijk, ID, rest=rest))
    assert texts(answer, "//z:object/z:identificatie") == [numbers[1]]


def test_exact_as_a_number_and_a_part_of_a_text(door: Door) -> None:
    number = _make(door, new_number(), after="")
    part = f'<ZKN:identificatie StUF:exact="0">{number[-8:].upper()}</ZKN:identificatie>'
    exact = f'<ZKN:identificatie StUF:exact="1">{number[-8:]}</ZKN:identificatie>'
    assert number in _found(door, part)
    assert _found(door, exact) == []
