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

from regiesysteem.access.bounds import Gate, TooFast
from regiesysteem.access.caller import NOTHING_SHOWN, Shown
from regiesysteem.access.credentials import ProofFailed
from regiesysteem.access.shown import NO_PROXIES, Proxies, read_shown
from regiesysteem.db import count_statements
from regiesysteem.logging_ import logger
from regiesysteem.metrics import Counters
from regiesysteem.soap.envelope import (
    ACTIE_PREFIXES,
    Adressering,
    NotUnderstoodHeader,
    OtherVersie,
    open_envelope,
    versie_of,
)
from regiesysteem.soap.mtom import (
    MULTIPART,
    XML_TYPES,
    Multipart,
    Output,
    Package,
    make_output,
    parameters,
    read_package,
    replace_includes,
)
from regiesysteem.soap.security import read_security
from regiesysteem.stuf.answers import foutbericht
from regiesysteem.stuf.content.content import Inhoud, Inhouden, take_contents_out
from regiesysteem.stuf.content.lift import Marks, lift_from
from regiesysteem.stuf.content.scratch import IN_MEMORY, Scratch, TooLarge
from regiesysteem.stuf.faults import StufFout, shorten
from regiesysteem.stuf.message import (
    Bericht,
    Stuurgegevens,
    Systeem,
    check_versions,
    name_in_log,
    read_stuurgegevens,
)
from regiesysteem.stuf.namespaces import SOAP11, SOAP12
from regiesysteem.stuf.schema import places_in
from regiesysteem.stuf.xml import UnreadableXml, parse, serialise
from regiesysteem.zakenmagazijn.refusals import RefusedMessage
from regiesysteem.zkn.operations import OPERATIONS, SECTORMODEL, Door, named_zaak, recognise
from regiesysteem.zkn.zaak import base_64_payloads

# --- The operation of a request, from SOAPAction, content type, wsa:Action or the message itself

_FOUTCODES: Final[dict[str, Literal["Fo02", "Fo03"]]] = {
    name: operation.fault_code
    for operation in OPERATIONS.values()
    for name in (etree.QName(operation.element).localname, operation.name)
}
_ASYNCHRONOUS: Final = ("Lk01", "Di01", "Du01", "Sa01", "Sh01", "Lv02")
_ZDS_12: Final = "http://www.stufstandaarden.nl/koppelvlak/zds0120/"
_BEGIN: Final = tuple(begin.casefold() for begin in (*ACTIE_PREFIXES, _ZDS_12))
_WRITTEN_OTHERWISE: Final = {
    naam.casefold(): dienst
    for one in OPERATIONS.values()
    for naam, dienst in (
        (etree.QName(one.element).localname, etree.QName(one.element).localname),
        (one.name.replace("_L", f"_{one.entiteittype.capitalize()}L"), one.name),
        (one.name, one.name),
    )
}
"""Operations and messages without capitals; an operation also as ZDS 1.2 calls it (creeerZaak_ZakLk01)."""
_MAX_NUMBER: Final = 18
_MAX_WAARDE: Final = 100
_MAX_DETAILS: Final = 1000


@dataclass(frozen=True, slots=True)
class Request:
    """The transport headers of a request, before its body is read.

    `acties` are the operations that the transport names, SOAPAction first; `length` in bytes, None when unknown;
    `from_browser` when a page in a browser sends it; `shown` are the credentials in the headers, and the address of the
    client; `traceparent` as it came.
    """

    door: Door
    acties: tuple[str, ...]
    inhoudstype: str
    charset: str | None
    encoding: str
    length: int | None
    from_browser: bool = False
    multipart: Multipart | None = None
    shown: Shown = NOTHING_SHOWN
    traceparent: str = ""

    @property
    def envelope_type(self) -> str:
        """The content type of the envelope, with attachments or without."""
        return self.multipart.start_info if self.multipart else self.inhoudstype


def read_request(environ: dict[str, Any], door: Door, proxies: Proxies = NO_PROXIES) -> Request:
    """Read the headers of a request; never fails on their values."""
    soort, options = parameters(environ.get("CONTENT_TYPE") or "")
    length = environ.get("CONTENT_LENGTH") or ""
    acties = [environ.get("HTTP_SOAPACTION"), options.get("action")]
    multipart = None
    if soort == MULTIPART:
        start_info, at_start = parameters(options.get("start-info") or "")
        start = (options.get("start") or "").strip().removeprefix("<").removesuffix(">")
        multipart = Multipart(options.get("boundary") or "", start, start_info)
        acties.append(at_start.get("action"))
    return Request(
        door=door,
        acties=bare_acties(*acties),
        inhoudstype=soort,
        charset=options.get("charset"),
        encoding=(environ.get("HTTP_CONTENT_ENCODING") or "").strip().lower(),
        length=int(length) if length.isascii() and length.isdecimal() and len(length) <= _MAX_NUMBER else None,
        from_browser="HTTP_ORIGIN" in environ,
        multipart=multipart,
        shown=read_shown(environ, proxies),
        traceparent=environ.get("HTTP_TRACEPARENT") or "",
    )


def bare_actie(actie: str) -> str:
    """The operation of a SOAPAction, with or without quotes and namespace."""
    bare = actie.strip().strip("\"'").strip()
    return next((bare.removeprefix(begin) for begin in ACTIE_PREFIXES if bare.startswith(begin)), bare)


def bare_acties(*acties: str | None) -> tuple[str, ...]:
    """The operations that are named, each once."""
    return tuple(dict.fromkeys(bare for actie in acties if actie and (bare := bare_actie(actie))))


def objection_against_form(request: Request) -> str:
    """The reason why a body of this form is refused (Dutch), "" when it is not."""
    if request.encoding not in ("", "identity"):
        encoding = shorten(request.encoding, 40)
        return f"Content-Encoding {encoding!r} wordt niet ondersteund; stuur het bericht ongecomprimeerd."
    if request.multipart:
        return "" if request.multipart.boundary else "De Content-Type multipart/related heeft geen boundary."
    if request.inhoudstype not in XML_TYPES or (request.from_browser and not request.inhoudstype):
        # A browser sends only bodies without an XML type to any address without asking first: no page may talk to a
        # server here.
        soort = shorten(request.inhoudstype, 60)
        return f"Content-Type {soort!r} wordt niet ondersteund; gebruik text/xml, application/soap+xml of MTOM."
    return ""


def is_otherwise_written(request: Request, actie: str) -> bool:
    """Tell whether an operation is named in another way than the WSDL has; `actie` is wsa:Action."""
    return any(_as_in_wsdl(one) != one for one in bare_acties(*request.acties, actie))


def _as_in_wsdl(actie: str) -> str:
    """The named operation, written as in the WSDL.

    Senders in the field write CreeerZaak_Lk01, StuF in the namespace, or the name that ZDS 1.2 gave the operation. No
    two operations differ in that alone. A name of no operation stays as it was.
    """
    small = actie.casefold()
    bare = next((small.removeprefix(begin) for begin in _BEGIN if small.startswith(begin)), small)
    return _WRITTEN_OTHERWISE.get(bare, actie)


def determine_dienst(request: Request, actie: str, bericht: etree._Element) -> str:
    """The meant operation; "" when there is no such operation. `actie` is wsa:Action.

    A SOAPAction that only repeats the name of the message names no operation (senders built on the WSDL of plain
    StUF-ZKN send that): then the message decides. Raises StUF001, StUF004 or StUF007 for another version or sector
    model, StUF040 when the SOAPAction is of another message than the body, or of an operation of another door, and when
    SOAPAction, content type and wsa:Action name different ones (WS-Addressing 1.0 SOAP Binding, 2.4).
    """
    check_versions(bericht, SECTORMODEL)
    named = dict.fromkeys(map(_as_in_wsdl, bare_acties(*request.acties, actie)))
    if _local(bericht) not in OPERATIONS:
        named.pop(_local(bericht), None)
    if len(named) > 1:
        names = " en ".join(shorten(one, _MAX_WAARDE) for one in named)
        raise StufFout(
            "StUF040", f"SOAPAction, wsa:Action en action in de Content-Type zeggen niet hetzelfde: {names}."
        )
    said = next(iter(named), "")
    operation = OPERATIONS.get(said) or OPERATIONS.get(recognise(bericht))
    if operation is None:
        return ""
    if said not in ("", operation.name):
        here = (one.name for one in OPERATIONS.values() if one.is_at(request.door))
        known = ", ".join(sorted(here))
        raise StufFout("StUF040", f"SOAPAction {shorten(said, _MAX_WAARDE)} is hier geen operatie; wel: {known}.")
    if operation.element != bericht.tag:
        expected = etree.QName(operation.element).localname
        got = shorten(_local(bericht), _MAX_WAARDE)
        raise StufFout("StUF040", f"Bij SOAPAction {said} hoort {expected}; het bericht is {got}.")
    if not operation.is_at(request.door):
        raise StufFout(
            "StUF040",
            f"{operation.name} is er niet op {request.door.name}; gebruik {operation.door.name} of het adres /stuf.",
        )
    return operation.name


def foutcode_for(request: Request, dienst: str, bericht: etree._Element | None) -> Literal["Fo02", "Fo03"]:
    """Fo03 for an asynchronous message, else Fo02; by operation, message, SOAPAction and door, as far as known.

    For a body that is not readable as XML only the transport tells.
    """
    names = [dienst, _local(bericht)] if bericht is not None else [*map(_as_in_wsdl, request.acties)]
    for naam in filter(None, names):
        if naam in _FOUTCODES:
            return _FOUTCODES[naam]
        if naam.endswith(_ASYNCHRONOUS):
            return "Fo03"
    return "Fo03" if request.door.asynchronous else "Fo02"


def _local(bericht: etree._Element) -> str:
    return etree.QName(bericht).localname


# --- The body of a request, with or without attachments, becomes a document and its contents

_BLOCK: Final = 256 * 1024


class Input:
    """The body of one request and everything that was taken out of it; `close` deletes that.

    `request` is the request with the values of its root part beside its headers.
    """

    def __init__(self, request: Request, max_document: int) -> None:
        self.request = request
        self._scratch = Scratch(max_document)
        self._marks = Marks()
        self._package: Package | None = None
        self._copy: IO[bytes] | None = None
        self._lifted: dict[str, Inhoud | str] = {}

    def open(self, environ: dict[str, Any], max_bytes: int) -> tuple[IO[bytes], int]:
        """The body of a WSGI request as a seekable file, and its length in bytes (at most one over `max_bytes`)."""
        source: IO[bytes] = environ["wsgi.input"]
        if not environ.get("wsgi.input_terminated"):
            length = int(environ.get("CONTENT_LENGTH") or 0)
            source = self._copy = _taken_over(source, min(length, max_bytes + 1))
        source.seek(0, SEEK_END)
        length = source.tell()
        source.seek(0)
        return source, length

    def read(self, source: IO[bytes], charset: str | None) -> etree._Element:
        """Parse the body. Raises UnreadableXml, StUF055 or TooLarge."""
        if self.request.multipart is None:
            return self._parse(source, charset)
        self._package = read_package(source, self.request.multipart, self._scratch)
        self.request = replace(self.request, acties=bare_acties(*self.request.acties, self._package.actie))
        with self._package.root as root:
            return self._parse(root, self._package.charset)

    def take_contents_out(self, document: etree._Element, bericht: etree._Element, files: Iterable[str]) -> Inhouden:
        """Take the contents out of the message in a document, at the paths where files stand (`Operation.files`).

        Raises StUF055 for attachments that do not fit the message.
        """
        if self._package is not None:
            self._lifted |= replace_includes(document, self._package, self._marks)
        texts = base_64_payloads(bericht)
        return take_contents_out(bericht, files, self._scratch, self._lifted, self._marks.mark, texts)

    def close(self) -> None:
        """Delete the contents of the request."""
        self._scratch.close()
        if self._copy is not None:
            self._copy.close()

    def _parse(self, source: IO[bytes], charset: str | None) -> etree._Element:
        out = lift_from(source, self._scratch, self._marks)
        self._lifted = out.inhouden
        return parse(out.data, charset)


def _taken_over(source: IO[bytes], length: int) -> IO[bytes]:
    """Copy a body that ends where its length says, from a server that is not ours (PEP 3333)."""
    copy: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed by `close`
    while length > 0 and (piece := source.read(min(length, _BLOCK))):
        copy.write(piece)
        length -= len(piece)
    return copy


# --- One request from bytes to answer: every error becomes a refusal here, and one log line reports the result

CONTENT_TYPES: Final = {SOAP11: "text/xml; charset=utf-8", SOAP12: "application/soap+xml; charset=utf-8"}
_SERVER_FAULT: Final = "500 Internal Server Error"
_SENDER_FAULT: Final = "400 Bad Request"
_TOO_LARGE: Final = "413 Content Too Large"
_TOO_MANY: Final = "429 Too Many Requests"
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
    the code in the log line and `kinds` what the record has beside it. `not_understood` are the headers that the fault
    is about, `headers` those of its answer.
    """

    code: str
    text: str
    status: str
    log_code: str
    detail: etree._Element | None = None
    not_understood: tuple[etree.QName, ...] = ()
    kinds: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()


class Refused(Exception):
    """A StufFout that has an HTTP status of its own."""

    def __init__(self, error: StufFout, status: str) -> None:
        super().__init__(str(error))
        self.error = error
        self.status = status


class Exchange:
    """The state of one request.

    `shown` are the credentials of the request. `version` (a SOAP namespace) and `addressing` are known once the
    envelope was opened; `output` is the body of an answer that has contents. `own_name` is the sender of the answer to
    a message that was refused. `record` keeps a refusal, `gate`
    counts what proves nothing.
    """

    def __init__(
        self,
        request: Request,
        *,
        limits: Limits,
        counters: Counters,
        own_name: Callable[[], Systeem],
        record: Callable[[RefusedMessage], object],
        gate: Gate,
    ) -> None:
        self._request = request
        self._limits = limits
        self._counters = counters
        self._own_name = own_name
        self._record = record
        self._gate = gate
        self._size = 0
        self._input = Input(request, limits.document)
        self._contents = Inhouden()
        self._begin = time.perf_counter()
        self._operation = ""
        self._stuurgegevens = Stuurgegevens()
        self._element: etree._Element | None = None
        self._refusal: Refusal | None = None
        self._under_way = False
        self.shown = request.shown
        self.now = datetime.now(UTC)
        self.version = SOAP12 if request.envelope_type == "application/soap+xml" else SOAP11
        self.addressing = Adressering()
        self.statements = 0
        self.output: Output | None = None

    def parse(self, environ: dict[str, Any], charset: str | None) -> etree._Element:
        """Parse the body of a WSGI request, unless its headers are enough to refuse it."""
        if objection := objection_against_form(self._request):
            raise Refused(StufFout("StUF055", objection), _OTHER_FORM)
        announced, most = self._request.length, self._limits.message
        if (announced or 0) > most:
            raise _too_large("Het bericht", most)
        self._gate.before(self.shown)
        source, length = self._input.open(environ, most)
        self._size = length
        if length > most:
            raise _too_large("Het bericht", most)
        if announced is not None and length < announced:
            raise StufFout("StUF055", f"Van de {announced} bytes zijn er {length} ontvangen.")
        document = self._input.read(source, charset)
        self._request = self._input.request
        return document

    def open(self, document: etree._Element) -> str:
        """Open the envelope and give the operation, "" for an unknown one."""
        self.version = versie_of(document) or self.version
        envelope = open_envelope(document)
        self._element = envelope.bericht
        self.addressing = envelope.adressering
        self._read_token(envelope.security)
        self._stuurgegevens = read_stuurgegevens(envelope.bericht)
        structlog.contextvars.bind_contextvars(**self._sender())
        self._operation = determine_dienst(self._request, envelope.adressering.actie, envelope.bericht)
        operation = OPERATIONS.get(self._operation)
        self._contents = self._input.take_contents_out(document, envelope.bericht, operation.files if operation else ())
        return self._operation

    def _read_token(self, blocks: Iterable[etree._Element]) -> None:
        security = read_security(blocks, self.now)
        objection = self.shown.objection or security.objection
        self.shown = replace(self.shown, token=security.login, objection=objection)

    def message(self) -> Bericht:
        """The message, as an operation takes it."""
        if self._element is None:
            raise TypeError("no message was opened")
        self._under_way = True
        otherwise = is_otherwise_written(self._request, self.addressing.actie)
        return Bericht(
            self._operation,
            self._element,
            self._stuurgegevens,
            self._contents,
            otherwise,
            self._size,
            self._request.traceparent,
        )

    def refuse(self, error: Exception) -> Refusal:
        """Give the fault for an error, of any kind."""
        match error:
            case TooFast():
                code = "StUF046" if self._fault_code() == "Fo03" else "StUF960"
                again = (("Retry-After", str(error.retry_after)),)
                self._refusal = replace(self._foutbericht(StufFout(code, error.text), _TOO_MANY), headers=again)
            case ProofFailed():
                if error.proven:
                    structlog.contextvars.bind_contextvars(bewezen=error.proven[0].naam)
                self._refusal = replace(self._foutbericht(error, error.status), headers=_challenge(error))
            case StufFout():
                self._refusal = self._foutbericht(error)
            case Refused():
                self._refusal = self._foutbericht(error.error, error.status)
            case UnreadableXml():
                self._refusal = self._foutbericht(StufFout("StUF055", f"{error}."))
            case TooLarge():
                return self.refuse(_too_large("Een document in het bericht", error.max_bytes))
            case NotUnderstoodHeader():
                text = f"De SOAP-header {error} wordt niet begrepen."
                code = "MustUnderstand"
                self._refusal = Refusal(code, text, _SERVER_FAULT, code, not_understood=tuple(error.names))
            case OtherVersie():
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
            self.output = make_output(
                envelope,
                self.version,
                CONTENT_TYPES[self.version],
                self._contents,
                mtom=self._request.multipart is not None,
                close=self.close,
            )
        except BaseException:
            self._contents.close()
            raise
        parts = self.output.parts if self.output else [serialise(envelope)]
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
        kinds = error.kinds or places_in(error.details[:_MAX_DETAILS])
        return Refusal(error.plek, error.soort.omschrijving, status, error.code, detail, kinds=kinds)

    def _fault_code(self) -> Literal["Fo02", "Fo03"]:
        return foutcode_for(self._request, self._operation, self._element)

    def _unexpected(self, error: Exception) -> StufFout:
        """An error of ours: the log has it under a reference, the sender gets the reference."""
        reference = uuid.uuid4().hex[:12]
        logger().error("onverwachte_fout", verwijzing=reference, dienst=self._operation, exc_info=error)
        return StufFout("StUF058", f"Er ging hier iets onverwachts mis; noem de beheerder verwijzing {reference}.")

    def _log(self, answer: str) -> None:
        if not structlog.contextvars.get_contextvars().get("bewijs"):
            self._gate.after(self.shown, self._size)
        if self._refusal:
            with count_statements() as counter:
                self._record(self._refused_message(self._refusal))
            self.statements += counter.aantal
        duration = time.perf_counter() - self._begin
        name = self._operation or "onbekend"
        outcome = self._fault_code() if self._refusal else answer.removesuffix("Bericht")[-4:]
        logger().info(
            "bericht_verwerkt",
            dienst=name,
            **(self._sender() | structlog.contextvars.get_contextvars()),
            duur_ms=round(duration * 1000, 1),
            uitkomst=outcome,
            foutcode=self._refusal.log_code if self._refusal else None,
            statements=self.statements,
        )
        self._counters.count_bericht(name, outcome, duration, self.statements)

    def _refused_message(self, refusal: Refusal) -> RefusedMessage:
        sender, known = self._stuurgegevens.zender or Systeem(), structlog.contextvars.get_contextvars()
        return RefusedMessage(
            self.now,
            *sender.sleutel,
            bewezen=str(known.get("bewezen", "")),
            bewijs=str(known.get("bewijs", "")),
            adres=self.shown.address,
            dienst=self._operation,
            referentienummer=self._stuurgegevens.referentienummer,
            zaak=named_zaak(self._element) if self._element is not None else "",
            code=refusal.log_code,
            http_status=int(refusal.status[:3]),
            plek="; ".join(refusal.kinds),
        )

    def _sender(self) -> dict[str, str]:
        """The values that identify the message, for each of its log lines."""
        return {
            "zender": name_in_log(self._stuurgegevens.zender),
            "referentienummer": self._stuurgegevens.referentienummer[:60],
        }


def _challenge(error: ProofFailed) -> tuple[tuple[str, str], ...]:
    """The headers that tell how to prove oneself (RFC 7235, 4.1), and when again (RFC 9110, 10.2.3)."""
    asks = error.status.startswith("401")
    how = [("WWW-Authenticate", 'Basic realm="Regiesysteem", charset="UTF-8"')] if asks else []
    return (*how, *([("Retry-After", str(error.retry_after))] if error.retry_after else []))


def _too_large(what: str, limit: int) -> Refused:
    text = f"{what} is groter dan {limit // 1_000_000} MB, het maximum van dit systeem."
    return Refused(StufFout("StUF055", text), _TOO_LARGE)
