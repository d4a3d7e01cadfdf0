"""Requests as SoapUI sends them: typed in from the tables of RZS 1.0, with its comments, prefixes and headers."""

import uuid
from collections.abc import Callable
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from lxml import etree
from tests.berichten.bouw import ACTIE, SOAP11, SOAP12, new_number, texts
from tests.conftest import Server

from regiesysteem.stuf.xml import parse

Send = Callable[[str, str, str], etree._Element]

_PREFIXEN = (
    'xmlns:ns="http://www.egem.nl/StUF/sector/zkn/0310" xmlns:stuf="http://www.egem.nl/StUF/StUF0301"\n'
    '   xmlns:ns1="http://www.egem.nl/StUF/sector/bg/0310" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
NO = 'xsi:nil="true" stuf:noValue="geenWaarde"'


def _request(server: Server, versie: str, door: str, dienst: str, bericht: str) -> Request:
    """The request that SoapUI makes of a message: with an empty header, and the action where the version wants it."""
    inhoud = (
        f'<soapenv:Envelope xmlns:soapenv="{versie}" {_PREFIXEN}>\n   <soapenv:Header/>\n   <soapenv:Body>\n'
        f"{bericht}\n   </soapenv:Body>\n</soapenv:Envelope>"
    )
    head = {"Accept-Encoding": "gzip,deflate", "User-Agent": "Apache-HttpClient/4.5.5 (Java/16.0.1)"}
    if versie == SOAP11:
        head |= {"Content-Type": "text/xml;charset=UTF-8", "SOAPAction": f'"{ACTIE}{dienst}"'}
    else:
        head |= {"Content-Type": f'application/soap+xml;charset=UTF-8;action="{ACTIE}{dienst}"'}
    return Request(f"{server.url}/stuf/{door}", inhoud.encode(), head)


@pytest.fixture(params=[SOAP11, SOAP12], ids=["soap11", "soap12"])
def send(request: pytest.FixtureRequest, server: Server) -> Send:
    """Send a message to an operation of a door, in one version of SOAP, and give the answer in its envelope."""

    def _send(door: str, dienst: str, bericht: str) -> etree._Element:
        verzoek = _request(server, request.param, door, dienst, bericht)
        try:
            with urlopen(verzoek, timeout=30) as answer:
                status, inhoud = answer.status, answer.read()
        except HTTPError as error:
            with error:
                status, inhoud = error.code, error.read()
        root = parse(inhoud)
        assert root.tag == f"{{{request.param}}}Envelope"
        zender_error = 400 if request.param == SOAP12 else 500
        assert status == (zender_error if texts(root, "//s:body/s:plek[.='client']") else 200)
        return root

    return _send


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
        f'<ns:object stuf:verwerkingssoort="{soort}" stuf:entiteittype="ZAK">{one}\n         </ns:object>'
        for one in objecten
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


def _rol(naam: str, code: str, who: str, rest: str = "") -> str:
    return f"""
            <ns:{naam} stuf:entiteittype="{code}" stuf:verwerkingssoort="T">
               <ns:gerelateerde>
                  <!--You have a CHOICE of the next items at this level-->
                  {who}
               </ns:gerelateerde>{rest}
            </ns:{naam}>"""


def _omschrijving(text: str) -> str:
    return f"\n               <ns:omschrijving>{text}</ns:omschrijving>"


def _at(number: str) -> str:
    return f"""
            <ns:heeftBetrekkingOpAndere stuf:entiteittype="ZAKZAKBTR" stuf:verwerkingssoort="T">
               <ns:gerelateerde stuf:entiteittype="ZAK" stuf:verwerkingssoort="I">
                  <ns:identificatie>{number}</ns:identificatie>
                  <!--Optional:-->
                  <ns:omschrijving>Plan</ns:omschrijving>
               </ns:gerelateerde>
            </ns:heeftBetrekkingOpAndere>"""


def _new(number: str, omschrijving: str, *relaties: str) -> str:
    return f"""
            <ns:identificatie>{number}</ns:identificatie>
            <ns:omschrijving>{omschrijving}</ns:omschrijving>
            <ns:toelichting>Op verzoek van het wijkteam</ns:toelichting>
            <!--Zero or more repetitions:-->
            <ns:kenmerk>
               <ns:kenmerk>{number[-6:]}</ns:kenmerk>
               <ns:bron>SoapUI</ns:bron>
            </ns:kenmerk>
            <ns:startdatum>20261124</ns:startdatum>
            <ns:registratiedatum>20261124</ns:registratiedatum>
            <ns:einddatumGepland>20270524</ns:einddatumGepland>
            <ns:uiterlijkeEinddatum>20271124</ns:uiterlijkeEinddatum>
            <ns:archiefnominatie>N</ns:archiefnominatie>
            <ns:zaakniveau>1</ns:zaakniveau>
            <ns:deelzakenIndicatie>N</ns:deelzakenIndicatie>{"".join(relaties)}"""


def _gezinsplan(number: str, bsn: str) -> str:
    """RZS 6.3.3: all that its table names of the people in a gezinsplan."""
    return _new(
        number,
        "Gezinsplan Berg",
        _zaaktype("GEZINSPLAN", "Opstellen en uitvoeren gezinsplan"),
        _rol("heeftBetrekkingOp", "ZAKOBJ", _persoon(bsn, "Berg"), _omschrijving("Client")),
        _rol("heeftAlsBelanghebbende", "ZAKBTRBLH", _persoon("999990111", "Dal"), _omschrijving("Buurvrouw")),
        _rol("heeftAlsInitiator", "ZAKBTRINI", REGISSEUR, _omschrijving("Regisseur")),
        _rol("heeftAlsUitvoerende", "ZAKBTRUTV", REGISSEUR),
        _rol("heeftAlsUitvoerende", "ZAKBTRUTV", ORGANISATIE),
    )


def _succeeded(answer: etree._Element) -> None:
    assert texts(answer, "//s:berichtcode") == ["Bv03"], texts(answer, "//s:details")


def _question(send: Send, dienst: str, gelijk: str, scope: str) -> etree._Element:
    answer = send("BeantwoordVraag", dienst, _lv01(gelijk, scope))
    assert texts(answer, "//s:berichtcode") == ["La01"], texts(answer, "//s:details")
    return answer


def _make(send: Send, bsn: str) -> tuple[str, str, str]:
    plan, domein, part = new_number(), new_number(), new_number()
    client = _rol("heeftBetrekkingOp", "ZAKOBJ", _persoon(bsn, "Berg"), _omschrijving("Client"))
    regisseur = _rol("heeftAlsInitiator", "ZAKBTRINI", REGISSEUR)
    domeintype = _zaaktype("DOMEINPLAN", "Opstellen en uitvoeren levensdomeinplan")
    deeltype = _zaaktype("B1026", "Aanvraag minima")
    aanvrager = _rol("heeftAlsInitiator", "ZAKBTRINI", _persoon(bsn, "Berg"))
    for inhoud in (
        _gezinsplan(plan, bsn),
        _new(domein, "Inkomen", domeintype, client, regisseur, _at(plan)),
        _new(part, "Bijzondere bijstand", deeltype, client, aanvrager, _at(plan), _at(domein)),
    ):
        _succeeded(send("OntvangAsynchroon", "creeerZaak_Lk01", _lk01("T", inhoud)))
    return plan, domein, part


def test_a_number_on_request(send: Send) -> None:
    soort = "<stuf:functie>genereerZaakidentificatie</stuf:functie>"
    bericht = f"<ns:genereerZaakIdentificatie_Di02>{_stuurgegevens('Di02', soort)}</ns:genereerZaakIdentificatie_Di02>"
    answer = send("VrijeBerichten", "genereerZaakIdentificatie_Di02", bericht)
    [number] = texts(answer, "//z:zaak/z:identificatie")
    assert number.startswith("1900")


def test_plans_as_rzs_describes_them_come_back_with_all_their_people(send: Send) -> None:
    """RZS 6.3, 6.4 and 6.6, read back with geefZaakdetails."""
    plan, domein, part = _make(send, "999990123")
    alles = 'stuf:scope="alles">'
    answer = _question(send, "geefZaakdetails_Lv01", f"<ns:identificatie>{plan}</ns:identificatie>", alles)
    zaak = "//z:antwoord/z:object"
    assert texts(answer, f"{zaak}/z:heeftBetrekkingOpAndere/z:gerelateerde/z:identificatie") == [domein, part]
    assert texts(answer, f"{zaak}/z:heeftBetrekkingOp//b:inp.bsn") == ["999990123"]
    assert texts(answer, f"{zaak}/z:heeftBetrekkingOp//b:geboortedatum") == ["19850400"]
    assert texts(answer, f"{zaak}/z:heeftAlsBelanghebbende/z:omschrijving") == ["Buurvrouw"]
    assert texts(answer, f"{zaak}/z:heeftAlsInitiator//z:identificatie") == ["regie07"]
    assert texts(answer, f"{zaak}/z:heeftAlsUitvoerende//b:handelsnaam") == ["Thuiszorg De Brug"]
    assert texts(answer, f"{zaak}/z:heeft/z:gerelateerde/z:omschrijving") == ["Signaal geregistreerd"]


def test_which_gezinsplan_and_how_far_are_its_parts(send: Send) -> None:
    """The question by BSN, a status from the back office, and the director who asks for it (ZDS 4.1.1 and 4.1.3)."""
    plan, _, part = _make(send, bsn := "999990135")
    gelijk = f"""
            <ns:isVan stuf:entiteittype="ZAKZKT">
               <ns:gerelateerde stuf:entiteittype="ZKT"><ns:code>GEZINSPLAN</ns:code></ns:gerelateerde>
            </ns:isVan>
            <ns:heeftBetrekkingOp stuf:entiteittype="ZAKOBJ">
               <ns:gerelateerde stuf:entiteittype="OBJ"><ns:identificatie>{bsn}</ns:identificatie></ns:gerelateerde>
            </ns:heeftBetrekkingOp>"""
    answer = _question(send, "zakLv01", gelijk, '><ns:identificatie xsi:nil="true"/>')
    assert plan in texts(answer, "//z:antwoord/z:object/z:identificatie")

    sleutel = f"<ns:identificatie>{part}</ns:identificatie>"
    was = f'{sleutel}<ns:heeft stuf:entiteittype="ZAKSTT" stuf:verwerkingssoort="T" {NO}/>'
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
    _succeeded(send("OntvangAsynchroon", "actualiseerZaakstatus_Lk01", _lk01("W", was, wordt)))
    scope = """><ns:identificatie xsi:nil="true"/>
               <ns:heeft stuf:entiteittype="ZAKSTT">
                  <ns:gerelateerde stuf:entiteittype="STT">
                     <ns:volgnummer xsi:nil="true"/><ns:omschrijving xsi:nil="true"/>
                  </ns:gerelateerde>
                  <ns:datumStatusGezet xsi:nil="true"/>
                  <ns:indicatieLaatsteStatus xsi:nil="true"/>
               </ns:heeft>"""
    last = '<ns:heeft stuf:entiteittype="ZAKSTT"><ns:indicatieLaatsteStatus>J</ns:indicatieLaatsteStatus></ns:heeft>'
    answer = _question(send, "geefZaakstatus_Lv01", sleutel + last, scope)
    assert texts(answer, "//z:heeft/z:gerelateerde/z:omschrijving") == ["In behandeling"]
    assert texts(answer, "//z:heeft/z:datumStatusGezet") == ["202611251030"]


def test_a_gezinsplan_changes_and_a_deelplan_is_closed(send: Send) -> None:
    """RZS 6.11 and 6.13: another client, another end; einddatum and resultaat."""
    plan, _, part = _make(send, "999990147")
    sleutel = f"<ns:identificatie>{plan}</ns:identificatie><ns:omschrijving>Gezinsplan Berg</ns:omschrijving>"
    added = _rol("heeftBetrekkingOp", "ZAKOBJ", _persoon("999990159", "Berg"), _omschrijving("Client"))
    empty = f'<ns:heeftBetrekkingOp stuf:entiteittype="ZAKOBJ" stuf:verwerkingssoort="T" {NO}/>'
    planned = "<ns:einddatumGepland>{}</ns:einddatumGepland>"
    was, wordt = sleutel + planned.format("20270524") + empty, sleutel + planned.format("20270824") + added
    _succeeded(send("OntvangAsynchroon", "updateZaak_Lk01", _lk01("W", was, wordt)))
    sleutel = f"<ns:identificatie>{part}</ns:identificatie>"
    wordt = f"""{sleutel}
            <ns:resultaat>
               <!--Optional:-->
               <ns:omschrijving>Toegekend</ns:omschrijving>
            </ns:resultaat>
            <ns:einddatum>20270110</ns:einddatum>"""
    _succeeded(send("OntvangAsynchroon", "updateZaak_Lk01", _lk01("W", sleutel, wordt)))
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
    answer = _question(send, "geefZaakdetails_Lv01", f"<ns:identificatie>{plan}</ns:identificatie>", scope)
    assert texts(answer, "//z:object/z:einddatumGepland") == ["20270824"]
    assert texts(answer, "//z:object/z:heeftBetrekkingOp//b:inp.bsn") == ["999990147", "999990159"]
    gesloten = f"//z:gerelateerde[z:identificatie='{part}']"
    assert texts(answer, f"{gesloten}/z:einddatum") == ["20270110"]
    assert texts(answer, f"{gesloten}/z:resultaat/z:omschrijving") == ["Toegekend"]


def test_what_is_forgotten_is_named(send: Send) -> None:
    """A gezinsplan without its client: the sender reads which element, and where in RZS."""
    vergeten = _new(
        new_number(),
        "Gezinsplan",
        _zaaktype("GEZINSPLAN", "Opstellen en uitvoeren gezinsplan"),
        _rol("heeftAlsInitiator", "ZAKBTRINI", REGISSEUR),
    )
    answer = send("OntvangAsynchroon", "creeerZaak_Lk01", _lk01("T", vergeten))
    assert texts(answer, "//s:Fo03Bericht/s:body/s:code") == ["StUF055"]
    [details] = texts(answer, "//s:details")
    assert "heeftBetrekkingOp" in details
    assert "6.3.2" in details
