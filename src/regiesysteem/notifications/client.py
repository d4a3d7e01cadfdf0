"""Sends a message to a receiver: the HTTP connection, SOAP by zeep, and the address by the inrichting of now."""

import codecs
import http.client
import io
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, cast

import urllib3.exceptions as u3
import zeep
from lxml import etree
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from sqlalchemy import Connection, Engine
from urllib3 import PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.response import BaseHTTPResponse
from zeep.transports import Transport

from regiesysteem import config
from regiesysteem.db import kenmerk
from regiesysteem.inrichting.current import Inrichting, InrichtingSource
from regiesysteem.local import KENMERK_HEADER, is_this_machine
from regiesysteem.logging_ import logger
from regiesysteem.notifications.outcome import (
    FAILURES,
    MAX_ANSWER,
    MAX_WAIT_S,
    AnswerTooLarge,
    Outcome,
    read_answer,
    read_empty,
    read_unreadable,
    reason_of,
    temporary,
)
from regiesysteem.notifications.queue import Waiting
from regiesysteem.notifications.receiver import Ontvanger, koppelvlak_of, ontvanger_of
from regiesysteem.notifications.transfers import process_prompt_answer
from regiesysteem.secret_file import refuse_readable
from regiesysteem.stuf.namespaces import STUF, WSDL, xs
from regiesysteem.stuf.xml import UnreadableXml, parse, parse_file, parse_own, serialise
from regiesysteem.zakenmagazijn.messages import read_inrichting_versie
from regiesysteem.zkn.names import NSMAP, NSMAP_RZS, RZS

# --- One HTTP POST to a receiver: bounded in time and size, over connections that stay open, past any proxy

_KEEP_OPEN: Final = 32
_SLACK_S: Final = 0.05  # a socket may wait so much longer than the exchange: setting its timeout is a system call
_OWN_HEADERS: Final = {"User-Agent": "Regiesysteem", "Accept-Encoding": "identity"}


@dataclass(frozen=True)
class Reply:
    """An answer as it came."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes


@dataclass
class _Exchange:
    """An exchange under way: its deadline (monotonic), and whether it made its own connection."""

    deadline: float
    connected: bool = False

    def bound(self, sock: socket.socket) -> None:
        """Let a socket wait no longer than the remaining time. Raises TimeoutError when there is none."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        configured = sock.gettimeout()
        if configured is None or not 0 <= configured - left < _SLACK_S:
            sock.settimeout(left)


_ONGOING: ContextVar[_Exchange] = ContextVar("exchange")


class _Input(io.RawIOBase):
    """The bytes from a socket, as long as the exchange may take."""

    def __init__(self, sock: socket.socket, raw: io.RawIOBase) -> None:
        super().__init__()
        self._sock = sock
        self._raw = raw
        self._exchange = _ONGOING.get()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        self._exchange.bound(self._sock)
        return cast("int | None", self._raw.readinto(buffer))

    def close(self) -> None:
        self._raw.close()
        super().close()


class _HttpAnswer(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_Input(sock, self.fp.detach()))


class _Clocked:
    """A connection that looks at the clock of the exchange it is used for."""

    sock: socket.socket | None

    def connect(self) -> None:
        _ONGOING.get().connected = True
        super().connect()  # type: ignore[misc]

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()  # first, so that its time counts for the rest
        _ONGOING.get().bound(cast("socket.socket", self.sock))
        super().send(data)  # type: ignore[misc]


class _Connection(_Clocked, HTTPConnection):
    """Plain HTTP."""

    response_class = _HttpAnswer


class _TlsConnection(_Clocked, HTTPSConnection):
    """HTTP over TLS."""

    response_class = _HttpAnswer


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class Line(Transport):
    """zeep's transport over connections to one receiver that stay open; for many threads.

    It logs no messages, and knows no proxies, cookies and .netrc, because urllib3 has none.
    """

    def __init__(self, ontvanger: Ontvanger, kenmerk: str = "") -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._ontvanger = ontvanger
        self._heads = {KENMERK_HEADER: kenmerk} if kenmerk and is_this_machine(ontvanger.adres) else {}
        key = ontvanger.clientsleutel or ontvanger.clientcertificaat
        self._key = Path(key) if key else None
        self._pools = PoolManager(
            num_pools=1,
            maxsize=_KEEP_OPEN,
            ca_certs=ontvanger.ca or DEFAULT_CA_BUNDLE_PATH,
            cert_file=ontvanger.clientcertificaat or None,
            key_file=key or None,
        )
        self._pools.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def post(self, _address: str, message: bytes, headers: dict[str, str]) -> Reply:
        """Send a message and read the answer, whatever its status; a redirect is an answer.

        A connection that turns out to be closed since its last use is replaced once: the message has its
        referentienummer, so that a receiver that got it recognises it (StUF 03.01, 4.4). Raises AnswerTooLarge,
        SecretError, and the errors of urllib3 and the socket.
        """
        headers = headers | self._heads
        if self._key:
            refuse_readable(self._key)
        if authorization := self._ontvanger.authorization():
            headers["Authorization"] = authorization
        exchange = _Exchange(time.monotonic() + self._ontvanger.timeout_s)
        mark = _ONGOING.set(exchange)
        try:
            return _read(self._send(message, headers, exchange))
        finally:
            _ONGOING.reset(mark)

    def _send(self, message: bytes, headers: dict[str, str], exchange: _Exchange) -> BaseHTTPResponse:
        """Send, and read the head of the answer."""
        try:
            return self._post(message, headers)
        except (u3.ProtocolError, u3.ClosedPoolError, OSError):
            if exchange.connected or exchange.deadline <= time.monotonic():
                raise
            self.close()  # all of them: the cause that closed one, such as a restart of the receiver, closed them all
            return self._post(message, headers)

    def _post(self, message: bytes, headers: dict[str, str]) -> BaseHTTPResponse:
        return self._pools.urlopen(
            "POST",
            self._ontvanger.adres,
            body=message,
            headers=_OWN_HEADERS | headers,
            redirect=False,
            assert_same_host=False,
            preload_content=False,
            decode_content=False,
            retries=False,
            timeout=self._ontvanger.timeout_s,
        )

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._pools.clear()


def _read(answer: BaseHTTPResponse) -> Reply:
    """Read an answer. One that ends too early is no reason to send again at once: the receiver had the message."""
    try:
        content = answer.read(MAX_ANSWER + 1, decode_content=True)
    finally:
        answer.close()  # an answer that was read to its end has released its connection already
    if len(content) > MAX_ANSWER:
        raise AnswerTooLarge
    return Reply(answer.status, answer.headers, content)


# --- Sends a message to a receiver and gives the outcome

_BINDING: Final = {"1.1": f"{{{RZS}}}SOAPOntvanger", "1.2": f"{{{RZS}}}SOAP12Ontvanger"}
_REFERENTIENUMMER: Final = f"{{{STUF}}}referentienummer"
_WAIT_AT: Final = frozenset({429, 503})


class Sender:
    """Sends messages to any number of receivers, from any number of threads; one per process.

    `kenmerk` is that of our database; a receiver on this machine gets it, and so knows which of several systems we are.
    """

    def __init__(self, kenmerk: str = "") -> None:
        self._kenmerk = kenmerk
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, str, str, str], _Client] = {}

    def send(self, ontvanger: Ontvanger, soort: str, inhoud: bytes) -> Outcome:
        """Send a message once; `soort` is its operation in wsdl/Ontvanger.wsdl, `inhoud` the message as it is kept.

        Every error of the receiver, or on the way to it, is in the outcome. Raises ValueError for a message that is not
        the one of its operation, and the errors of zeep for an operation that is not there: these are mistakes of ours.
        """
        begin = time.monotonic()
        bericht = parse_own(inhoud)
        referentienummer = next((one.text or "" for one in bericht.iter(_REFERENTIENUMMER)), "")
        try:
            outcome = _read_reply(self._client(ontvanger).send(soort, bericht), referentienummer)
        except FAILURES as error:
            outcome = temporary(reason_of(error, ontvanger))
        outcome = replace(outcome, took_s=time.monotonic() - begin)
        _log(ontvanger, soort, referentienummer, outcome)
        return outcome

    def close(self) -> None:
        """Close all connections; the next message opens one again."""
        with self._lock:
            clients, self._clients = list(self._clients.values()), {}
        for client in clients:
            client.line.close()

    def _client(self, ontvanger: Ontvanger) -> "_Client":
        """The client of a receiver; a new one when the inrichting has changed its data."""
        with self._lock:
            client = self._clients.get(ontvanger.sleutel)
            if client is not None and client.ontvanger == ontvanger:
                return client
            new = self._clients[ontvanger.sleutel] = _Client(ontvanger, self._kenmerk)
        if client is not None:
            client.line.close()
        return new


class _Client:
    """zeep for one receiver: the service of the WSDL, at the address and in the version of SOAP of the receiver."""

    def __init__(self, ontvanger: Ontvanger, kenmerk: str) -> None:
        self.ontvanger = ontvanger
        self.line = Line(ontvanger, kenmerk)
        self._binding = _wsdl().bindings[_BINDING[ontvanger.soap]]
        # A raw response: receivers answer in ways that zeep takes for errors, and the status counts beside the answer.
        settings = zeep.Settings(raw_response=True)
        client = zeep.Client(_wsdl(), transport=self.line, settings=settings)  # type: ignore[no-untyped-call]
        self._service = client.create_service(self._binding.name.text, ontvanger.adres)  # type: ignore[no-untyped-call]

    def send(self, soort: str, bericht: etree._Element) -> Reply:
        """Call an operation; the parts of `bericht` move to the envelope."""
        call = self._service[soort]
        expected = self._binding.get(soort).input.body.qname.text  # type: ignore[no-untyped-call]
        if bericht.tag != expected:
            raise ValueError(f"{soort} sends {expected}, not {bericht.tag}")
        return cast("Reply", call(_value_1=list(bericht), _attr_1=dict(bericht.items())))


@cache
def _wsdl() -> zeep.wsdl.Document:
    """wsdl/Ontvanger.wsdl as zeep has it, read once per process.

    Its messages have any content here: our entity tables write it, with what the types of zeep cannot write (an xsi:nil
    with a noValue).
    """
    root = parse_file(config.wsdl_directory() / "Ontvanger.wsdl")
    [types] = root.iter(f"{{{WSDL}}}types")
    types[:] = []
    schemas: dict[str, etree._Element] = {}
    for part in root.iter(f"{{{WSDL}}}part"):
        prefix, _, naam = part.get("element", "").partition(":")
        namespace = part.nsmap[prefix]
        if namespace not in schemas:
            schemas[namespace] = etree.SubElement(types, xs("schema"), targetNamespace=namespace)
        kind = etree.SubElement(etree.SubElement(schemas[namespace], xs("element"), name=naam), xs("complexType"))
        etree.SubElement(etree.SubElement(kind, xs("sequence")), xs("any"), minOccurs="0", maxOccurs="unbounded")
        etree.SubElement(kind, xs("anyAttribute"))
    document = zeep.wsdl.Document(io.BytesIO(serialise(root)), Transport())  # type: ignore[no-untyped-call, arg-type]
    for prefix, namespace in (NSMAP | NSMAP_RZS).items():
        document.types.set_ns_prefix(prefix, namespace)  # type: ignore[no-untyped-call]
    return document


def _read_reply(reply: Reply, referentienummer: str) -> Outcome:
    if not reply.content.strip():
        outcome = read_empty(reply.status_code)
    elif (root := _tree(reply)) is None:
        outcome = read_unreadable(reply.status_code)
    else:
        outcome = read_answer(reply.status_code, root, referentienummer)
    return replace(outcome, wait_s=_wait(reply))


def _tree(reply: Reply) -> etree._Element | None:
    """The tree of an answer, None for one that cannot be read; of an answer with attachments, that of its first part.

    The charset of the Content-Type goes before the declaration, a byte order mark before both (RFC 7303, 3.2).
    """
    soort, inhoud, message = reply.headers.get("Content-Type", ""), reply.content, Message()
    message["Content-Type"] = soort
    if message.get_content_maintype() == "multipart":
        whole = message_from_bytes(b"Content-Type: %b\r\n\r\n%b" % (soort.encode("latin-1", "replace"), inhoud))
        parts = [part for part in whole.walk() if part.get_content_maintype() not in {"multipart", "message"}]
        if not parts:
            return None
        message, inhoud = parts[0], cast("bytes", parts[0].get_payload(decode=True))
    bom = inhoud.startswith(codecs.BOM_UTF8)
    for charset in dict.fromkeys(("utf-8" if bom else message.get_content_charset(), None)):
        with suppress(UnreadableXml):
            return parse(inhoud.removeprefix(codecs.BOM_UTF8).lstrip(), charset)
    return None


def _wait(answer: Reply) -> float | None:
    """The seconds that the receiver asks us to wait: a number, or a moment by its own clock (RFC 9110, 10.2.3)."""
    if answer.status_code not in _WAIT_AT:
        return None
    asked = answer.headers.get("Retry-After", "").strip()
    if asked.isascii() and asked.isdigit():
        return min(float(asked[:9]), MAX_WAIT_S)
    if (moment := _moment(asked)) is None:
        return None
    now = _moment(answer.headers.get("Date", "")) or datetime.now(UTC)
    return min(max((moment - now).total_seconds(), 0.0), MAX_WAIT_S)


def _moment(text: str) -> datetime | None:
    """A date of HTTP, which is in UTC; None for another text."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _log(ontvanger: Ontvanger, soort: str, referentienummer: str, outcome: Outcome) -> None:
    log = logger()
    said = {
        "berichtcode": outcome.berichtcode,
        "code": outcome.code,
        "http_status": outcome.http_status,
        "plek": outcome.plek,
        "omschrijving": "" if outcome.soort == "bevestigd" or outcome.quotes else outcome.omschrijving,
        "waarschuwing": outcome.waarschuwing,
    }
    (log.info if outcome.soort == "bevestigd" and not outcome.waarschuwing else log.warning)(
        "bericht_verzonden" if outcome.soort == "bevestigd" else "bericht_niet_aangekomen",
        applicatie=ontvanger.applicatie,
        organisatie=ontvanger.organisatie,
        actie=soort,
        referentienummer=referentienummer,
        soort=outcome.soort,
        duur_ms=round(outcome.took_s * 1000, 1),
        **{naam: waarde for naam, waarde in said.items() if waarde},
    )


# --- From a message that waits to one that is sent: its address and operation, by the inrichting of now

_FRESH_S: Final = 1.0  # largest age of the inrichting by which a message is sent


class SoapCourier:
    """Sends messages by the name of their receiver; for many threads, from entering to leaving."""

    def __init__(self, engine: Engine, source: InrichtingSource) -> None:
        self._engine = engine
        self._source = source
        self._sender = Sender(kenmerk(engine))
        self._lock = threading.Lock()
        self._latest: tuple[float, Inrichting] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, soort: type[BaseException] | None, error: BaseException | None, trail: TracebackType | None
    ) -> None:
        self._sender.close()

    def make_ready(self) -> None:
        """Read the inrichting when it may have changed. Raises the errors of reading it."""
        with self._lock:
            if self._latest is None or time.monotonic() - self._latest[0] >= _FRESH_S:
                with self._engine.connect() as connection:
                    inrichting = self._source.current(read_inrichting_versie(connection), connection)
                self._latest = time.monotonic(), inrichting

    def send(self, applicatie: str, soort: str, inhoud: bytes) -> Outcome:
        """Send a message of this operation; one to an unknown receiver may be sent when the inrichting is mended."""
        inrichting = self._inrichting()
        found = inrichting.ontvanger(applicatie)
        where = koppelvlak_of(soort)
        ontvanger = ontvanger_of(found, inrichting.gemeente.code, where) if found else None
        if ontvanger is None:
            what = "heeft geen adres" if found else "staat niet"
            return temporary(f"applicatie {applicatie} {what} in de inrichting")
        return self._sender.send(ontvanger, soort, inhoud)

    def process(self, connection: Connection, applicatie: str, waiting: Waiting, answer: etree._Element) -> None:
        """Process an answer that is a message by itself; faults of it are in the log."""
        process_prompt_answer(
            connection, self._inrichting(), applicatie, waiting.soort, waiting.referentienummer, answer
        )

    def _inrichting(self) -> Inrichting:
        if self._latest is None:
            self.make_ready()
        if self._latest is None:
            raise LookupError("no inrichting")
        return self._latest[1]
