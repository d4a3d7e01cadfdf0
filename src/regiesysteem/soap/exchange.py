"""One request on its way: the operation that it asks for, its body and contents, and its answer.

The operation is named by SOAPAction, content type, wsa:Action or the message itself.
"""

import errno
import time
import uuid
from collections.abc import Callable, Iterable, Sequence, Sized
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from os import SEEK_END
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final, Literal

import structlog
from lxml import etree

from regiesysteem.logging_ import logger
from regiesysteem.metrics import Tellers
from regiesysteem.soap.envelope import (
    ACTIE_VOORVOEGSELS,
    Adressering,
    AndereVersie,
    OnbegrepenHeader,
    open_envelop,
    versie_van,
)
from regiesysteem.soap.mtom import (
    MULTIPART,
    XML_TYPEN,
    Multipart,
    Pakket,
    Uitvoer,
    lees_pakket,
    maak_uitvoer,
    parameters,
    vervang_includes,
)
from regiesysteem.stuf.answers import foutbericht
from regiesysteem.stuf.content.content import Inhoud, Inhouden, breng_onder
from regiesysteem.stuf.content.lift import Merken, licht
from regiesysteem.stuf.content.scratch import IN_GEHEUGEN, Kladblok, TeGroot
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.message import Bericht, Stuurgegevens, Systeem, controleer_versies, lees_stuurgegevens
from regiesysteem.stuf.namespaces import SOAP11, SOAP12
from regiesysteem.stuf.shorten import shorten
from regiesysteem.stuf.xml import OnleesbareXML, ontleed, serialiseer
from regiesysteem.zkn.operations import OPERATIONS, SECTORMODEL, Door, recognise
from regiesysteem.zkn.zaak import base64_ladingen

# --- The operation of a request, from SOAPAction, content type, wsa:Action or the message itself

_FOUTCODES: Final[dict[str, Literal["Fo02", "Fo03"]]] = {
    name: operation.fault_code
    for operation in OPERATIONS.values()
    for name in (etree.QName(operation.element).localname, operation.name)
}
_ASYNCHROON: Final = ("Lk01", "Di01", "Du01", "Sa01", "Sh01", "Lv02")
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
class Verzoek:
    """The transport headers of a request, before its body is read.

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
    """Read the headers of a request; never fails on their values."""
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
    """The reason why a body of this form is refused (Dutch), "" when it is not."""
    if verzoek.codering not in ("", "identity"):
        codering = shorten(verzoek.codering, 40)
        return f"Content-Encoding {codering!r} wordt niet ondersteund; stuur het bericht ongecomprimeerd."
    if verzoek.multipart:
        return "" if verzoek.multipart.boundary else "De Content-Type multipart/related heeft geen boundary."
    if verzoek.inhoudstype not in XML_TYPEN or (verzoek.uit_browser and not verzoek.inhoudstype):
        # A browser sends only bodies without an XML type to any address without asking first: no page may talk to a
        # server here.
        soort = shorten(verzoek.inhoudstype, 60)
        return f"Content-Type {soort!r} wordt niet ondersteund; gebruik text/xml, application/soap+xml of MTOM."
    return ""


def is_anders_geschreven(verzoek: Verzoek, actie: str) -> bool:
    """Tell whether an operation is named in another way than the WSDL has; `actie` is wsa:Action."""
    return any(_zoals_in_wsdl(een) != een for een in kale_acties(*verzoek.acties, actie))


def _zoals_in_wsdl(actie: str) -> str:
    """The named operation, written as in the WSDL.

    Senders in the field write CreeerZaak_Lk01, StuF in the namespace, or the name that ZDS 1.2 gave the operation. No
    two operations differ in that alone. A name of no operation stays as it was.
    """
    klein = actie.casefold()
    kaal = next((klein.removeprefix(begin) for begin in _BEGIN if klein.startswith(begin)), klein)
    return _ANDERS_GESCHREVEN.get(kaal, actie)


def bepaal_dienst(verzoek: Verzoek, actie: str, bericht: etree._Element) -> str:
    """The meant operation; "" when there is no such operation. `actie` is wsa:Action.

    A SOAPAction that only repeats the name of the message names no operation (senders built on the WSDL of plain
    StUF-ZKN send that): then the message decides. Raises StUF001, StUF004 or StUF007 for another version or sector
    model, StUF040 when the SOAPAction is of another message than the body, or of an operation of another door, and when
    SOAPAction, content type and wsa:Action name different ones (WS-Addressing 1.0 SOAP Binding, 2.4).
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
    """Fo03 for an asynchronous message, else Fo02; by operation, message, SOAPAction and door, as far as known.

    For a body that is not readable as XML only the transport tells.
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


# --- The body of a request, with or without attachments, becomes a document and its contents

_BLOK: Final = 256 * 1024


class Invoer:
    """The body of one request and everything that was taken out of it; `close` deletes that.

    `verzoek` is the request with the values of its root part beside its headers.
    """

    def __init__(self, verzoek: Verzoek, max_document: int) -> None:
        self.verzoek = verzoek
        self._kladblok = Kladblok(max_document)
        self._merken = Merken()
        self._pakket: Pakket | None = None
        self._kopie: IO[bytes] | None = None
        self._gelicht: dict[str, Inhoud | str] = {}

    def open(self, environ: dict[str, Any], max_bytes: int) -> tuple[IO[bytes], int]:
        """The body of a WSGI request as a seekable file, and its length in bytes (at most one over `max_bytes`)."""
        bron: IO[bytes] = environ["wsgi.input"]
        if not environ.get("wsgi.input_terminated"):
            lengte = int(environ.get("CONTENT_LENGTH") or 0)
            bron = self._kopie = _overgenomen(bron, min(lengte, max_bytes + 1))
        bron.seek(0, SEEK_END)
        lengte = bron.tell()
        bron.seek(0)
        return bron, lengte

    def lees(self, bron: IO[bytes], charset: str | None) -> etree._Element:
        """Parse the body. Raises OnleesbareXML, StUF055 or TeGroot."""
        if self.verzoek.multipart is None:
            return self._ontleed(bron, charset)
        self._pakket = lees_pakket(bron, self.verzoek.multipart, self._kladblok)
        self.verzoek = replace(self.verzoek, acties=kale_acties(*self.verzoek.acties, self._pakket.actie))
        with self._pakket.wortel as wortel:
            return self._ontleed(wortel, self._pakket.charset)

    def breng_onder(self, document: etree._Element, bericht: etree._Element, bestanden: Iterable[str]) -> Inhouden:
        """Take the contents out of the message in a document, at the paths where files stand (`Operation.files`).

        Raises StUF055 for attachments that do not fit the message.
        """
        if self._pakket is not None:
            self._gelicht |= vervang_includes(document, self._pakket, self._merken)
        teksten = base64_ladingen(bericht)
        return breng_onder(bericht, bestanden, self._kladblok, self._gelicht, self._merken.merk, teksten)

    def close(self) -> None:
        """Delete the contents of the request."""
        self._kladblok.close()
        if self._kopie is not None:
            self._kopie.close()

    def _ontleed(self, bron: IO[bytes], charset: str | None) -> etree._Element:
        uit = licht(bron, self._kladblok, self._merken)
        self._gelicht = uit.inhouden
        return ontleed(uit.data, charset)


def _overgenomen(bron: IO[bytes], lengte: int) -> IO[bytes]:
    """Copy a body that ends where its length says, from a server that is not ours (PEP 3333)."""
    kopie: IO[bytes] = SpooledTemporaryFile(max_size=IN_GEHEUGEN)  # noqa: SIM115 - closed by `close`
    while lengte > 0 and (stuk := bron.read(min(lengte, _BLOK))):
        kopie.write(stuk)
        lengte -= len(stuk)
    return kopie


# --- One request from bytes to answer: every error becomes a refusal here, and one log line reports the result

CONTENT_TYPES: Final = {SOAP11: "text/xml; charset=utf-8", SOAP12: "application/soap+xml; charset=utf-8"}
_SERVER_FAULT: Final = "500 Internal Server Error"
_SENDER_FAULT: Final = "400 Bad Request"
_TOO_LARGE: Final = "413 Content Too Large"
_NO_ROOM: Final = "503 Service Unavailable"
_OTHER_FORM: Final = "415 Unsupported Media Type"
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True)
class Limits:
    """The largest request, and the largest document in it, in bytes."""

    message: int
    document: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """A fault in the form of an answer: `code` is client, server, or a fault code of SOAP itself.

    `detail` is the foutbericht; a fault of SOAP itself has none (SOAP 1.1, 4.4). `status` is that of HTTP, `log_code`
    the code in the log line. `not_understood` are the headers that the fault is about.
    """

    code: str
    text: str
    status: str
    log_code: str
    detail: etree._Element | None = None
    not_understood: tuple[etree.QName, ...] = ()


class Refused(Exception):
    """A StufFout that has an HTTP status of its own."""

    def __init__(self, error: StufFout, status: str) -> None:
        super().__init__(str(error))
        self.error = error
        self.status = status


class Exchange:
    """The state of one request.

    `version` (a SOAP namespace) and `addressing` are known once the envelope was opened; `output` is the body of an
    answer that has contents. `own_name` is the sender of the answer to a message that was refused.
    """

    def __init__(self, request: Verzoek, limits: Limits, counters: Tellers, own_name: Callable[[], Systeem]) -> None:
        self._request = request
        self._limits = limits
        self._counters = counters
        self._own_name = own_name
        self._input = Invoer(request, limits.document)
        self._contents = Inhouden()
        self._begin = time.perf_counter()
        self._operation = ""
        self._stuurgegevens = Stuurgegevens()
        self._element: etree._Element | None = None
        self._refusal: Refusal | None = None
        self._under_way = False
        self.now = datetime.now(UTC)
        self.version = SOAP12 if request.type_van_envelop == "application/soap+xml" else SOAP11
        self.addressing = Adressering()
        self.statements = 0
        self.output: Uitvoer | None = None

    def parse(self, environ: dict[str, Any], charset: str | None) -> etree._Element:
        """Parse the body of a WSGI request, unless its headers are enough to refuse it."""
        if objection := bezwaar_tegen_vorm(self._request):
            raise Refused(StufFout("StUF055", objection), _OTHER_FORM)
        announced, most = self._request.lengte, self._limits.message
        if (announced or 0) > most:
            raise _too_large("Het bericht", most)
        source, length = self._input.open(environ, most)
        if length > most:
            raise _too_large("Het bericht", most)
        if announced is not None and length < announced:
            raise StufFout("StUF055", f"Van de {announced} bytes zijn er {length} ontvangen.")
        document = self._input.lees(source, charset)
        self._request = self._input.verzoek
        return document

    def open(self, document: etree._Element) -> str:
        """Open the envelope and give the operation, "" for an unknown one."""
        self.version = versie_van(document) or self.version
        envelope = open_envelop(document)
        self._element = envelope.bericht
        self.addressing = envelope.adressering
        self._stuurgegevens = lees_stuurgegevens(envelope.bericht)
        structlog.contextvars.bind_contextvars(**self._sender())
        self._operation = bepaal_dienst(self._request, envelope.adressering.actie, envelope.bericht)
        operation = OPERATIONS.get(self._operation)
        self._contents = self._input.breng_onder(document, envelope.bericht, operation.files if operation else ())
        return self._operation

    def message(self) -> Bericht:
        """The message, as an operation takes it."""
        if self._element is None:
            raise TypeError("no message was opened")
        self._under_way = True
        otherwise = is_anders_geschreven(self._request, self.addressing.actie)
        return Bericht(self._operation, self._element, self._stuurgegevens, self._contents, otherwise)

    def refuse(self, error: Exception) -> Refusal:
        """Give the fault for an error, of any kind."""
        match error:
            case StufFout():
                self._refusal = self._foutbericht(error)
            case Refused():
                self._refusal = self._foutbericht(error.error, error.status)
            case OnleesbareXML():
                self._refusal = self._foutbericht(StufFout("StUF055", f"{error}."))
            case TeGroot():
                return self.refuse(_too_large("Een document in het bericht", error.grens))
            case OnbegrepenHeader():
                text = f"De SOAP-header {error} wordt niet begrepen."
                code = "MustUnderstand"
                self._refusal = Refusal(code, text, _SERVER_FAULT, code, not_understood=tuple(error.namen))
            case AndereVersie():
                code = "VersionMismatch"
                text = "De SOAP-envelope is niet van SOAP 1.1 of SOAP 1.2."
                self._refusal = Refusal(code, text, _SERVER_FAULT, code)
            case OSError() if not self._under_way or error.errno in _FULL:
                self._refusal = self._no_room(error)
            case _:
                self._refusal = self._foutbericht(self._unexpected(error))
        return self._refusal

    def write(self, envelope: etree._Element) -> Sequence[Sized]:
        """Give an answer in its envelope as parts of known length; `output` sends those of an answer with contents.

        Writes the log line of this message, once the answer is sure.
        """
        try:
            self.output = maak_uitvoer(
                envelope,
                self.version,
                CONTENT_TYPES[self.version],
                self._contents,
                mtom=self._request.multipart is not None,
                sluit=self.close,
            )
        except BaseException:
            self._contents.close()
            raise
        parts = self.output.delen if self.output else [serialiseer(envelope)]
        self._log(etree.QName(envelope[-1][0]).localname)
        return parts

    @property
    def content_type(self) -> str:
        """The content type of the written answer."""
        return self.output.inhoudstype if self.output else CONTENT_TYPES[self.version]

    def close(self) -> None:
        """Delete the contents of the message and those of the answer."""
        self._contents.close()
        self._input.close()

    def _no_room(self, error: OSError) -> Refusal:
        """There is no room for the message or its documents in the directory of temporary files (TMPDIR)."""
        logger().error("bericht_niet_bewaard", reden=error.strerror or type(error).__name__)
        code = "StUF046" if self._fault_code() == "Fo03" else "StUF058"
        text = "Er is hier nu geen ruimte om het bericht aan te nemen; bied het later opnieuw aan."
        return self._foutbericht(StufFout(code, text), _NO_ROOM)

    def _foutbericht(self, error: StufFout, status: str = "") -> Refusal:
        detail = foutbericht(error, self._fault_code(), self._stuurgegevens, self._own_name(), self.now)
        status = status or (_SENDER_FAULT if self.version == SOAP12 and error.plek == "client" else _SERVER_FAULT)
        return Refusal(error.plek, error.soort.omschrijving, status, error.code, detail)

    def _fault_code(self) -> Literal["Fo02", "Fo03"]:
        return foutcode_voor(self._request, self._operation, self._element)

    def _unexpected(self, error: Exception) -> StufFout:
        """An error of ours: the log has it under a reference, the sender gets the reference."""
        reference = uuid.uuid4().hex[:12]
        logger().error("onverwachte_fout", verwijzing=reference, dienst=self._operation, exc_info=error)
        return StufFout("StUF058", f"Er ging hier iets onverwachts mis; noem de beheerder verwijzing {reference}.")

    def _log(self, answer: str) -> None:
        duration = time.perf_counter() - self._begin
        name = self._operation or "onbekend"
        outcome = self._fault_code() if self._refusal else answer.removesuffix("Bericht")[-4:]
        logger().info(
            "bericht_verwerkt",
            dienst=name,
            **self._sender(),
            duur_ms=round(duration * 1000, 1),
            uitkomst=outcome,
            foutcode=self._refusal.log_code if self._refusal else None,
            statements=self.statements,
        )
        self._counters.tel_bericht(name, outcome, duration, self.statements)

    def _sender(self) -> dict[str, str]:
        """The values that identify the message, for each of its log lines."""
        sender = self._stuurgegevens.zender or Systeem()
        return {
            "zender": "/".join(part for part in sender.sleutel if part)[:100],
            "referentienummer": self._stuurgegevens.referentienummer[:60],
        }


def _too_large(what: str, limit: int) -> Refused:
    text = f"{what} is groter dan {limit // 1_000_000} MB, het maximum van dit systeem."
    return Refused(StufFout("StUF055", text), _TOO_LARGE)
