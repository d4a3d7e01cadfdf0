"""Requests as SoapUI sends them: typed in from the tables of RZS 1.0, with its comments, prefixes and headers."""

import uuid
from collections.abc import Callable
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from lxml import etree
from tests.berichten.bouw import ACTIE, SOAP11, SOAP12, nieuw_nummer, teksten
from tests.conftest import Server

from regiesysteem.stuf.xml import ontleed

Stuur = Callable[[str, str, str], etree._Element]

_PREFIXEN = (
    'xmlns:ns="http://www.egem.nl/StUF/sector/zkn/0310" xmlns:stuf="http://www.egem.nl/StUF/StUF0301"\n'
    '   xmlns:ns1="http://www.egem.nl/StUF/sector/bg/0310" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
GEEN = 'xsi:nil="true" stuf:noValue="geenWaarde"'


def _verzoek(server: Server, versie: str, deur: str, dienst: str, bericht: str) -> Request:
    """The request that SoapUI makes of a message: with an empty header, and the action where the version wants it."""
    inhoud = (
        f'<soapenv:Envelope xmlns:soapenv="{versie}" {_PREFIXEN}>\n   <soapenv:Header/>\n   <soapenv:Body>\n'
        f"{bericht}\n   </soapenv:Body>\n</soapenv:Envelope>"
    )
    kop = {"Accept-Encoding": "gzip,deflate", "User-Agent": "Apache-HttpClient/4.5.5 (Java/16.0.1)"}
    if versie == SOAP11:
        kop |= {"Content-Type": "text/xml;charset=UTF-8", "SOAPAction": f'"{ACTIE}{dienst}"'}
    else:
        kop |= {"Content-Type": f'application/soap+xml;charset=UTF-8;action="{ACTIE}{dienst}"'}
    return Request(f"{server.url}/stuf/{deur}", inhoud.encode(), kop)


@pytest.fixture(params=[SOAP11, SOAP12], ids=["soap11", "soap12"])
def stuur(request: pytest.FixtureRequest, server: Server) -> Stuur:
    """Send a message to an operation of a door, in one version of SOAP, and give the answer in its envelope."""

    def _stuur(deur: str, dienst: str, bericht: str) -> etree._Element:
        verzoek = _verzoek(server, request.param, deur, dienst, bericht)
        try:
            with urlopen(verzoek, timeout=30) as antwoord:
                status, inhoud = antwoord.status, antwoord.read()
        except HTTPError as fout:
            with fout:
                status, inhoud = fout.code, fout.read()
        wortel = ontleed(inhoud)
        assert wortel.tag == f"{{{request.param}}}Envelope"
        zender_fout = 400 if request.param == SOAP12 else 500
        assert status == (zender_fout if teksten(wortel, "//s:body/s:plek[.='client']") else 200)
        return wortel

    return _stuur


def _stuurgegevens(code: str, soort: str = "<stuf:entiteittype>ZAK</stuf:entiteittype>") -> str:
    return f"""      <ns:stuurgegevens>
            <stuf:berichtcode>{code}</stuf:berichtcode>
            <!--Optional:-->
            <stuf:zender>
               <!--Optional:-->
               <stuf:organisatie>1900</stuf:organisatie>
               <stuf:applicatie>SoapUI</stuf:applicatie>
               <!--Optional:-->
               <stuf:gebruiker>tester</stuf:gebruiker>
            </stuf:zender>
            <stuf:ontvanger>
               <stuf:organisatie>1900</stuf:organisatie>
               <stuf:applicatie>Regiesysteem</stuf:applicatie>
            </stuf:ontvanger>
            <stuf:referentienummer>{uuid.uuid4()}</stuf:referentienummer>
            <stuf:tijdstipBericht>20261124101500</stuf:tijdstipBericht>
            {soort}
         </ns:stuurgegevens>"""


def _lk01(mutatiesoort: str, *objecten: str) -> str:
    soort = {"T": "T", "W": "W"}[mutatiesoort]
    inhoud = "".join(
        f'<ns:object stuf:verwerkingssoort="{soort}" stuf:entiteittype="ZAK">{een}\n         </ns:object>'
        for een in objecten
    )
    return f"""      <ns:zakLk01>
   {_stuurgegevens("Lk01")}
         <ns:parameters>
            <stuf:mutatiesoort>{mutatiesoort}</stuf:mutatiesoort>
            <stuf:indicatorOvername>V</stuf:indicatorOvername>
         </ns:parameters>
         <!--1 to 2 repetitions:-->
         {inhoud}
      </ns:zakLk01>"""


def _lv01(gelijk: str, scope: str) -> str:
    return f"""      <ns:zakLv01>
   {_stuurgegevens("Lv01")}
         <ns:parameters>
            <stuf:sortering>1</stuf:sortering>
            <stuf:indicatorVervolgvraag>false</stuf:indicatorVervolgvraag>
            <!--Optional:-->
            <stuf:maximumAantal>15</stuf:maximumAantal>
            <!--Optional:-->
            <stuf:indicatorAfnemerIndicatie>false</stuf:indicatorAfnemerIndicatie>
            <!--Optional:-->
            <stuf:indicatorAantal>true</stuf:indicatorAantal>
         </ns:parameters>
         <!--Optional:-->
         <ns:gelijk stuf:entiteittype="ZAK">{gelijk}</ns:gelijk>
         <!--Optional:-->
         <ns:scope>
            <ns:object stuf:entiteittype="ZAK" {scope}</ns:object>
         </ns:scope>
      </ns:zakLv01>"""


def _zaaktype(code: str, omschrijving: str) -> str:
    return f"""
            <ns:isVan stuf:entiteittype="ZAKZKT" stuf:verwerkingssoort="T">
               <ns:gerelateerde stuf:entiteittype="ZKT" stuf:verwerkingssoort="I">
                  <ns:omschrijving>{omschrijving}</ns:omschrijving>
                  <ns:code>{code}</ns:code>
               </ns:gerelateerde>
            </ns:isVan>"""


def _persoon(bsn: str, naam: str) -> str:
    return f"""<ns:natuurlijkPersoon stuf:entiteittype="NPS" stuf:verwerkingssoort="T">
                     <ns1:inp.bsn>{bsn}</ns1:inp.bsn>
                     <ns1:authentiek stuf:metagegeven="true">J</ns1:authentiek>
                     <ns1:geslachtsnaam>{naam}</ns1:geslachtsnaam>
                     <!--Optional:-->
                     <ns1:voorvoegselGeslachtsnaam>van der</ns1:voorvoegselGeslachtsnaam>
                     <ns1:voorletters>A.</ns1:voorletters>
                     <ns1:voornamen>Anna</ns1:voornamen>
                     <ns1:geslachtsaanduiding>V</ns1:geslachtsaanduiding>
                     <ns1:geboortedatum stuf:indOnvolledigeDatum="D">19850400</ns1:geboortedatum>
                  </ns:natuurlijkPersoon>"""


REGISSEUR = """<ns:medewerker stuf:entiteittype="MDW" stuf:verwerkingssoort="T">
                     <ns:identificatie>regie07</ns:identificatie>
                     <ns:achternaam>Smit</ns:achternaam>
                     <ns:voorletters>B.</ns:voorletters>
                     <ns:voorvoegselAchternaam xsi:nil="true" stuf:noValue="geenWaarde"/>
                  </ns:medewerker>"""
ORGANISATIE = """<ns:vestiging stuf:entiteittype="VES" stuf:verwerkingssoort="T">
                     <ns1:vestigingsNummer>000012345678</ns1:vestigingsNummer>
                     <ns1:authentiek stuf:metagegeven="true">J</ns1:authentiek>
                     <ns1:handelsnaam>Thuiszorg De Brug</ns1:handelsnaam>
                  </ns:vestiging>"""


def _rol(naam: str, code: str, wie: str, rest: str = "") -> str:
    return f"""
            <ns:{naam} stuf:entiteittype="{code}" stuf:verwerkingssoort="T">
               <ns:gerelateerde>
                  <!--You have a CHOICE of the next items at this level-->
                  {wie}
               </ns:gerelateerde>{rest}
            </ns:{naam}>"""


def _omschrijving(tekst: str) -> str:
    return f"\n               <ns:omschrijving>{tekst}</ns:omschrijving>"


def _bij(nummer: str) -> str:
    return f"""
            <ns:heeftBetrekkingOpAndere stuf:entiteittype="ZAKZAKBTR" stuf:verwerkingssoort="T">
               <ns:gerelateerde stuf:entiteittype="ZAK" stuf:verwerkingssoort="I">
                  <ns:identificatie>{nummer}</ns:identificatie>
                  <!--Optional:-->
                  <ns:omschrijving>Plan</ns:omschrijving>
               </ns:gerelateerde>
            </ns:heeftBetrekkingOpAndere>"""


def _nieuw(nummer: str, omschrijving: str, *relaties: str) -> str:
    return f"""
            <ns:identificatie>{nummer}</ns:identificatie>
            <ns:omschrijving>{omschrijving}</ns:omschrijving>
            <ns:toelichting>Op verzoek van het wijkteam</ns:toelichting>
            <!--Zero or more repetitions:-->
            <ns:kenmerk>
               <ns:kenmerk>{nummer[-6:]}</ns:kenmerk>
               <ns:bron>SoapUI</ns:bron>
            </ns:kenmerk>
            <ns:startdatum>20261124</ns:startdatum>
            <ns:registratiedatum>20261124</ns:registratiedatum>
            <ns:einddatumGepland>20270524</ns:einddatumGepland>
            <ns:uiterlijkeEinddatum>20271124</ns:uiterlijkeEinddatum>
            <ns:archiefnominatie>N</ns:archiefnominatie>
            <ns:zaakniveau>1</ns:zaakniveau>
            <ns:deelzakenIndicatie>N</ns:deelzakenIndicatie>{"".join(relaties)}"""


def _gezinsplan(nummer: str, bsn: str) -> str:
    """RZS 6.3.3: all that its table names of the people in a gezinsplan."""
    return _nieuw(
        nummer,
        "Gezinsplan Berg",
        _zaaktype("GEZINSPLAN", "Opstellen en uitvoeren gezinsplan"),
        _rol("heeftBetrekkingOp", "ZAKOBJ", _persoon(bsn, "Berg"), _omschrijving("Client")),
        _rol("heeftAlsBelanghebbende", "ZAKBTRBLH", _persoon("999990111", "Dal"), _omschrijving("Buurvrouw")),
        _rol("heeftAlsInitiator", "ZAKBTRINI", REGISSEUR, _omschrijving("Regisseur")),
        _rol("heeftAlsUitvoerende", "ZAKBTRUTV", REGISSEUR),
        _rol("heeftAlsUitvoerende", "ZAKBTRUTV", ORGANISATIE),
    )


def _gelukt(antwoord: etree._Element) -> None:
    assert teksten(antwoord, "//s:berichtcode") == ["Bv03"], teksten(antwoord, "//s:details")


def _vraag(stuur: Stuur, dienst: str, gelijk: str, scope: str) -> etree._Element:
    antwoord = stuur("BeantwoordVraag", dienst, _lv01(gelijk, scope))
    assert teksten(antwoord, "//s:berichtcode") == ["La01"], teksten(antwoord, "//s:details")
    return antwoord


def _maak(stuur: Stuur, bsn: str) -> tuple[str, str, str]:
    plan, domein, deel = nieuw_nummer(), nieuw_nummer(), nieuw_nummer()
    client = _rol("heeftBetrekkingOp", "ZAKOBJ", _persoon(bsn, "Berg"), _omschrijving("Client"))
    regisseur = _rol("heeftAlsInitiator", "ZAKBTRINI", REGISSEUR)
    domeintype = _zaaktype("DOMEINPLAN", "Opstellen en uitvoeren levensdomeinplan")
    deeltype = _zaaktype("B1026", "Aanvraag minima")
    aanvrager = _rol("heeftAlsInitiator", "ZAKBTRINI", _persoon(bsn, "Berg"))
    for inhoud in (
        _gezinsplan(plan, bsn),
        _nieuw(domein, "Inkomen", domeintype, client, regisseur, _bij(plan)),
        _nieuw(deel, "Bijzondere bijstand", deeltype, client, aanvrager, _bij(plan), _bij(domein)),
    ):
        _gelukt(stuur("OntvangAsynchroon", "creeerZaak_Lk01", _lk01("T", inhoud)))
    return plan, domein, deel


def test_a_number_on_request(stuur: Stuur) -> None:
    soort = "<stuf:functie>genereerZaakidentificatie</stuf:functie>"
    bericht = f"<ns:genereerZaakIdentificatie_Di02>{_stuurgegevens('Di02', soort)}</ns:genereerZaakIdentificatie_Di02>"
    antwoord = stuur("VrijeBerichten", "genereerZaakIdentificatie_Di02", bericht)
    [nummer] = teksten(antwoord, "//z:zaak/z:identificatie")
    assert nummer.startswith("1900")


def test_plans_as_rzs_describes_them_come_back_with_all_their_people(stuur: Stuur) -> None:
    """RZS 6.3, 6.4 and 6.6, read back with geefZaakdetails."""
    plan, domein, deel = _maak(stuur, "999990123")
    alles = 'stuf:scope="alles">'
    antwoord = _vraag(stuur, "geefZaakdetails_Lv01", f"<ns:identificatie>{plan}</ns:identificatie>", alles)
    zaak = "//z:antwoord/z:object"
    assert teksten(antwoord, f"{zaak}/z:heeftBetrekkingOpAndere/z:gerelateerde/z:identificatie") == [domein, deel]
    assert teksten(antwoord, f"{zaak}/z:heeftBetrekkingOp//b:inp.bsn") == ["999990123"]
    assert teksten(antwoord, f"{zaak}/z:heeftBetrekkingOp//b:geboortedatum") == ["19850400"]
    assert teksten(antwoord, f"{zaak}/z:heeftAlsBelanghebbende/z:omschrijving") == ["Buurvrouw"]
    assert teksten(antwoord, f"{zaak}/z:heeftAlsInitiator//z:identificatie") == ["regie07"]
    assert teksten(antwoord, f"{zaak}/z:heeftAlsUitvoerende//b:handelsnaam") == ["Thuiszorg De Brug"]
    assert teksten(antwoord, f"{zaak}/z:heeft/z:gerelateerde/z:omschrijving") == ["Signaal geregistreerd"]


def test_which_gezinsplan_and_how_far_are_its_parts(stuur: Stuur) -> None:
    """The question by BSN, a status from the back office, and the director who asks for it (ZDS 4.1.1 and 4.1.3)."""
    plan, _, deel = _maak(stuur, bsn := "999990135")
    gelijk = f"""
            <ns:isVan stuf:entiteittype="ZAKZKT">
               <ns:gerelateerde stuf:entiteittype="ZKT"><ns:code>GEZINSPLAN</ns:code></ns:gerelateerde>
            </ns:isVan>
            <ns:heeftBetrekkingOp stuf:entiteittype="ZAKOBJ">
               <ns:gerelateerde stuf:entiteittype="OBJ"><ns:identificatie>{bsn}</ns:identificatie></ns:gerelateerde>
            </ns:heeftBetrekkingOp>"""
    antwoord = _vraag(stuur, "zakLv01", gelijk, '><ns:identificatie xsi:nil="true"/>')
    assert plan in teksten(antwoord, "//z:antwoord/z:object/z:identificatie")

    sleutel = f"<ns:identificatie>{deel}</ns:identificatie>"
    was = f'{sleutel}<ns:heeft stuf:entiteittype="ZAKSTT" stuf:verwerkingssoort="T" {GEEN}/>'
    wordt = f"""{sleutel}
            <ns:heeft stuf:entiteittype="ZAKSTT" stuf:verwerkingssoort="T">
               <ns:gerelateerde stuf:entiteittype="STT" stuf:verwerkingssoort="I">
                  <ns:volgnummer>0002</ns:volgnummer>
                  <ns:code>Inbeh</ns:code>
                  <ns:omschrijving>In behandeling</ns:omschrijving>
               </ns:gerelateerde>
               <ns:toelichting>Intake gepland</ns:toelichting>
               <ns:datumStatusGezet>202611251030</ns:datumStatusGezet>
               <ns:isGezetDoor stuf:entiteittype="ZAKSTTBTR" stuf:verwerkingssoort="T">
                  <ns:gerelateerde>{REGISSEUR}</ns:gerelateerde>
               </ns:isGezetDoor>
            </ns:heeft>"""
    _gelukt(stuur("OntvangAsynchroon", "actualiseerZaakstatus_Lk01", _lk01("W", was, wordt)))
    scope = """><ns:identificatie xsi:nil="true"/>
               <ns:heeft stuf:entiteittype="ZAKSTT">
                  <ns:gerelateerde stuf:entiteittype="STT">
                     <ns:volgnummer xsi:nil="true"/><ns:omschrijving xsi:nil="true"/>
                  </ns:gerelateerde>
                  <ns:datumStatusGezet xsi:nil="true"/>
                  <ns:indicatieLaatsteStatus xsi:nil="true"/>
               </ns:heeft>"""
    laatste = '<ns:heeft stuf:entiteittype="ZAKSTT"><ns:indicatieLaatsteStatus>J</ns:indicatieLaatsteStatus></ns:heeft>'
    antwoord = _vraag(stuur, "geefZaakstatus_Lv01", sleutel + laatste, scope)
    assert teksten(antwoord, "//z:heeft/z:gerelateerde/z:omschrijving") == ["In behandeling"]
    assert teksten(antwoord, "//z:heeft/z:datumStatusGezet") == ["202611251030"]


def test_a_gezinsplan_changes_and_a_deelplan_is_closed(stuur: Stuur) -> None:
    """RZS 6.11 and 6.13: another client, another end; einddatum and resultaat."""
    plan, _, deel = _maak(stuur, "999990147")
    sleutel = f"<ns:identificatie>{plan}</ns:identificatie><ns:omschrijving>Gezinsplan Berg</ns:omschrijving>"
    erbij = _rol("heeftBetrekkingOp", "ZAKOBJ", _persoon("999990159", "Berg"), _omschrijving("Client"))
    leeg = f'<ns:heeftBetrekkingOp stuf:entiteittype="ZAKOBJ" stuf:verwerkingssoort="T" {GEEN}/>'
    gepland = "<ns:einddatumGepland>{}</ns:einddatumGepland>"
    was, wordt = sleutel + gepland.format("20270524") + leeg, sleutel + gepland.format("20270824") + erbij
    _gelukt(stuur("OntvangAsynchroon", "updateZaak_Lk01", _lk01("W", was, wordt)))
    sleutel = f"<ns:identificatie>{deel}</ns:identificatie>"
    wordt = f"""{sleutel}
            <ns:resultaat>
               <!--Optional:-->
               <ns:omschrijving>Toegekend</ns:omschrijving>
            </ns:resultaat>
            <ns:einddatum>20270110</ns:einddatum>"""
    _gelukt(stuur("OntvangAsynchroon", "updateZaak_Lk01", _lk01("W", sleutel, wordt)))
    scope = """><ns:einddatumGepland xsi:nil="true"/>
               <ns:heeftBetrekkingOp stuf:entiteittype="ZAKOBJ">
                  <ns:gerelateerde><ns:natuurlijkPersoon stuf:entiteittype="NPS">
                     <ns1:inp.bsn xsi:nil="true"/>
                  </ns:natuurlijkPersoon></ns:gerelateerde>
               </ns:heeftBetrekkingOp>
               <ns:heeftBetrekkingOpAndere stuf:entiteittype="ZAKZAKBTR">
                  <ns:gerelateerde stuf:entiteittype="ZAK">
                     <ns:identificatie xsi:nil="true"/>
                     <ns:resultaat><ns:omschrijving xsi:nil="true"/></ns:resultaat>
                     <ns:einddatum xsi:nil="true"/>
                  </ns:gerelateerde>
               </ns:heeftBetrekkingOpAndere>"""
    antwoord = _vraag(stuur, "geefZaakdetails_Lv01", f"<ns:identificatie>{plan}</ns:identificatie>", scope)
    assert teksten(antwoord, "//z:object/z:einddatumGepland") == ["20270824"]
    assert teksten(antwoord, "//z:object/z:heeftBetrekkingOp//b:inp.bsn") == ["999990147", "999990159"]
    gesloten = f"//z:gerelateerde[z:identificatie='{deel}']"
    assert teksten(antwoord, f"{gesloten}/z:einddatum") == ["20270110"]
    assert teksten(antwoord, f"{gesloten}/z:resultaat/z:omschrijving") == ["Toegekend"]


def test_what_is_forgotten_is_named(stuur: Stuur) -> None:
    """A gezinsplan without its client: the sender reads which element, and where in RZS."""
    vergeten = _nieuw(
        nieuw_nummer(),
        "Gezinsplan",
        _zaaktype("GEZINSPLAN", "Opstellen en uitvoeren gezinsplan"),
        _rol("heeftAlsInitiator", "ZAKBTRINI", REGISSEUR),
    )
    antwoord = stuur("OntvangAsynchroon", "creeerZaak_Lk01", _lk01("T", vergeten))
    assert teksten(antwoord, "//s:Fo03Bericht/s:body/s:code") == ["StUF055"]
    [details] = teksten(antwoord, "//s:details")
    assert "heeftBetrekkingOp" in details
    assert "6.3.2" in details
