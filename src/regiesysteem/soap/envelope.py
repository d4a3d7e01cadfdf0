"""The SOAP envelope: version, headers, the one message in its body, and the way back (protocolbinding 03.02, 3)."""

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from lxml import etree

from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.namespaces import SECTOR_FAMILIE, SOAP11, SOAP12, STUF
from regiesysteem.stuf.shorten import shorten
from regiesysteem.zkn.names import RZS, ZKN

ACTIE_VOORVOEGSELS: Final = (f"{ZKN}/", f"{SECTOR_FAMILIE}rzs/0310/", f"{STUF}/", f"{RZS}/")
"""The text before the operation in a SOAPAction: in the WSDL of RZS 1.0 it is not the namespace, so there are two."""

_WSA: Final = re.compile(r"\{http://(?:www\.w3\.org/2005/08/addressing|schemas\.xmlsoap\.org/ws/2004/08/addressing)\}")
_EENMALIG: Final = ("Action", "MessageID")  # two of them would contradict each other (WS-Addressing 1.0 Core, 3.2)
_VERSIES: Final = {f"{{{SOAP11}}}Envelope": SOAP11, f"{{{SOAP12}}}Envelope": SOAP12}
_MAX_NAAM: Final = 200
_MAX_DELEN: Final = 10
_WAAR: Final = frozenset({"1", "true"})
_VOOR_ONS: Final = {
    SOAP11: ("actor", frozenset({"", "http://schemas.xmlsoap.org/soap/actor/next"})),
    SOAP12: ("role", frozenset({"", f"{SOAP12}/role/next", f"{SOAP12}/role/ultimateReceiver"})),
}


class AndereVersie(Exception):
    """An envelope, but neither of SOAP 1.1 nor of SOAP 1.2."""


class OnbegrepenHeader(Exception):
    """Headers that must be understood and are not: the first of them in `namen`, and in the text."""

    def __init__(self, namen: list[etree.QName]) -> None:
        genoemd = ", ".join(shorten(naam.text, _MAX_NAAM) for naam in namen[:_MAX_DELEN])
        super().__init__(genoemd + (", …" if len(namen) > _MAX_DELEN else ""))
        self.namen = namen[:_MAX_DELEN]


@dataclass(frozen=True, slots=True)
class Adressering:
    """The values of the WS-Addressing headers of a request, "" for absent ones; `namespace` is their version."""

    namespace: str = ""
    actie: str = ""
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class Envelop:
    """An opened envelope: `versie` is the namespace of SOAP 1.1 or 1.2."""

    versie: str
    bericht: etree._Element
    adressering: Adressering = Adressering()


def versie_van(wortel: etree._Element) -> str | None:
    """The SOAP version of a document, None when it is no envelope."""
    return _VERSIES.get(str(wortel.tag))


def open_envelop(wortel: etree._Element) -> Envelop:
    """Take the message out of its envelope.

    Raises StUF055 for a document that is no envelope with exactly one message, or that has its wsa:Action twice,
    AndereVersie for an envelope of another SOAP, OnbegrepenHeader for a mandatory header that we do not know.
    """
    versie = versie_van(wortel)
    if versie is None:
        if etree.QName(wortel).localname == "Envelope":
            raise AndereVersie
        raise StufFout("StUF055", "Het bericht zit niet in een SOAP-envelope (SOAP 1.1 of 1.2).")
    header, body = _delen(wortel, versie)
    adressering = _lees_headers(header, versie)
    inhoud = list(body.iterchildren(tag=etree.Element))
    if len(inhoud) != 1:
        raise StufFout("StUF055", f"De SOAP-Body bevat {len(inhoud)} elementen in plaats van 1 StUF-bericht.")
    return Envelop(versie, inhoud[0], adressering)


def _delen(wortel: etree._Element, versie: str) -> tuple[etree._Element | None, etree._Element]:
    """Header and Body: at most one Header, before the one Body, and nothing else (SOAP 1.2, 5; WS-I BP 1.1, R1011).

    Two Bodies are two messages: a gateway or a log that looks at the other one would see a message that is not
    executed.
    """
    delen = list(wortel.iterchildren(tag=etree.Element))
    namen = [deel.tag for deel in delen]
    header, body = f"{{{versie}}}Header", f"{{{versie}}}Body"
    if body not in namen:
        raise StufFout("StUF055", "De SOAP-envelope heeft geen Body.")
    if namen not in ([body], [header, body]):
        gekregen = ", ".join(shorten(etree.QName(deel).localname, _MAX_NAAM) for deel in delen[:_MAX_DELEN])
        slot = ", …" if len(delen) > _MAX_DELEN else ""
        raise StufFout("StUF055", f"Een SOAP-envelope heeft hooguit één Header en dan één Body, niet {gekregen}{slot}.")
    for knoop in (wortel, delen[-1]):
        if any((tekst or "").strip() for tekst in (knoop.text, *(kind.tail for kind in knoop))):
            wat = etree.QName(knoop).localname
            raise StufFout("StUF055", f"In de SOAP-{wat} staat tekst naast de elementen; die hoort er niet.")
    return (delen[0] if len(delen) > 1 else None), delen[-1]


def pak_in(
    versie: str, inhoud: etree._Element, vraag: Adressering, onbegrepen: Iterable[etree.QName] = ()
) -> etree._Element:
    """Put an answer or a fault in an envelope, with the headers of `add_headers`."""
    wortel = etree.Element(f"{{{versie}}}Envelope", nsmap={"soap": versie})
    etree.SubElement(wortel, f"{{{versie}}}Body").append(inhoud)
    add_headers(wortel, vraag, onbegrepen)
    return wortel


def add_headers(envelope: etree._Element, request: Adressering, not_understood: Iterable[etree.QName] = ()) -> None:
    """Address an answer when its request was addressed (protocolbinding 03.02, 5.1.1).

    `not_understood` are the headers that a fault is about: SOAP 1.2 names them in its Header (part 1, 5.4.8).
    """
    version = etree.QName(envelope).namespace
    if not_understood and version == SOAP12:
        header = _header(envelope)
        for name in not_understood:
            prefix = {"h": name.namespace} if name.namespace else None
            block = etree.SubElement(header, f"{{{SOAP12}}}NotUnderstood", nsmap=prefix)
            block.set("qname", f"h:{name.localname}" if prefix else name.localname)
    elif request.actie:
        wsa = request.namespace
        header = _header(envelope, wsa)
        suffix = "Fout" if envelope[-1][0].tag == f"{{{version}}}Fault" else "Respons"
        etree.SubElement(header, f"{{{wsa}}}Action").text = request.actie + suffix
        etree.SubElement(header, f"{{{wsa}}}MessageID").text = f"urn:uuid:{uuid.uuid4()}"
        if request.message_id:
            etree.SubElement(header, f"{{{wsa}}}RelatesTo").text = request.message_id


def _header(envelope: etree._Element, wsa: str = "") -> etree._Element:
    header = etree.Element(f"{{{etree.QName(envelope).namespace}}}Header", nsmap={"wsa": wsa} if wsa else None)
    envelope.insert(0, header)
    return header


def soap_fout(versie: str, plek: str, omschrijving: str, detail: etree._Element | None) -> etree._Element:
    """Build a SOAP fault around a foutbericht; `plek` is client, server, or a code of SOAP itself."""
    if versie == SOAP12:
        return _soap_fout_12(plek, omschrijving, detail)
    fout = etree.Element(f"{{{SOAP11}}}Fault", nsmap={"soap": SOAP11})
    etree.SubElement(fout, "faultcode").text = f"soap:{plek[0].upper()}{plek[1:]}"
    etree.SubElement(fout, "faultstring").text = omschrijving
    if detail is not None:
        etree.SubElement(fout, "detail").append(detail)
    return fout


def _soap_fout_12(plek: str, omschrijving: str, detail: etree._Element | None) -> etree._Element:
    code = {"client": "Sender", "server": "Receiver"}.get(plek, plek)
    fout = etree.Element(f"{{{SOAP12}}}Fault", nsmap={"soap": SOAP12})
    waarde = etree.SubElement(etree.SubElement(fout, f"{{{SOAP12}}}Code"), f"{{{SOAP12}}}Value")
    waarde.text = f"soap:{code}"
    tekst = etree.SubElement(etree.SubElement(fout, f"{{{SOAP12}}}Reason"), f"{{{SOAP12}}}Text")
    tekst.set("{http://www.w3.org/XML/1998/namespace}lang", "nl")
    tekst.text = omschrijving
    if detail is not None:
        etree.SubElement(fout, f"{{{SOAP12}}}Detail").append(detail)
    return fout


def _lees_headers(headers: etree._Element | None, versie: str) -> Adressering:
    gelezen: dict[str, str] = {}
    onbegrepen: list[etree.QName] = []
    if headers is None:
        return Adressering()
    rol, voor_ons = _VOOR_ONS[versie]
    for header in headers.iterchildren(tag=etree.Element):
        naam = etree.QName(header)
        if _WSA.match(naam.text):
            if naam.localname in _EENMALIG and naam.localname in gelezen:
                raise StufFout("StUF055", f"De SOAP-Header heeft meer dan één wsa:{naam.localname}.")
            gelezen |= {"": naam.namespace or "", naam.localname: (header.text or "").strip()}
        elif (
            header.get(f"{{{versie}}}mustUnderstand", "").strip() in _WAAR
            and header.get(f"{{{versie}}}{rol}", "").strip() in voor_ons
        ):
            onbegrepen.append(naam)
    if onbegrepen:
        raise OnbegrepenHeader(onbegrepen)
    return Adressering(gelezen.get("", ""), gelezen.get("Action", ""), gelezen.get("MessageID", ""))
