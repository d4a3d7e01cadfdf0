"""One request from bytes to answer: every error becomes a refusal here, and one log line reports the result."""

import errno
import time
import uuid
from collections.abc import Callable, Iterable, Sequence, Sized
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, Literal

import structlog
from lxml import etree

from regiesysteem.access.bounds import Gate, TooFast
from regiesysteem.access.credentials import ProofFailed
from regiesysteem.db import count_statements
from regiesysteem.logging_ import logger
from regiesysteem.metrics import Counters
from regiesysteem.soap.envelope import Adressering, NotUnderstoodHeader, OtherVersie, open_envelope, versie_of
from regiesysteem.soap.mtom import Output, make_output
from regiesysteem.soap.recognition import determine_dienst, foutcode_for, is_otherwise_written
from regiesysteem.soap.request import Input, Request, objection_against_form
from regiesysteem.soap.security import read_security
from regiesysteem.stuf.answers import foutbericht
from regiesysteem.stuf.content.content import Inhouden
from regiesysteem.stuf.content.scratch import TooLarge
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.message import Bericht, Stuurgegevens, Systeem, name_in_log, read_stuurgegevens
from regiesysteem.stuf.namespaces import SOAP11, SOAP12
from regiesysteem.stuf.schema import places_in
from regiesysteem.stuf.xml import UnreadableXml, serialise
from regiesysteem.zakenmagazijn.refusals import RefusedMessage
from regiesysteem.zkn.operations import OPERATIONS, named_zaak

CONTENT_TYPES: Final = {SOAP11: "text/xml; charset=utf-8", SOAP12: "application/soap+xml; charset=utf-8"}
_SERVER_FAULT: Final = "500 Internal Server Error"
_SENDER_FAULT: Final = "400 Bad Request"
_TOO_LARGE: Final = "413 Content Too Large"
_TOO_MANY: Final = "429 Too Many Requests"
_NO_ROOM: Final = "503 Service Unavailable"
_OTHER_FORM: Final = "415 Unsupported Media Type"
_MAX_DETAILS: Final = 1000
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
    a message that was refused. `record` keeps a refusal, `gate` counts what proves nothing.
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
        otherwise = is_otherwise_written(self._request, self.addressing.actie, self._element)
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
