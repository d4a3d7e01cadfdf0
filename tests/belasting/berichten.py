"""The messages of the benchmarks: templates with marks of a fixed width, so that a body is made by replacing bytes.

Like those of a back office in production: addresses and names filled, what is not known sent as noValue.
"""

from dataclasses import dataclass
from typing import Final

ZKN: Final = "http://www.egem.nl/StUF/sector/zkn/0310"
ZENDER: Final = ("1900", "Belasting")
GEZINSPLAN: Final = "GEZINSPLAN"
DEELPLAN: Final = "B1026"
PERSONEN: Final = 3
"""People of their own that a gezinsplan brings; its medewerker, eenheid and organisatie are shared."""

REFERENTIE: Final = "@REFERENTIE--------------------------@"
ZAAK: Final = "@ZAAK---------@"
BSN: Final = tuple(f"@BSN---{number}@" for number in range(PERSONEN))

_XMLNS: Final = (
    f'xmlns:ZKN="{ZKN}" xmlns:BG="http://www.egem.nl/StUF/sector/bg/0310" '
    'xmlns:StUF="http://www.egem.nl/StUF/StUF0301" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
_EMPTY: Final = 'xsi:nil="true" StUF:noValue="geenWaarde"'
_GEWICHTEN: Final = (9, 8, 7, 6, 5, 4, 3)


@dataclass(frozen=True)
class Bericht:
    """A kind of message: `door` its path, `sjabloon` its envelope, `expected` what a good answer holds."""

    dienst: str
    door: str
    sjabloon: str
    expected: str

    def kop(self) -> bytes:
        """The HTTP header of every request with this message; all bodies are of one length."""
        return (
            f"POST {self.door} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/xml; charset=utf-8\r\n"
            f'SOAPAction: "{ZKN}/{self.dienst}"\r\nContent-Length: {len(self.sjabloon.encode())}\r\n\r\n'
        ).encode()

    def fill(self, range_: str, number: int, zaken: str = "", personen: int = 0, waarover: int | None = None) -> bytes:
        """The body of message `number` of a `range_` (4 characters, which no other run has).

        It is about zaak `waarover` (None: `number`) of the reeks `zaken` (empty: of its own) and the people that this
        zaak has in the range that starts at `personen`.
        """
        place = number if waarover is None else waarover
        text = self.sjabloon.replace(REFERENTIE, f"{range_}-{self.dienst[:20]:-<20}-{number:012d}")
        text = text.replace(ZAAK, zaaknummer(zaken or range_, place))
        for which, mark in enumerate(BSN):
            text = text.replace(mark, bsn(personen + place * PERSONEN + which))
        return text.encode()


def zaaknummer(range_: str, number: int) -> str:
    """The zaakidentificatie of zaak `number` of a reeks."""
    return f"1900{range_:0>4}{number:07d}"


def bsn(number: int) -> str:
    """The BSN of person `number`, 0 to 9,999,999: nine digits that pass the elfproef, another for each."""
    begin = f"{number + 1:07d}"[-7:]
    som = sum(weight * int(digit) for weight, digit in zip(_GEWICHTEN, begin, strict=True))
    achtste = next(digit for digit in range(10) if (som + 2 * digit) % 11 != 10)
    return f"{begin}{achtste}{(som + 2 * achtste) % 11}"


def envelope(element: str, code: str, inhoud: str, extra: str = "<StUF:entiteittype>ZAK</StUF:entiteittype>") -> str:
    """A message in its envelope; `extra` ends the stuurgegevens."""
    organisatie, applicatie = ZENDER
    return f"""<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" {_XMLNS}>
  <soapenv:Header/>
  <soapenv:Body>
    <ZKN:{element}>
      <ZKN:stuurgegevens>
        <StUF:berichtcode>{code}</StUF:berichtcode>
        <StUF:zender><StUF:organisatie>{organisatie}</StUF:organisatie><StUF:applicatie>{applicatie}</StUF:applicatie></StUF:zender>
        <StUF:ontvanger><StUF:organisatie>1900</StUF:organisatie><StUF:applicatie>Regiesysteem</StUF:applicatie></StUF:ontvanger>
        <StUF:referentienummer>{REFERENTIE}</StUF:referentienummer>
        <StUF:tijdstipBericht>20260301101500000</StUF:tijdstipBericht>
        {extra}
      </ZKN:stuurgegevens>
      {inhoud}
    </ZKN:{element}>
  </soapenv:Body>
</soapenv:Envelope>"""


def _kennisgeving(soort: str, *objecten: str) -> str:
    parts = "".join(
        f'<ZKN:object StUF:entiteittype="ZAK" StUF:sleutelVerzendend="{ZAAK}" StUF:verwerkingssoort="{soort}">'
        f"<ZKN:identificatie>{ZAAK}</ZKN:identificatie>{inhoud}</ZKN:object>"
        for inhoud in objecten
    )
    parameters = (
        f"<ZKN:parameters><StUF:mutatiesoort>{soort}</StUF:mutatiesoort>"
        "<StUF:indicatorOvername>V</StUF:indicatorOvername></ZKN:parameters>"
    )
    return envelope("zakLk01", "Lk01", parameters + parts)


def _question(gelijk: str, scope: str, maximum: str = "") -> str:
    return envelope(
        "zakLv01",
        "Lv01",
        "<ZKN:parameters><StUF:sortering>0</StUF:sortering>"
        f"<StUF:indicatorVervolgvraag>false</StUF:indicatorVervolgvraag>{maximum}</ZKN:parameters>"
        f'<ZKN:gelijk StUF:entiteittype="ZAK">{gelijk}</ZKN:gelijk><ZKN:scope>{scope}</ZKN:scope>',
    )


def _relatie(naam: str, entiteittype: str, gerelateerde: str, rest: str = "") -> str:
    return (
        f'<ZKN:{naam} StUF:entiteittype="{entiteittype}" StUF:verwerkingssoort="T">'
        f"<ZKN:gerelateerde>{gerelateerde}</ZKN:gerelateerde>{rest}</ZKN:{naam}>"
    )


_ADRES: Final = f"""<BG:aoa.identificatie {_EMPTY}/><BG:authentiek StUF:metagegeven="true">J</BG:authentiek>
      <BG:wpl.woonplaatsNaam>Bolsward</BG:wpl.woonplaatsNaam><BG:gor.openbareRuimteNaam {_EMPTY}/>
      <BG:gor.straatnaam>Kerkstraat</BG:gor.straatnaam><BG:aoa.postcode>8701HP</BG:aoa.postcode>
      <BG:aoa.huisnummer>1</BG:aoa.huisnummer><BG:aoa.huisletter {_EMPTY}/>
      <BG:aoa.huisnummertoevoeging {_EMPTY}/><BG:inp.locatiebeschrijving {_EMPTY}/>"""


def _persoon(mark: str, voornaam: str) -> str:
    return f"""<ZKN:natuurlijkPersoon StUF:entiteittype="NPS" StUF:verwerkingssoort="T">
      <BG:inp.bsn>{mark}</BG:inp.bsn><BG:authentiek StUF:metagegeven="true">J</BG:authentiek>
      <BG:geslachtsnaam>Bakker</BG:geslachtsnaam><BG:voorvoegselGeslachtsnaam {_EMPTY}/>
      <BG:voorletters>{voornaam[0]}</BG:voorletters><BG:voornamen>{voornaam}</BG:voornamen>
      <BG:geslachtsaanduiding>V</BG:geslachtsaanduiding><BG:geboortedatum>19800229</BG:geboortedatum>
      <BG:verblijfsadres>{_ADRES}</BG:verblijfsadres></ZKN:natuurlijkPersoon>"""


_MEDEWERKER: Final = f"""<ZKN:medewerker StUF:entiteittype="MDW" StUF:verwerkingssoort="T">
      <ZKN:identificatie>regisseur01</ZKN:identificatie><ZKN:achternaam>G. Bruiker</ZKN:achternaam>
      <ZKN:voorletters {_EMPTY}/></ZKN:medewerker>"""
_UNIT: Final = """<ZKN:organisatorischeEenheid StUF:entiteittype="OEH" StUF:verwerkingssoort="T">
      <ZKN:identificatie>wijkteam-noord</ZKN:identificatie><ZKN:naam>Wijkteam Noord</ZKN:naam>
      <ZKN:isGehuisvestIn xsi:nil="true" StUF:noValue="geenWaarde" StUF:entiteittype="OEHVZO"
        StUF:verwerkingssoort="T"/>
      </ZKN:organisatorischeEenheid>"""
_ORGANISATIE: Final = f"""<ZKN:nietNatuurlijkPersoon StUF:entiteittype="NNP" StUF:verwerkingssoort="T">
      <BG:ann.identificatie>19000000000000017</BG:ann.identificatie>
      <BG:statutaireNaam>Stichting Thuiszorg</BG:statutaireNaam><BG:inn.rechtsvorm>Stichting</BG:inn.rechtsvorm>
      <BG:bezoekadres>{_ADRES}</BG:bezoekadres></ZKN:nietNatuurlijkPersoon>"""


def _zaaktype(code: str, omschrijving: str) -> str:
    return f"""<ZKN:isVan StUF:entiteittype="ZAKZKT" StUF:verwerkingssoort="T">
      <ZKN:gerelateerde StUF:entiteittype="ZKT" StUF:verwerkingssoort="T">
        <ZKN:omschrijving>{omschrijving}</ZKN:omschrijving><ZKN:code>{code}</ZKN:code>
        <ZKN:ingangsdatumObject {_EMPTY}/></ZKN:gerelateerde></ZKN:isVan>"""


def _status(volgnummer: int, omschrijving: str, when: str) -> str:
    """A status of a gezinsplan, set by the medewerker."""
    gezet = _relatie("isGezetDoor", "ZAKSTTBTR", _MEDEWERKER)
    return f"""<ZKN:heeft StUF:entiteittype="ZAKSTT" StUF:verwerkingssoort="T">
      <ZKN:gerelateerde StUF:entiteittype="STT" StUF:verwerkingssoort="T">
        <ZKN:zkt.code>{GEZINSPLAN}</ZKN:zkt.code><ZKN:zkt.omschrijving>{_NAAM_PLAN}</ZKN:zkt.omschrijving>
        <ZKN:volgnummer>{volgnummer:04d}</ZKN:volgnummer><ZKN:omschrijving>{omschrijving}</ZKN:omschrijving>
        <ZKN:ingangsdatumObject {_EMPTY}/></ZKN:gerelateerde>
      <ZKN:datumStatusGezet>{when}</ZKN:datumStatusGezet>{gezet}</ZKN:heeft>"""


_NAAM_PLAN: Final = "Opstellen en uitvoeren gezinsplan"
_CLIENT: Final = "<ZKN:omschrijving>Client</ZKN:omschrijving>"
_GEZINSPLAN: Final = "".join(
    (
        (
            "<ZKN:omschrijving>Gezinsplan Bakker</ZKN:omschrijving>"
            "<ZKN:toelichting>Regie op het gezin, vanaf de melding van school.</ZKN:toelichting>"
            "<ZKN:kenmerk><ZKN:kenmerk>273846</ZKN:kenmerk><ZKN:bron>Belasting</ZKN:bron></ZKN:kenmerk>"
            "<ZKN:startdatum>20260301</ZKN:startdatum><ZKN:registratiedatum>20260301</ZKN:registratiedatum>"
            "<ZKN:einddatumGepland>20270301</ZKN:einddatumGepland><ZKN:archiefnominatie>J</ZKN:archiefnominatie>"
            "<ZKN:zaakniveau>1</ZKN:zaakniveau><ZKN:deelzakenIndicatie>N</ZKN:deelzakenIndicatie>"
        ),
        _zaaktype(GEZINSPLAN, _NAAM_PLAN),
        _relatie("heeftBetrekkingOp", "ZAKOBJ", _persoon(BSN[0], "Anna"), _CLIENT),
        _relatie("heeftBetrekkingOp", "ZAKOBJ", _persoon(BSN[1], "Bram"), _CLIENT),
        _relatie("heeftAlsBelanghebbende", "ZAKBTRBLH", _persoon(BSN[2], "Corrie")),
        _relatie("heeftAlsInitiator", "ZAKBTRINI", _MEDEWERKER),
        _relatie("heeftAlsUitvoerende", "ZAKBTRUTV", _UNIT),
        _relatie("heeftAlsOverigBetrokkene", "ZAKBTROVR", _ORGANISATIE),
        _status(1, "Signaal geregistreerd", "20260301100000"),
    )
)
_DEELPLAN: Final = "".join(
    (
        "<ZKN:omschrijving>Aanvraag minimaregelingen</ZKN:omschrijving><ZKN:startdatum>20260301</ZKN:startdatum>",
        "<ZKN:registratiedatum>20260301</ZKN:registratiedatum>",
        _zaaktype(DEELPLAN, "Aanvraag minima"),
        _relatie("heeftAlsInitiator", "ZAKBTRINI", _persoon(BSN[0], "Anna")),
    )
)


def _modification(toelichting_was: str, toelichting_wordt: str, status: str) -> str:
    fixed = "<ZKN:omschrijving>Gezinsplan Bakker</ZKN:omschrijving>"
    nothing = f'<ZKN:heeft StUF:entiteittype="ZAKSTT" StUF:verwerkingssoort="T" {_EMPTY}/>'
    return _kennisgeving("W", fixed + toelichting_was + nothing, fixed + toelichting_wordt + status)


_UPDATE: Final = _modification(
    "<ZKN:toelichting>Regie op het gezin, vanaf de melding van school.</ZKN:toelichting>",
    "<ZKN:toelichting>Regie op het gezin; het plan is met het gezin besproken.</ZKN:toelichting>",
    _status(2, "Gezinsplan opgesteld", "20260315113000"),
)
_ACTUALISEER: Final = _modification("", "", _status(3, "Gezinsplan uitgevoerd", "2026040109150012"))

_NIL: Final = 'xsi:nil="true"'
_ON_ZAAK: Final = f"<ZKN:identificatie>{ZAAK}</ZKN:identificatie>"
_ON_CLIENT: Final = (
    '<ZKN:heeftBetrekkingOp StUF:entiteittype="ZAKOBJ"><ZKN:gerelateerde StUF:entiteittype="OBJ">'
    f"<ZKN:identificatie>11{BSN[0]}</ZKN:identificatie>"
    "</ZKN:gerelateerde></ZKN:heeftBetrekkingOp>"
)
_ALLES: Final = '<ZKN:object StUF:entiteittype="ZAK" StUF:scope="alles"/>'
_SCOPE_STATUS: Final = f"""<ZKN:object StUF:entiteittype="ZAK"><ZKN:identificatie {_NIL}/>
    <ZKN:heeft StUF:entiteittype="ZAKSTT"><ZKN:gerelateerde StUF:entiteittype="STT">
      <ZKN:volgnummer {_NIL}/><ZKN:code {_NIL}/><ZKN:omschrijving {_NIL}/></ZKN:gerelateerde>
      <ZKN:toelichting {_NIL}/><ZKN:datumStatusGezet {_NIL}/><ZKN:indicatieLaatsteStatus {_NIL}/></ZKN:heeft>
    </ZKN:object>"""
_SCOPE_OVERVIEW: Final = f"""<ZKN:object StUF:entiteittype="ZAK"><ZKN:identificatie {_NIL}/>
    <ZKN:omschrijving {_NIL}/><ZKN:startdatum {_NIL}/><ZKN:einddatum {_NIL}/>
    <ZKN:isVan StUF:entiteittype="ZAKZKT"><ZKN:gerelateerde StUF:entiteittype="ZKT">
      <ZKN:omschrijving {_NIL}/><ZKN:code {_NIL}/></ZKN:gerelateerde></ZKN:isVan>
    <ZKN:heeftBetrekkingOp StUF:entiteittype="ZAKOBJ"><ZKN:gerelateerde/><ZKN:omschrijving {_NIL}/>
    </ZKN:heeftBetrekkingOp>
    <ZKN:heeftAlsInitiator StUF:entiteittype="ZAKBTRINI"><ZKN:gerelateerde/></ZKN:heeftAlsInitiator>
    <ZKN:heeft StUF:entiteittype="ZAKSTT"><ZKN:gerelateerde StUF:entiteittype="STT">
      <ZKN:volgnummer {_NIL}/><ZKN:omschrijving {_NIL}/></ZKN:gerelateerde>
      <ZKN:datumStatusGezet {_NIL}/><ZKN:indicatieLaatsteStatus {_NIL}/></ZKN:heeft></ZKN:object>"""

RECEIVE: Final = "/stuf/OntvangAsynchroon"
ANSWERED: Final = "/stuf/BeantwoordVraag"
_MAXIMUM: Final = "<StUF:maximumAantal>1000</StUF:maximumAantal>"

GENEREER: Final = Bericht(
    "genereerZaakIdentificatie_Di02",
    "/stuf/VrijeBerichten",
    envelope("genereerZaakIdentificatie_Di02", "Di02", "", "<StUF:functie>genereerZaakidentificatie</StUF:functie>"),
    "Du02<",
)
CREEER_PLAN: Final = Bericht("creeerZaak_Lk01", RECEIVE, _kennisgeving("T", _GEZINSPLAN), "Bv03<")
CREEER_KLEIN: Final = Bericht("creeerZaak_Lk01", RECEIVE, _kennisgeving("T", _DEELPLAN), "Bv03<")
UPDATE: Final = Bericht("updateZaak_Lk01", RECEIVE, _UPDATE, "Bv03<")
ACTUALISEER: Final = Bericht("actualiseerZaakstatus_Lk01", RECEIVE, _ACTUALISEER, "Bv03<")
STATUS: Final = Bericht("geefZaakstatus_Lv01", ANSWERED, _question(_ON_ZAAK, _SCOPE_STATUS), "La01<")
DETAILS: Final = Bericht("geefZaakdetails_Lv01", ANSWERED, _question(_ON_ZAAK, _ALLES), "La01<")
ZOEK: Final = Bericht("zakLv01", ANSWERED, _question(_ON_CLIENT, _SCOPE_OVERVIEW), "La01<")
ZOEK_VEEL: Final = Bericht("zakLv01", ANSWERED, _question(_ON_CLIENT, _SCOPE_OVERVIEW, _MAXIMUM), "La01<")
