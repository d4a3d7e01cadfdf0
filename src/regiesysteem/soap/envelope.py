"""The SOAP envelope: version, headers, the one message in its body, and the way back (protocolbinding 03.02, 3)."""

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from lxml import etree

from regiesysteem.soap.security import SECURITY, is_understood
from regiesysteem.stuf.faults import StufFout, shorten
from regiesysteem.stuf.namespaces import SECTOR_FAMILY, SOAP11, SOAP12, STUF
from regiesysteem.zkn.names import RZS, ZKN

ACTIE_PREFIXES: Final = (f"{ZKN}/", f"{SECTOR_FAMILY}rzs/0310/", f"{STUF}/", f"{RZS}/")
"""The text before the operation in a SOAPAction: in the WSDL of RZS 1.0 it is not the namespace, so there are two."""

_WSA: Final = re.compile(r"\{http://(?:www\.w3\.org/2005/08/addressing|schemas\.xmlsoap\.org/ws/2004/08/addressing)\}")
_ONCE: Final = ("Action", "MessageID")  # two of them would contradict each other (WS-Addressing 1.0 Core, 3.2)
_VERSIONS: Final = {f"{{{SOAP11}}}Envelope": SOAP11, f"{{{SOAP12}}}Envelope": SOAP12}
_MAX_NAAM: Final = 200
_MAX_PARTS: Final = 10
_TRUE: Final = frozenset({"1", "true"})
_FOR_US: Final = {
    SOAP11: ("actor", frozenset({"", "http://schemas.xmlsoap.org/soap/actor/next"})),
    SOAP12: ("role", frozenset({"", f"{SOAP12}/role/next", f"{SOAP12}/role/ultimateReceiver"})),
}


class OtherVersie(Exception):
    """An envelope, but neither of SOAP 1.1 nor of SOAP 1.2."""


class NotUnderstoodHeader(Exception):
    """Headers that must be understood and are not: the first of them in `names`, and in the text."""

    def __init__(self, names: list[etree.QName]) -> None:
        named = ", ".join(shorten(name.text, _MAX_NAAM) for name in names[:_MAX_PARTS])
        super().__init__(named + (", …" if len(names) > _MAX_PARTS else ""))
        self.names = names[:_MAX_PARTS]


@dataclass(frozen=True, slots=True)
class Adressering:
    """The values of the WS-Addressing headers of a request, "" for absent ones; `namespace` is their version."""

    namespace: str = ""
    actie: str = ""
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """An opened envelope: `versie` is the namespace of SOAP 1.1 or 1.2, `security` has the Security headers for us."""

    versie: str
    bericht: etree._Element
    adressering: Adressering = Adressering()
    security: tuple[etree._Element, ...] = ()


def versie_of(root: etree._Element) -> str | None:
    """The SOAP version of a document, None when it is no envelope."""
    return _VERSIONS.get(str(root.tag))


def open_envelope(root: etree._Element) -> Envelope:
    """Take the message out of its envelope.

    Raises StUF055 for a document that is no envelope with exactly one message, or that has its wsa:Action twice,
    OtherVersie for an envelope of another SOAP, NotUnderstoodHeader for a mandatory header that we do not know.
    """
    versie = versie_of(root)
    if versie is None:
        if etree.QName(root).localname == "Envelope":
            raise OtherVersie
        raise StufFout("StUF055", "Het bericht zit niet in een SOAP-envelope (SOAP 1.1 of 1.2).")
    header, body = _parts(root, versie)
    adressering, security = _read_headers(header, versie)
    inhoud = list(body.iterchildren(tag=etree.Element))
    if len(inhoud) != 1:
        raise StufFout("StUF055", f"De SOAP-Body bevat {len(inhoud)} elementen in plaats van 1 StUF-bericht.")
    return Envelope(versie, inhoud[0], adressering, security)


def _parts(root: etree._Element, versie: str) -> tuple[etree._Element | None, etree._Element]:
    """Header and Body: at most one Header, before the one Body, and nothing else (SOAP 1.2, 5; WS-I BP 1.1, R1011).

    Two Bodies are two messages: a gateway or a log that looks at the other one would see a message that is not
    executed.
    """
    parts = list(root.iterchildren(tag=etree.Element))
    names = [part.tag for part in parts]
    header, body = f"{{{versie}}}Header", f"{{{versie}}}Body"
    if body not in names:
        raise StufFout("StUF055", "De SOAP-envelope heeft geen Body.")
    if names not in ([body], [header, body]):
        got = ", ".join(shorten(etree.QName(part).localname, _MAX_NAAM) for part in parts[:_MAX_PARTS])
        ending = ", …" if len(parts) > _MAX_PARTS else ""
        raise StufFout("StUF055", f"Een SOAP-envelope heeft hooguit één Header en dan één Body, niet {got}{ending}.")
    for node in (root, parts[-1]):
        if any((text or "").strip() for text in (node.text, *(child.tail for child in node))):
            what = etree.QName(node).localname
            raise StufFout("StUF055", f"In de SOAP-{what} staat tekst naast de elementen; die hoort er niet.")
    return (parts[0] if len(parts) > 1 else None), parts[-1]


def wrap(
    versie: str, inhoud: etree._Element, question: Adressering, not_understood: Iterable[etree.QName] = ()
) -> etree._Element:
    """Put an answer or a fault in an envelope, with the headers of `add_headers`."""
    root = etree.Element(f"{{{versie}}}Envelope", nsmap={"soap": versie})
    etree.SubElement(root, f"{{{versie}}}Body").append(inhoud)
    add_headers(root, question, not_understood)
    return root


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


def soap_error(versie: str, fault_code: str, omschrijving: str, detail: etree._Element | None) -> etree._Element:
    """Build a SOAP fault around a foutbericht; `fault_code` is client, server, or a code of SOAP itself."""
    if versie == SOAP12:
        return _soap_error_12(fault_code, omschrijving, detail)
    error = etree.Element(f"{{{SOAP11}}}Fault", nsmap={"soap": SOAP11})
    etree.SubElement(error, "faultcode").text = f"soap:{fault_code[0].upper()}{fault_code[1:]}"
    etree.SubElement(error, "faultstring").text = omschrijving
    if detail is not None:
        etree.SubElement(error, "detail").append(detail)
    return error


def _soap_error_12(fault_code: str, omschrijving: str, detail: etree._Element | None) -> etree._Element:
    code = {"client": "Sender", "server": "Receiver"}.get(fault_code, fault_code)
    error = etree.Element(f"{{{SOAP12}}}Fault", nsmap={"soap": SOAP12})
    value = etree.SubElement(etree.SubElement(error, f"{{{SOAP12}}}Code"), f"{{{SOAP12}}}Value")
    value.text = f"soap:{code}"
    text = etree.SubElement(etree.SubElement(error, f"{{{SOAP12}}}Reason"), f"{{{SOAP12}}}Text")
    text.set("{http://www.w3.org/XML/1998/namespace}lang", "nl")
    text.text = omschrijving
    if detail is not None:
        etree.SubElement(error, f"{{{SOAP12}}}Detail").append(detail)
    return error


def _read_headers(headers: etree._Element | None, versie: str) -> tuple[Adressering, tuple[etree._Element, ...]]:
    """The addressing, and the Security headers for us."""
    parsed: dict[str, str] = {}
    not_understood: list[etree.QName] = []
    security: list[etree._Element] = []
    if headers is None:
        return Adressering(), ()
    rol, for_us = _FOR_US[versie]
    for header in headers.iterchildren(tag=etree.Element):
        name = etree.QName(header)
        if _WSA.match(name.text):
            if name.localname in _ONCE and name.localname in parsed:
                raise StufFout("StUF055", f"De SOAP-Header heeft meer dan één wsa:{name.localname}.")
            parsed |= {"": name.namespace or "", name.localname: (header.text or "").strip()}
        elif header.get(f"{{{versie}}}{rol}", "").strip() in for_us:
            if header.tag == SECURITY:
                security.append(header)
            understood = header.tag == SECURITY and is_understood(header)
            if not understood and header.get(f"{{{versie}}}mustUnderstand", "").strip() in _TRUE:
                not_understood.append(name)
    if not_understood:
        raise NotUnderstoodHeader(not_understood)
    return Adressering(parsed.get("", ""), parsed.get("Action", ""), parsed.get("MessageID", "")), tuple(security)
