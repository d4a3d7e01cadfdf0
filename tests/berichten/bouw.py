"""Short ways to write the messages that tests send: kennisgevingen, vragen, envelopes."""

import itertools
import uuid
from collections.abc import Iterable

from lxml import etree

from regiesysteem.stuf.namespaces import ENTITEITTYPE, NIL, NO_VALUE
from regiesysteem.stuf.xml import parse
from regiesysteem.zkn.names import zkn

STUF = "http://www.egem.nl/StUF/StUF0301"
ZKN = "http://www.egem.nl/StUF/sector/zkn/0310"
BG = "http://www.egem.nl/StUF/sector/bg/0310"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP12 = "http://www.w3.org/2003/05/soap-envelope"
ACTIE = f"{ZKN}/"
NS = {"s": STUF, "z": ZKN, "b": BG, "e": SOAP11, "f": SOAP12}

NO = 'xsi:nil="true" StUF:noValue="geenWaarde"'
_XMLNS = f'xmlns:ZKN="{ZKN}" xmlns:BG="{BG}" xmlns:StUF="{STUF}" xmlns:xsi="{XSI}"'
_counter = itertools.count(1)


def stuurgegevens(berichtcode: str, *, ref: str | None = None, soort: str = "", zender: str = "GWS4all") -> str:
    """Stuurgegevens with a referentienummer of their own."""
    ref = uuid.uuid4().hex if ref is None else ref
    return f"""<ZKN:stuurgegevens><StUF:berichtcode>{berichtcode}</StUF:berichtcode>
      <StUF:zender><StUF:organisatie>1900</StUF:organisatie><StUF:applicatie>{zender}</StUF:applicatie></StUF:zender>
      <StUF:ontvanger><StUF:applicatie>Regiesysteem</StUF:applicatie></StUF:ontvanger>
      <StUF:referentienummer>{ref}</StUF:referentienummer><StUF:tijdstipBericht>20261124120000000</StUF:tijdstipBericht>
      {soort or "<StUF:entiteittype>ZAK</StUF:entiteittype>"}</ZKN:stuurgegevens>"""


def di02(ref: str | None = None) -> str:
    """A genereerZaakIdentificatie_Di02."""
    head = stuurgegevens("Di02", ref=ref, soort="<StUF:functie>genereerZaakidentificatie</StUF:functie>")
    return f"<ZKN:genereerZaakIdentificatie_Di02 {_XMLNS}>{head}</ZKN:genereerZaakIdentificatie_Di02>"


def lk01(
    mutatiesoort: str, *objecten: str, ref: str | None = None, zender: str = "GWS4all", overname: str = "V"
) -> str:
    """A zakLk01 with these <object> elements; `overname` is its indicatorOvername."""
    return f"""<ZKN:zakLk01 {_XMLNS}>{stuurgegevens("Lk01", ref=ref, zender=zender)}
      <ZKN:parameters><StUF:mutatiesoort>{mutatiesoort}</StUF:mutatiesoort>
      <StUF:indicatorOvername>{overname}</StUF:indicatorOvername></ZKN:parameters>{"".join(objecten)}</ZKN:zakLk01>"""


def obj(inhoud: str, soort: str = "T") -> str:
    """An <object> of a kennisgeving."""
    return f'<ZKN:object StUF:entiteittype="ZAK" StUF:verwerkingssoort="{soort}">{inhoud}</ZKN:object>'


def is_van(code: str, soort: str = "T") -> str:
    """The relation with the zaaktype."""
    return f"""<ZKN:isVan StUF:entiteittype="ZAKZKT" StUF:verwerkingssoort="{soort}">
      <ZKN:gerelateerde StUF:entiteittype="ZKT" StUF:verwerkingssoort="I">
      <ZKN:code>{code}</ZKN:code></ZKN:gerelateerde></ZKN:isVan>"""


def nps(bsn: str, naam: str = "Jansen", soort: str = "T", extra: str = "") -> str:
    """A natuurlijkPersoon; `extra` follows geslachtsnaam."""
    return f"""<ZKN:natuurlijkPersoon StUF:entiteittype="NPS" StUF:verwerkingssoort="{soort}">
      <BG:inp.bsn>{bsn}</BG:inp.bsn>
      <BG:authentiek StUF:metagegeven="true">J</BG:authentiek>
      <BG:geslachtsnaam>{naam}</BG:geslachtsnaam>{extra}</ZKN:natuurlijkPersoon>"""


def mdw(number: str, naam: str = "Regisseur", soort: str = "T") -> str:
    """A medewerker."""
    return f"""<ZKN:medewerker StUF:entiteittype="MDW" StUF:verwerkingssoort="{soort}">
      <ZKN:identificatie>{number}</ZKN:identificatie>
      <ZKN:achternaam>{naam}</ZKN:achternaam></ZKN:medewerker>"""


_ROLLEN = {
    "heeftBetrekkingOp": "ZAKOBJ",
    "heeftAlsBelanghebbende": "ZAKBTRBLH",
    "heeftAlsGemachtigde": "ZAKBTRGMC",
    "heeftAlsInitiator": "ZAKBTRINI",
    "heeftAlsUitvoerende": "ZAKBTRUTV",
    "heeftAlsVerantwoordelijke": "ZAKBTRVRA",
    "heeftAlsOverigBetrokkene": "ZAKBTROVR",
}


def rol(naam: str, who: str, extra: str = "", soort: str = "T") -> str:
    """A relation to a betrokkene or zaakobject; `extra` are its own elements."""
    return f"""<ZKN:{naam} StUF:entiteittype="{_ROLLEN[naam]}" StUF:verwerkingssoort="{soort}">
      <ZKN:gerelateerde>{who}</ZKN:gerelateerde>{extra}</ZKN:{naam}>"""


def rol_empty(naam: str, soort: str) -> str:
    """The empty counterpart of a relation in a wijzigkennisgeving."""
    return f'<ZKN:{naam} StUF:entiteittype="{_ROLLEN[naam]}" StUF:verwerkingssoort="{soort}" {NO}/>'


def client(bsn: str, naam: str = "Jansen") -> str:
    """A client of a plan."""
    return rol("heeftBetrekkingOp", nps(bsn, naam), "<ZKN:omschrijving>Client</ZKN:omschrijving>")


def status(volgnummer: int | str, on: str, soort: str = "T", *, stt: str = "", extra: str = "") -> str:
    """A status; `stt` replaces the elements of the statustype."""
    type_ = stt or f"<ZKN:volgnummer>{volgnummer}</ZKN:volgnummer>"
    return f"""<ZKN:heeft StUF:entiteittype="ZAKSTT" StUF:verwerkingssoort="{soort}">
      <ZKN:gerelateerde StUF:entiteittype="STT" StUF:verwerkingssoort="I">{type_}</ZKN:gerelateerde>
      {extra}<ZKN:datumStatusGezet>{on}</ZKN:datumStatusGezet></ZKN:heeft>"""


def other(naam: str, identificatie: str, soort: str = "T") -> str:
    """A relation with another zaak."""
    code = {"heeftAlsDeelzaak": "ZAKZAKDEL", "heeftBetrekkingOpAndere": "ZAKZAKBTR"}[naam]
    return f"""<ZKN:{naam} StUF:entiteittype="{code}" StUF:verwerkingssoort="{soort}">
      <ZKN:gerelateerde StUF:entiteittype="ZAK" StUF:verwerkingssoort="I">
      <ZKN:identificatie>{identificatie}</ZKN:identificatie></ZKN:gerelateerde></ZKN:{naam}>"""


def new_number() -> str:
    """A zaakidentificatie that no other test uses."""
    return f"1900T{next(_counter):06d}{uuid.uuid4().hex[:8]}"


def zaak(
    identificatie: str,
    code: str = "B1026",
    *,
    start: str = "20260101",
    elementen: str = "",
    relaties: str | None = None,
    after: str = "",
) -> str:
    """The object of a new zaak: `elementen` follow startdatum, `relaties` follow isVan, `after` comes last."""
    if relaties is None:
        relaties = rol("heeftAlsInitiator", mdw("regie1"))
    return obj(
        f"<ZKN:identificatie>{identificatie}</ZKN:identificatie><ZKN:omschrijving>Zaak</ZKN:omschrijving>"
        f"<ZKN:startdatum>{start}</ZKN:startdatum>{elementen}{is_van(code)}{relaties}{after}"
    )


def gezinsplan(identificatie: str, bsn: str = "999993653", *, after: str = "") -> str:
    """The object of a new gezinsplan with one client and a regisseur."""
    return zaak(
        identificatie, "GEZINSPLAN", relaties=client(bsn) + rol("heeftAlsInitiator", mdw("regie1")), after=after
    )


def lv01(
    gelijk: str = "",
    scope: str = "",
    *,
    sortering: int = 0,
    maximum: int | None = None,
    rest: str = "",
    parameters: str = "",
) -> str:
    """A zakLv01; `scope` are the elements asked, or an attribute such as 'StUF:scope="alles"'."""
    if scope.startswith("StUF:scope"):
        asked = f'<ZKN:scope><ZKN:object StUF:entiteittype="ZAK" {scope} xsi:nil="true"/></ZKN:scope>'
    else:
        asked = f'<ZKN:scope><ZKN:object StUF:entiteittype="ZAK">{scope}</ZKN:object></ZKN:scope>' if scope else ""
    bound = f"<StUF:maximumAantal>{maximum}</StUF:maximumAantal>" if maximum is not None else ""
    continuation = parameters or "<StUF:indicatorVervolgvraag>false</StUF:indicatorVervolgvraag>"
    selectie = f'<ZKN:gelijk StUF:entiteittype="ZAK">{gelijk}</ZKN:gelijk>' if gelijk else ""
    for_, _, achter = rest.partition("<!--scope-->")
    return f"""<ZKN:zakLv01 {_XMLNS}>{stuurgegevens("Lv01")}<ZKN:parameters><StUF:sortering>{sortering}</StUF:sortering>
      {continuation}{bound}</ZKN:parameters>{selectie}{for_}{asked}{achter}</ZKN:zakLv01>"""


def synchronisatie(code: str, number: str, kern: str = "") -> str:
    """A zakSa03 or zakSh03 (`code`) for a zaak; `kern` are its other kerngegevens."""
    identificatie = f"<ZKN:identificatie>{number}</ZKN:identificatie>" if number else ""
    return f"""<ZKN:zak{code} {_XMLNS}>{stuurgegevens(code)}
      <ZKN:object StUF:entiteittype="ZAK">{identificatie}{kern}</ZKN:object></ZKN:zak{code}>"""


def envelope(bericht: str, versie: str = SOAP11, header: str = "") -> bytes:
    """A SOAP envelope around a message."""
    return (
        f'<s:Envelope xmlns:s="{versie}"><s:Header>{header}</s:Header><s:Body>{bericht}</s:Body></s:Envelope>'.encode()
    )


def element(bericht: str) -> etree._Element:
    """A message as an element."""
    return parse(bericht.encode())


def texts(tree: etree._Element, xpath: str) -> list[str]:
    """The texts that an XPath finds; prefixes z, b, s, e (SOAP 1.1), f (SOAP 1.2)."""
    found: Iterable[etree._Element | str] = tree.xpath(xpath, namespaces=NS)
    return [one if isinstance(one, str) else (one.text or "") for one in found]


def give_datum(gerelateerde: etree._Element) -> None:
    """Give a status the datumStatusGezet that ZDS 4.1.3.2 requires."""
    status = gerelateerde.getparent()
    assert status is not None
    for gone in status.findall(zkn("datumStatusGezet")):
        if gone.text:
            return
        status.remove(gone)
    datum = etree.Element(zkn("datumStatusGezet"))
    datum.text = "20200102"
    toelichting = status.find(zkn("toelichting"))
    (gerelateerde if toelichting is None else toelichting).addnext(datum)


_NUMBERS = (
    "identificatie",
    "inp.bsn",
    "anp.identificatie",
    "inn.nnpId",
    "ann.identificatie",
    "vestigingsNummer",
)


def laat_nobody_gone(instance: etree._Element) -> None:
    """A relation in a message names somebody (StUF 5.2.6), and is there once (5.2.4); the schema does not say so."""
    seen: set[tuple[str, str]] = set()
    for relatie in list(instance):
        who = relatie.find(zkn("gerelateerde"))
        if etree.QName(relatie).localname in ("isVan", "heeft") or relatie.get(NO_VALUE) or relatie.get(NIL):
            continue
        nodes = [] if who is None else [one for one in who.iter(etree.Element) if (one.text or "").strip()]
        numbers = {(relatie.tag, one.text or "") for one in nodes if etree.QName(one).localname in _NUMBERS}
        if relatie.get(ENTITEITTYPE) and (
            all(etree.QName(one).localname == "authentiek" for one in nodes) or numbers & seen
        ):
            instance.remove(relatie)
        seen |= numbers
