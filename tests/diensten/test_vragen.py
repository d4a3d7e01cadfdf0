"""The questions: what is found, what is answered of it, and how an answer goes on (StUF 03.01, 6)."""

import pytest
from lxml import etree
from tests.berichten.bouw import (
    GEEN,
    ander,
    client,
    element,
    gezinsplan,
    lk01,
    lv01,
    mdw,
    nieuw_nummer,
    nps,
    rol,
    status,
    teksten,
    zaak,
)
from tests.soap.conftest import Deur

from regiesysteem.db import tel_statements
from regiesysteem.stuf.schema import controleer

ID = '<ZKN:identificatie xsi:nil="true"/>'
BSNS = ("111222333", "123456782", "999990019", "999990020", "999990032", "999990044")


def _maak(deur: Deur, nummer: str, code: str = "B1026", **rest: str) -> str:
    deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(nummer, code, **rest)))
    return nummer


def _vraag(deur: Deur, gelijk: str = "", scope: str = ID, **rest: object) -> etree._Element:
    antwoord = deur.gelukt("zakLv01", lv01(gelijk, scope, **rest))  # type: ignore[arg-type]
    [bericht] = antwoord.xpath("//*[local-name()='zakLa01']")
    assert controleer(bericht) == []
    return antwoord


def _gevonden(deur: Deur, gelijk: str = "", **rest: object) -> list[str]:
    return teksten(_vraag(deur, gelijk, **rest), "//z:antwoord/z:object/z:identificatie")


def _betrokkene(naam: str, code: str, inhoud: str) -> str:
    soort = "OBJ" if code == "ZAKOBJ" else "BTR"
    return (
        f'<ZKN:{naam} StUF:entiteittype="{code}"><ZKN:gerelateerde StUF:entiteittype="{soort}">{inhoud}'
        f"</ZKN:gerelateerde></ZKN:{naam}>"
    )


@pytest.mark.parametrize("voorvoegsel", ["", "11"])
def test_running_zaken_of_an_initiator_by_bsn_bare_and_with_type(deur: Deur, voorvoegsel: str) -> None:
    bsn = BSNS[0] if voorvoegsel else BSNS[1]
    wie = rol("heeftAlsInitiator", nps(bsn))
    open_, dicht = nieuw_nummer(), nieuw_nummer()
    _maak(deur, open_, relaties=wie)
    _maak(deur, dicht, relaties=wie, elementen="<ZKN:einddatum>20260201</ZKN:einddatum>")
    wie_ = _betrokkene("heeftAlsInitiator", "ZAKBTRINI", f"<ZKN:identificatie>{voorvoegsel}{bsn}</ZKN:identificatie>")
    assert _gevonden(deur, f"<ZKN:einddatum {GEEN}/>{wie_}") == [open_]
    assert set(_gevonden(deur, wie_)) == {open_, dicht}


@pytest.mark.parametrize(("naam", "code"), [("heeftAlsInitiator", "ZAKBTRINI"), ("heeftBetrekkingOp", "ZAKOBJ")])
def test_an_address_is_asked_as_the_published_schema_wants_it(deur: Deur, naam: str, code: str) -> None:
    """AdresBinnenland is of StUF-ZKN, its elements are of StUF-BG; anything else a strict sender is refused."""
    postcode = f"{1000 + len(naam)}AB"
    adres = (
        f"<BG:verblijfsadres><BG:wpl.woonplaatsNaam>Ons Dorp</BG:wpl.woonplaatsNaam><BG:aoa.postcode>{postcode}"
        "</BG:aoa.postcode><BG:aoa.huisnummer>9</BG:aoa.huisnummer></BG:verblijfsadres>"
    )
    wie = [rol(naam, nps(bsn, extra=adres)) for bsn in ("999991723", "999990056")]
    rest = "" if naam == "heeftAlsInitiator" else rol("heeftAlsInitiator", mdw("regie1"))
    nummers = [_maak(deur, nieuw_nummer(), relaties=een + rest) for een in wie]

    def vraag(ruimte: str, binnen: str) -> str:
        veld = f"<{binnen}:aoa.postcode>{postcode}</{binnen}:aoa.postcode>"
        return _betrokkene(naam, code, f"<{ruimte}:adresBinnenland>{veld}</{ruimte}:adresBinnenland>")

    assert controleer(element(lv01(vraag("ZKN", "BG"), ID))) == []
    assert set(_gevonden(deur, vraag("ZKN", "BG"))) == set(nummers)
    for ruimte, binnen in (("BG", "BG"), ("ZKN", "ZKN")):
        assert controleer(element(lv01(vraag(ruimte, binnen), ID))) != []


def test_is_there_a_gezinsplan_for_this_client(deur: Deur) -> None:
    bsn, nummer = BSNS[2], nieuw_nummer()
    deur.gelukt("creeerZaak_Lk01", lk01("T", gezinsplan(nummer, bsn)))
    _maak(deur, nieuw_nummer(), relaties=client(bsn) + rol("heeftAlsInitiator", nps(bsn)))
    type_ = (
        '<ZKN:isVan StUF:entiteittype="ZAKZKT"><ZKN:gerelateerde StUF:entiteittype="ZKT">'
        "<ZKN:code>GEZINSPLAN</ZKN:code></ZKN:gerelateerde></ZKN:isVan>"
    )
    wie = _betrokkene("heeftBetrekkingOp", "ZAKOBJ", f"<ZKN:identificatie>{bsn}</ZKN:identificatie>")
    assert _gevonden(deur, type_ + wie) == [nummer]
    assert _gevonden(deur, type_.replace("GEZINSPLAN", "NIETBEKEND") + wie) == []


def test_selection_on_the_last_status(deur: Deur) -> None:
    nummer = _maak(deur, nieuw_nummer(), na=status(1, "20260101") + status(2, "20260102"))

    def met(volgnummer: int, laatste: str) -> list[str]:
        heeft = (
            '<ZKN:heeft StUF:entiteittype="ZAKSTT"><ZKN:gerelateerde StUF:entiteittype="STT">'
            f"<ZKN:volgnummer>{volgnummer}</ZKN:volgnummer></ZKN:gerelateerde>"
            f"<ZKN:indicatieLaatsteStatus>{laatste}</ZKN:indicatieLaatsteStatus></ZKN:heeft>"
        )
        return _gevonden(deur, f"<ZKN:identificatie>{nummer}</ZKN:identificatie>{heeft}")

    assert met(2, "J") == [nummer]
    assert met(1, "N") == [nummer]
    assert met(1, "J") == []


def test_vanaf_and_tot_en_met_on_a_date(deur: Deur) -> None:
    nummers = [_maak(deur, nieuw_nummer(), start=start) for start in ("18990101", "18990615", "18991231")]
    grenzen = (
        '<ZKN:vanaf StUF:entiteittype="ZAK"><ZKN:startdatum>18990601</ZKN:startdatum></ZKN:vanaf>'
        '<ZKN:totEnMet StUF:entiteittype="ZAK"><ZKN:startdatum>18991231</ZKN:startdatum></ZKN:totEnMet>'
    )
    assert _gevonden(deur, rest=grenzen, sortering=5) == [nummers[2], nummers[1]]
    open_ = grenzen.replace("<ZKN:startdatum>18990601</ZKN:startdatum>", f"<ZKN:startdatum {GEEN}/>")
    assert set(_gevonden(deur, rest=open_)) == set(nummers)


def test_kenmerk_and_groups_and_part_of_a_text(deur: Deur) -> None:
    kenmerk = "<ZKN:kenmerk><ZKN:kenmerk>K-77</ZKN:kenmerk><ZKN:bron>GWS</ZKN:bron></ZKN:kenmerk>"
    nummer = nieuw_nummer()
    deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(nummer).replace("<ZKN:startdatum>", f"{kenmerk}<ZKN:startdatum>")))
    assert _gevonden(deur, kenmerk) == [nummer]
    assert _gevonden(deur, kenmerk.replace("K-77", "K-78")) == []
    deel = f'<ZKN:identificatie StUF:exact="false">{nummer[6:].lower()}</ZKN:identificatie>'
    assert _gevonden(deur, deel) == [nummer]
    assert _gevonden(deur, '<ZKN:identificatie StUF:exact="false">%</ZKN:identificatie>') == []


@pytest.mark.parametrize("sortering", range(14))
def test_all_pages_together_are_the_whole_answer_in_order(deur: Deur, sortering: int) -> None:
    kenmerk = f"<ZKN:kenmerk><ZKN:kenmerk>P{sortering}</ZKN:kenmerk><ZKN:bron>pagina</ZKN:bron></ZKN:kenmerk>"
    for plaats in range(5):
        wie = rol("heeftAlsInitiator", mdw(f"m{plaats % 2}"))
        tekst = zaak(nieuw_nummer(), start=f"2026010{plaats % 3 + 1}", relaties=wie)
        deur.gelukt("creeerZaak_Lk01", lk01("T", tekst.replace("<ZKN:startdatum>", f"{kenmerk}<ZKN:startdatum>", 1)))
    alles = _gevonden(deur, kenmerk, sortering=sortering, maximum=100)
    assert len(alles) == 5
    gezien: list[str] = []
    parameters = ""
    rest = ""
    for _ in range(5):
        antwoord = _vraag(deur, kenmerk, sortering=sortering, maximum=2, parameters=parameters, rest=rest)
        gezien += teksten(antwoord, "//z:antwoord/z:object/z:identificatie")
        if teksten(antwoord, "//s:indicatorVervolgvraag") == ["false"]:
            break
        parameters = "<StUF:indicatorVervolgvraag>true</StUF:indicatorVervolgvraag>"
        rest = (
            '<!--scope--><ZKN:start><ZKN:object StUF:entiteittype="ZAK">'
            f"<ZKN:identificatie>{gezien[-1]}</ZKN:identificatie></ZKN:object></ZKN:start>"
        )
    assert gezien == alles


def test_the_number_is_counted_when_it_is_asked(deur: Deur) -> None:
    wie = rol("heeftAlsInitiator", nps(BSNS[3]))
    for _ in range(4):
        _maak(deur, nieuw_nummer(), relaties=wie)
    gelijk = _betrokkene("heeftAlsInitiator", "ZAKBTRINI", f"<ZKN:identificatie>{BSNS[3]}</ZKN:identificatie>")
    tel = (
        "<StUF:indicatorVervolgvraag>false</StUF:indicatorVervolgvraag><StUF:maximumAantal>3</StUF:maximumAantal>"
        "<StUF:indicatorAantal>true</StUF:indicatorAantal>"
    )
    antwoord = _vraag(deur, gelijk, parameters=tel)
    assert teksten(antwoord, "//s:aantalVoorkomens") == ["4"]
    assert teksten(antwoord, "//s:indicatorVervolgvraag") == ["true"]
    assert len(teksten(antwoord, "//z:antwoord/z:object/z:identificatie")) == 3


def _bereik(vanaf: str, tot: str = "<ZKN:startdatum>20200101</ZKN:startdatum>") -> str:
    grenzen = f'<ZKN:vanaf StUF:entiteittype="ZAK">{vanaf}</ZKN:vanaf>'
    return grenzen + (f'<ZKN:totEnMet StUF:entiteittype="ZAK">{tot}</ZKN:totEnMet>' if tot else "")


STARTDATUM = "<ZKN:startdatum>20200101</ZKN:startdatum>"


@pytest.mark.parametrize(
    ("rest", "gelijk", "code"),
    [
        (_bereik(STARTDATUM, ""), "", "StUF076"),
        (_bereik(STARTDATUM), STARTDATUM, "StUF079"),
        (
            _bereik(
                '<ZKN:omschrijving StUF:exact="true">a</ZKN:omschrijving>', "<ZKN:omschrijving>b</ZKN:omschrijving>"
            ),
            "",
            "StUF082",
        ),
        (_bereik('<ZKN:startdatum StUF:indOnvolledigeDatum="D">20200100</ZKN:startdatum>'), "", "StUF085"),
    ],
)
def test_faults_of_the_selection(deur: Deur, rest: str, gelijk: str, code: str) -> None:
    gevonden, details = deur.fout("zakLv01", lv01(gelijk, ID, rest=rest))
    assert gevonden == code
    assert details


def test_a_vervolgvraag_without_start_is_stuf103(deur: Deur) -> None:
    ja = "<StUF:indicatorVervolgvraag>true</StUF:indicatorVervolgvraag>"
    assert deur.fout("zakLv01", lv01("", ID, parameters=ja))[0] == "StUF103"


OBJECT = '<ZKN:object StUF:entiteittype="ZAK">'
MET_SCOPE = OBJECT[:-1] + ' StUF:scope="alles">'


@pytest.mark.parametrize(
    "inhoud",
    [f"<ZKN:omschrijving {GEEN}/>", "<ZKN:omschrijving>x</ZKN:omschrijving>", f"<ZKN:resultaat>{ID}</ZKN:resultaat>"],
)
def test_scope_attribute_with_content_is_stuf097(deur: Deur, inhoud: str) -> None:
    """StUF 03.01, table 6.5."""
    assert deur.fout("zakLv01", lv01("", inhoud).replace(OBJECT, MET_SCOPE))[0] == "StUF097"


def test_a_bare_nil_beside_the_scope_attribute_is_no_content(deur: Deur) -> None:
    """JAXB and .NET write xsi:nil for every element that nobody set (StUF 03.01, 6.3.3)."""
    nummer = _maak(deur, nieuw_nummer())
    gelijk = f"<ZKN:identificatie>{nummer}</ZKN:identificatie>"
    nils = ID + '<ZKN:toelichting xsi:nil="1"/><ZKN:heeft StUF:entiteittype="ZAKSTT" xsi:nil="true"/>'
    met = deur.gelukt("zakLv01", lv01(gelijk, nils).replace(OBJECT, MET_SCOPE))
    zonder = deur.gelukt("zakLv01", lv01(gelijk, 'StUF:scope="alles"'))
    antwoorden = [teksten(antwoord, "//z:antwoord//*") for antwoord in (met, zonder)]
    assert antwoorden[0] == antwoorden[1] != []


def test_a_question_on_our_own_key_and_on_another(deur: Deur) -> None:
    nummer = _maak(deur, nieuw_nummer())
    antwoord = _vraag(deur, f"<ZKN:identificatie>{nummer}</ZKN:identificatie>")
    [sleutel] = antwoord.xpath("//@*[local-name()='sleutelVerzendend']")
    leeg = '<ZKN:gelijk StUF:entiteittype="ZAK">'
    eigen = lv01(" ", ID).replace(leeg, f'<ZKN:gelijk StUF:entiteittype="ZAK" StUF:sleutelOntvangend="{sleutel}">')
    assert teksten(deur.gelukt("zakLv01", eigen), "//z:object/z:identificatie") == [nummer]
    assert deur.fout("zakLv01", eigen.replace("sleutelOntvangend", "sleutelVerzendend"))[0] == "StUF094"


def test_what_is_asked_and_absent_has_a_novalue(deur: Deur) -> None:
    nummer = _maak(deur, nieuw_nummer())
    gemachtigde = '<ZKN:heeftAlsGemachtigde StUF:entiteittype="ZAKBTRGMC"><ZKN:gerelateerde/></ZKN:heeftAlsGemachtigde>'
    scope = f'<ZKN:einddatum xsi:nil="true"/>{gemachtigde}'
    antwoord = _vraag(deur, f"<ZKN:identificatie>{nummer}</ZKN:identificatie>", scope)
    [object_] = antwoord.xpath("//*[local-name()='antwoord']/*")
    assert [(etree.QName(kind).localname, kind.xpath("string(@*[local-name()='noValue'])")) for kind in object_] == [
        ("einddatum", "geenWaarde"),
        ("heeftAlsGemachtigde", "geenWaarde"),
    ]


def test_geefzaakstatus_gives_the_last_status_only(deur: Deur) -> None:
    nummer = _maak(deur, nieuw_nummer(), na=status(2, "20260103") + status(1, "2026010209"))
    scope = (
        f'{ID}<ZKN:heeft StUF:entiteittype="ZAKSTT"><ZKN:gerelateerde StUF:entiteittype="STT">'
        '<ZKN:volgnummer xsi:nil="true"/></ZKN:gerelateerde><ZKN:datumStatusGezet xsi:nil="true"/>'
        '<ZKN:indicatieLaatsteStatus xsi:nil="true"/></ZKN:heeft>'
    )
    gelijk = (
        f"<ZKN:identificatie>{nummer}</ZKN:identificatie>"
        '<ZKN:heeft StUF:entiteittype="ZAKSTT"><ZKN:indicatieLaatsteStatus>J</ZKN:indicatieLaatsteStatus></ZKN:heeft>'
    )
    antwoord = deur.gelukt("geefZaakstatus_Lv01", lv01(gelijk, scope))
    assert teksten(antwoord, "//z:antwoord//z:volgnummer") == ["2"]
    assert teksten(antwoord, "//z:antwoord//z:datumStatusGezet") == ["20260103"]


def test_a_plan_shows_its_deelplannen_with_their_statuses_in_one_question(deur: Deur) -> None:
    plan, deel = nieuw_nummer(), nieuw_nummer()
    deur.gelukt("creeerZaak_Lk01", lk01("T", gezinsplan(plan)))
    wie = rol("heeftAlsInitiator", mdw("regie1"))
    _maak(deur, deel, relaties=wie + ander("heeftBetrekkingOpAndere", plan), na=status(1, "20260105"))
    status_ = (
        '<ZKN:heeft StUF:entiteittype="ZAKSTT"><ZKN:gerelateerde StUF:entiteittype="STT">'
        '<ZKN:omschrijving xsi:nil="true"/></ZKN:gerelateerde><ZKN:indicatieLaatsteStatus xsi:nil="true"/></ZKN:heeft>'
    )
    scope = (
        f'{ID}<ZKN:heeftBetrekkingOpAndere StUF:entiteittype="ZAKZAKBTR"><ZKN:gerelateerde StUF:entiteittype="ZAK">'
        f"{ID}{status_}</ZKN:gerelateerde></ZKN:heeftBetrekkingOpAndere>"
    )
    antwoord = deur.gelukt("geefZaakdetails_Lv01", lv01(f"<ZKN:identificatie>{plan}</ZKN:identificatie>", scope))
    andere = "//z:heeftBetrekkingOpAndere/z:gerelateerde"
    assert teksten(antwoord, f"{andere}/z:identificatie") == [deel]
    assert teksten(antwoord, f"{andere}/z:heeft/z:gerelateerde/z:omschrijving") == ["Ontvangen"]
    terug = deur.gelukt("geefZaakdetails_Lv01", lv01(f"<ZKN:identificatie>{deel}</ZKN:identificatie>", scope))
    assert teksten(terug, f"{andere}/z:identificatie") == [plan]


def test_an_unknown_zaak_gives_an_empty_answer(deur: Deur) -> None:
    antwoord = deur.gelukt("geefZaakdetails_Lv01", lv01("<ZKN:identificatie>1900nietda</ZKN:identificatie>", ID))
    assert teksten(antwoord, "//z:zakLa01//s:indicatorVervolgvraag") == ["false"]
    assert antwoord.xpath("//*[local-name()='antwoord']") == []


def test_a_bsn_with_many_zaken_costs_no_more_statements(deur: Deur) -> None:
    wie = rol("heeftAlsInitiator", nps(BSNS[4]))
    for _ in range(20):
        _maak(deur, nieuw_nummer(), relaties=wie, na=status(1, "20260101"))
    gelijk = _betrokkene("heeftAlsInitiator", "ZAKBTRINI", f"<ZKN:identificatie>{BSNS[4]}</ZKN:identificatie>")
    kosten = []
    for maximum in (1, 20):
        with tel_statements() as teller:
            assert len(_gevonden(deur, gelijk, scope='StUF:scope="alles"', maximum=maximum)) == maximum
        kosten.append(teller.aantal)
    assert kosten[0] == kosten[1] <= 6


def test_a_range_on_the_date_of_a_status(deur: Deur) -> None:
    bsn = BSNS[5]
    wie = rol("heeftAlsInitiator", nps(bsn))
    nummers = [
        _maak(deur, nieuw_nummer(), relaties=wie, na=status(1, datum)) for datum in ("20260301", "20260315", "20260401")
    ]
    grens = '<ZKN:heeft StUF:entiteittype="ZAKSTT"><ZKN:datumStatusGezet>{}</ZKN:datumStatusGezet></ZKN:heeft>'
    rest = _bereik(grens.format("20260310"), grens.format("20260331"))
    gelijk = _betrokkene("heeftAlsInitiator", "ZAKBTRINI", f"<ZKN:identificatie>{bsn}</ZKN:identificatie>")
    antwoord = deur.gelukt("zakLv01", lv01(gelijk, ID, rest=rest))
    assert teksten(antwoord, "//z:object/z:identificatie") == [nummers[1]]


def test_exact_as_a_number_and_a_part_of_a_text(deur: Deur) -> None:
    nummer = _maak(deur, nieuw_nummer(), na="")
    deel = f'<ZKN:identificatie StUF:exact="0">{nummer[-8:].upper()}</ZKN:identificatie>'
    precies = f'<ZKN:identificatie StUF:exact="1">{nummer[-8:]}</ZKN:identificatie>'
    assert nummer in _gevonden(deur, deel)
    assert _gevonden(deur, precies) == []
