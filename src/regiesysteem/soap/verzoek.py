"""What a request asks: which operation, from SOAPAction, content type, wsa:Action or the message itself."""

from dataclasses import dataclass
from typing import Any, Final, Literal

from lxml import etree

from regiesysteem.soap.envelop import ACTIE_VOORVOEGSELS
from regiesysteem.soap.mime import parameters
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.message import controleer_versies
from regiesysteem.stuf.shorten import shorten
from regiesysteem.zkn.operations import OPERATIONS, SECTORMODEL, Door, recognise

_FOUTCODES: Final[dict[str, Literal["Fo02", "Fo03"]]] = {
    name: operation.fault_code
    for operation in OPERATIONS.values()
    for name in (etree.QName(operation.element).localname, operation.name)
}
_ASYNCHROON: Final = ("Lk01", "Di01", "Du01", "Sa01", "Sh01", "Lv02")
MULTIPART: Final = "multipart/related"
XML_TYPEN: Final = frozenset({"", "text/xml", "application/soap+xml", "application/xml"})
_ZDS_12: Final = "http://www.stufstandaarden.nl/koppelvlak/zds0120/"
_BEGIN: Final = tuple(begin.casefold() for begin in (*ACTIE_VOORVOEGSELS, _ZDS_12))
_ANDERS_GESCHREVEN: Final = {
    naam.casefold(): dienst
    for een in OPERATIONS.values()
    for naam, dienst in (
        (etree.QName(een.element).localname, etree.QName(een.element).localname),
        (een.name.replace("_L", f"_{een.entiteittype.capitalize()}L"), een.name),
        (een.name, een.name),
    )
}
"""Operations and messages without capitals; an operation also as ZDS 1.2 calls it (creeerZaak_ZakLk01)."""
_MAX_GETAL: Final = 18
_MAX_WAARDE: Final = 100


@dataclass(frozen=True, slots=True)
class Multipart:
    """What the content type of a message with attachments says: how parts are told apart, and which is the message.

    `start` is a Content-ID without its brackets, "" when the first part is the message; `start_info` is the content
    type that the message would have by itself.
    """

    boundary: str
    start: str = ""
    start_info: str = ""


@dataclass(frozen=True, slots=True)
class Verzoek:
    """What the transport says of a request, before its body is read.

    `acties` are the operations that the transport names, SOAPAction first; `lengte` in bytes, None when unknown;
    `uit_browser` when a page in a browser sends it.
    """

    door: Door
    acties: tuple[str, ...]
    inhoudstype: str
    charset: str | None
    codering: str
    lengte: int | None
    uit_browser: bool = False
    multipart: Multipart | None = None

    @property
    def type_van_envelop(self) -> str:
        """The content type of the envelope, with attachments or without."""
        return self.multipart.start_info if self.multipart else self.inhoudstype


def lees_verzoek(environ: dict[str, Any], door: Door) -> Verzoek:
    """Read the headers of a request; never fails on what they say."""
    soort, opties = parameters(environ.get("CONTENT_TYPE") or "")
    lengte = environ.get("CONTENT_LENGTH") or ""
    acties = [environ.get("HTTP_SOAPACTION"), opties.get("action")]
    multipart = None
    if soort == MULTIPART:
        start_info, bij_start = parameters(opties.get("start-info") or "")
        start = (opties.get("start") or "").strip().removeprefix("<").removesuffix(">")
        multipart = Multipart(opties.get("boundary") or "", start, start_info)
        acties.append(bij_start.get("action"))
    return Verzoek(
        door=door,
        acties=kale_acties(*acties),
        inhoudstype=soort,
        charset=opties.get("charset"),
        codering=(environ.get("HTTP_CONTENT_ENCODING") or "").strip().lower(),
        lengte=int(lengte) if lengte.isascii() and lengte.isdecimal() and len(lengte) <= _MAX_GETAL else None,
        uit_browser="HTTP_ORIGIN" in environ,
        multipart=multipart,
    )


def kale_actie(actie: str) -> str:
    """The operation of a SOAPAction, with or without quotes and namespace."""
    kaal = actie.strip().strip("\"'").strip()
    return next((kaal.removeprefix(begin) for begin in ACTIE_VOORVOEGSELS if kaal.startswith(begin)), kaal)


def kale_acties(*acties: str | None) -> tuple[str, ...]:
    """The operations that are named, each once."""
    return tuple(dict.fromkeys(kaal for actie in acties if actie and (kaal := kale_actie(actie))))


def bezwaar_tegen_vorm(verzoek: Verzoek) -> str:
    """Why a body of this form is not taken (Dutch), "" when it is."""
    if verzoek.codering not in ("", "identity"):
        codering = shorten(verzoek.codering, 40)
        return f"Content-Encoding {codering!r} wordt niet ondersteund; stuur het bericht ongecomprimeerd."
    if verzoek.multipart:
        return "" if verzoek.multipart.boundary else "De Content-Type multipart/related heeft geen boundary."
    if verzoek.inhoudstype not in XML_TYPEN or (verzoek.uit_browser and not verzoek.inhoudstype):
        # What a browser sends to any address without asking first has no XML type: no page may talk to a server here.
        soort = shorten(verzoek.inhoudstype, 60)
        return f"Content-Type {soort!r} wordt niet ondersteund; gebruik text/xml, application/soap+xml of MTOM."
    return ""


def is_anders_geschreven(verzoek: Verzoek, actie: str) -> bool:
    """Whether an operation is named in another way than the WSDL has; `actie` is wsa:Action."""
    return any(_zoals_in_wsdl(een) != een for een in kale_acties(*verzoek.acties, actie))


def _zoals_in_wsdl(actie: str) -> str:
    """The operation that is named, written as in the WSDL.

    Senders in the field write CreeerZaak_Lk01, StuF in the namespace, or the name that ZDS 1.2 gave the operation. No
    two operations differ in that alone. What is no operation stays as it was said.
    """
    klein = actie.casefold()
    kaal = next((klein.removeprefix(begin) for begin in _BEGIN if klein.startswith(begin)), klein)
    return _ANDERS_GESCHREVEN.get(kaal, actie)


def bepaal_dienst(verzoek: Verzoek, actie: str, bericht: etree._Element) -> str:
    """The operation that is meant; "" when there is no such operation. `actie` is wsa:Action.

    A SOAPAction that only repeats the name of the message says nothing about which operation (senders built on the
    WSDL of plain StUF-ZKN do that): then the message decides. Raises StUF001, StUF004 or StUF007 for another version or
    sector model, StUF040 when the SOAPAction is of another message than the body, or of an operation of another door,
    and when SOAPAction, content type and wsa:Action name different ones (WS-Addressing 1.0 SOAP Binding, 2.4).
    """
    controleer_versies(bericht, SECTORMODEL)
    genoemd = dict.fromkeys(map(_zoals_in_wsdl, kale_acties(*verzoek.acties, actie)))
    if _lokaal(bericht) not in OPERATIONS:
        genoemd.pop(_lokaal(bericht), None)
    if len(genoemd) > 1:
        namen = " en ".join(shorten(een, _MAX_WAARDE) for een in genoemd)
        raise StufFout(
            "StUF040", f"SOAPAction, wsa:Action en action in de Content-Type zeggen niet hetzelfde: {namen}."
        )
    gezegd = next(iter(genoemd), "")
    operation = OPERATIONS.get(gezegd) or OPERATIONS.get(recognise(bericht))
    if operation is None:
        return ""
    if gezegd not in ("", operation.name):
        hier = (een.name for een in OPERATIONS.values() if een.is_at(verzoek.door))
        bekend = ", ".join(sorted(hier))
        raise StufFout("StUF040", f"SOAPAction {shorten(gezegd, _MAX_WAARDE)} is hier geen operatie; wel: {bekend}.")
    if operation.element != bericht.tag:
        verwacht = etree.QName(operation.element).localname
        gekregen = shorten(_lokaal(bericht), _MAX_WAARDE)
        raise StufFout("StUF040", f"Bij SOAPAction {gezegd} hoort {verwacht}; het bericht is {gekregen}.")
    if not operation.is_at(verzoek.door):
        raise StufFout(
            "StUF040",
            f"{operation.name} is er niet op {verzoek.door.name}; gebruik {operation.door.name} of het adres /stuf.",
        )
    return operation.name


def foutcode_voor(verzoek: Verzoek, dienst: str, bericht: etree._Element | None) -> Literal["Fo02", "Fo03"]:
    """Fo03 for what is asynchronous, else Fo02; by operation, message, SOAPAction and door, as far as they are known.

    Of what is not readable as XML only the transport says what it was to be.
    """
    namen = [dienst, _lokaal(bericht)] if bericht is not None else [*map(_zoals_in_wsdl, verzoek.acties)]
    for naam in filter(None, namen):
        if naam in _FOUTCODES:
            return _FOUTCODES[naam]
        if naam.endswith(_ASYNCHROON):
            return "Fo03"
    return "Fo03" if verzoek.door.asynchronous else "Fo02"


def _lokaal(bericht: etree._Element) -> str:
    return etree.QName(bericht).localname
