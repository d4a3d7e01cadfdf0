"""Sends a message to a receiver: the HTTP connection, SOAP by zeep, and the address by the inrichting of now."""

import codecs
import copy
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
from email.message import Message
from email.utils import parsedate_to_datetime
from functools import cache
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, cast

import requests
import urllib3.exceptions as u3
import zeep
from lxml import etree
from requests.adapters import HTTPAdapter
from sqlalchemy import Connection, Engine
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.response import BaseHTTPResponse
from zeep.plugins import Plugin
from zeep.transports import Transport

from regiesysteem.db import kenmerk
from regiesysteem.inrichting.current import Inrichting, InrichtingSource
from regiesysteem.local import KENMERKKOP, is_this_machine
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
from regiesysteem.notifications.receiver import Ontvanger, actie_of, koppelvlak_of, ontvanger_of
from regiesysteem.notifications.transfers import process_prompt_answer
from regiesysteem.stuf.namespaces import STUF
from regiesysteem.stuf.xml import UnreadableXml, parse, parse_own, serialise
from regiesysteem.zakenmagazijn.messages import read_inrichting_versie

# --- One HTTP POST to a receiver: bounded in time and size, over connections that stay open, past any proxy

_KEEP_OPEN: Final = 32
_SLACK_S: Final = 0.05  # a socket may wait so much longer than the exchange: setting its timeout is a system call
_OWN_HEADERS: Final = {"User-Agent": "Regiesysteem", "Accept-Encoding": "identity"}


@dataclass(frozen=True)
class Reply:
    """An answer as it came; the names are those that zeep asks for."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes
    encoding: str | None = None


@dataclass
class _Exchange:
    """An exchange under way: its deadline (monotonic), and whether it made its own connection."""

    uiterlijk: float
    nieuw: bool = False

    def bound(self, sock: socket.socket) -> None:
        """Let a socket wait no longer than the remaining time. Raises TimeoutError when there is none."""
        over = self.uiterlijk - time.monotonic()
        if over <= 0:
            raise TimeoutError("timed out")
        configured = sock.gettimeout()
        if configured is None or not 0 <= configured - over < _SLACK_S:
            sock.settimeout(over)


_ONGOING: ContextVar[_Exchange] = ContextVar("uitwisseling")


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


class _Tijd:
    """A connection that looks at the clock of the exchange it is used for, and writes a request at once."""

    _parts: list[bytes] | None = None

    def connect(self) -> None:
        _ONGOING.get().nieuw = True
        super().connect()  # type: ignore[misc]

    def request(self, *args: Any, **options: Any) -> None:
        self._parts = []
        try:
            super().request(*args, **options)  # type: ignore[misc]
        finally:
            parts, self._parts = self._parts, None
        if getattr(self, "sock", None) is None:
            self.connect()  # first, so that its time counts for the rest
        self.send(b"".join(parts))

    def send(self, data: Any) -> None:
        if self._parts is not None:
            self._parts.append(data)
            return
        if (sock := getattr(self, "sock", None)) is not None:
            _ONGOING.get().bound(sock)
        super().send(data)  # type: ignore[misc]


class _Connection(_Tijd, HTTPConnection):
    """Plain HTTP."""

    response_class = _HttpAnswer


class _TlsConnection(_Tijd, HTTPSConnection):
    """HTTP over TLS."""

    response_class = _HttpAnswer


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


class Line:
    """The connections to one receiver; for many threads."""

    def __init__(self, ontvanger: Ontvanger) -> None:
        self._ontvanger = ontvanger
        self._made: tuple[HTTPConnectionPool, str] | None = None
        self._adapter = _Adapter(pool_connections=1, pool_maxsize=_KEEP_OPEN)
        self.session = requests.Session()
        self.session.trust_env = False  # no proxies, no .netrc
        self.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.session.mount("http://", self._adapter)
        self.session.mount("https://", self._adapter)
        self.session.verify = ontvanger.ca or True
        if ontvanger.clientcertificaat:
            sleutel = ontvanger.clientsleutel or ontvanger.clientcertificaat
            self.session.cert = (ontvanger.clientcertificaat, sleutel)

    def post(self, inhoud: bytes, headers: dict[str, str]) -> Reply:
        """Send a message and read the answer, whatever its status; a redirect is an answer.

        A connection that turns out to be closed since its last use is replaced once: the message has its
        referentienummer, so that a receiver that got it recognises it (StUF 03.01, 4.4). Raises AnswerTooLarge, and
        the errors of requests, urllib3 and the socket.
        """
        exchange = _Exchange(time.monotonic() + self._ontvanger.timeout_s)
        mark = _ONGOING.set(exchange)
        try:
            return _read(self._send(inhoud, headers, exchange))
        finally:
            _ONGOING.reset(mark)

    def _send(self, inhoud: bytes, headers: dict[str, str], exchange: _Exchange) -> BaseHTTPResponse:
        """Send, and read the head of the answer."""
        try:
            return self._post(inhoud, headers)
        except (u3.ProtocolError, u3.ClosedPoolError, OSError):
            if exchange.nieuw or exchange.uiterlijk <= time.monotonic():
                raise
            self._forget()
            return self._post(inhoud, headers)

    def _post(self, inhoud: bytes, headers: dict[str, str]) -> BaseHTTPResponse:
        pool, path = self._route()
        return pool.urlopen(
            "POST",
            path,
            body=inhoud,
            headers=_OWN_HEADERS | headers,
            redirect=False,
            assert_same_host=False,
            preload_content=False,
            decode_content=False,
            retries=False,
            timeout=self._ontvanger.timeout_s,
        )

    def _route(self) -> tuple[HTTPConnectionPool, str]:
        """The pool of urllib3 and the path, made by requests once: its session takes longer than sending a message."""
        if self._made is None:
            request = self.session.prepare_request(requests.Request("POST", self._ontvanger.adres))
            ca, own = cast("bool | str", self.session.verify), cast("tuple[str, str] | None", self.session.cert)
            pool = self._adapter.get_connection_with_tls_context(request, ca, proxies={}, cert=own)
            self._adapter.cert_verify(pool, request.url, ca, own)  # type: ignore[no-untyped-call]
            self._made = cast("HTTPConnectionPool", pool), self._adapter.request_url(request, {})
        return self._made

    def _forget(self) -> None:
        """Close all connections: the cause that closed one, such as a restart of the receiver, closed them all."""
        self._made = None
        self._adapter.close()

    def close(self) -> None:
        """Close the connections that are not in use."""
        self.session.close()


def _read(answer: BaseHTTPResponse) -> Reply:
    """Read an answer. One that ends too early is no reason to send again at once: the receiver had the message."""
    try:
        parsed = answer.read(MAX_ANSWER + 1, decode_content=True)
    finally:
        answer.close()  # an answer that was read to its end has released its connection already
    if len(parsed) > MAX_ANSWER:
        raise AnswerTooLarge
    return Reply(answer.status, answer.headers, parsed)


# --- Sends a message to a receiver and gives the outcome

_WSDL: Final = Path(__file__).with_name("bezorging.wsdl")
_BINDING: Final = {
    "1.1": "{urn:regiesysteem:bezorging}SOAPBezorging",
    "1.2": "{urn:regiesysteem:bezorging}SOAP12Bezorging",
}
_REFERENTIENUMMER: Final = f"{{{STUF}}}referentienummer"
_WAIT_AT: Final = frozenset({429, 503})


@dataclass
class _Conversation:
    """One message and its answer, with the tree of the answer when it has one."""

    actie: str
    element: etree._Element
    antwoord: Reply | None = None
    root: etree._Element | None = None


_ONGOING_SEND: ContextVar[_Conversation] = ContextVar("gesprek")


class Sender:
    """Sends messages to any number of receivers, from any number of threads; one per process.

    `kenmerk` is that of our database; a receiver on this machine gets it, and so knows which of several systems we are.
    """

    def __init__(self, kenmerk: str = "") -> None:
        self._kenmerk = kenmerk
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, str, str, str], _Client] = {}

    def send(self, ontvanger: Ontvanger, actie: str, element: etree._Element) -> Outcome:
        """Send a message once; `actie` is its SOAPAction, `element` the content of the SOAP body (it stays yours).

        Every error of the receiver, or on the way to it, is in the Uitkomst; none is raised.
        """
        begin = time.monotonic()
        referentienummer = next((one.text or "" for one in element.iter(_REFERENTIENUMMER)), "")
        conversation = _Conversation(actie, element)
        mark = _ONGOING_SEND.set(conversation)
        try:
            self._client(ontvanger).send()
            outcome = _read_send(conversation, referentienummer)
        except FAILURES as error:
            outcome = temporary(reason_of(error, ontvanger))
        finally:
            _ONGOING_SEND.reset(mark)
        outcome = replace(outcome, duur_s=time.monotonic() - begin)
        _log(ontvanger, actie, referentienummer, outcome)
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
    """zeep for one receiver."""

    def __init__(self, ontvanger: Ontvanger, kenmerk: str) -> None:
        self.ontvanger = ontvanger
        self.line = Line(ontvanger)
        client = zeep.Client(  # type: ignore[no-untyped-call]
            _wsdl(),
            transport=_Transport(ontvanger, self.line, kenmerk),
            plugins=[_Inhoud()],
            settings=zeep.Settings(forbid_dtd=True, forbid_external=True),
        )
        self._dienst = client.create_service(_BINDING[ontvanger.soap], ontvanger.adres)  # type: ignore[no-untyped-call]

    def send(self) -> None:
        """Send the message under way. An answer that zeep cannot read, or takes for a fault, raises nothing."""
        try:
            self._dienst.bezorg()
        except Exception:
            # zeep raises anything over an odd answer; the answer itself is in the conversation, and it counts.
            if _ONGOING_SEND.get().antwoord is None:
                raise


class _Inhoud(Plugin):
    """Puts our own element in the body that zeep leaves empty, and keeps the tree that zeep made of the answer."""

    def egress(
        self, envelope: etree._Element, http_headers: dict[str, str], _operation: Any, _options: Any
    ) -> tuple[etree._Element, dict[str, str]]:
        conversation = _ONGOING_SEND.get()
        envelope[-1].append(copy.deepcopy(conversation.element))
        http_headers["SOAPAction"] = f'"{conversation.actie}"'
        if http_headers["Content-Type"].startswith("application/soap+xml"):
            http_headers["Content-Type"] = f'application/soap+xml; charset=utf-8; action="{conversation.actie}"'
        return envelope, http_headers

    def ingress(
        self, envelope: etree._Element, http_headers: Mapping[str, str], _operation: Any
    ) -> tuple[etree._Element, Mapping[str, str]]:
        _ONGOING_SEND.get().root = envelope
        return envelope, http_headers


class _Transport(Transport):
    """zeep's transport over our own connections; it logs no messages and loads nothing."""

    def __init__(self, ontvanger: Ontvanger, line: Line, kenmerk: str) -> None:
        super().__init__(session=line.session)  # type: ignore[no-untyped-call]
        self._ontvanger = ontvanger
        self._line = line
        self._heads = {KENMERKKOP: kenmerk} if kenmerk and is_this_machine(ontvanger.adres) else {}

    def post(self, _address: str, message: bytes, headers: dict[str, str]) -> Reply:
        headers = {**headers, **self._heads}
        if aanmelding := self._ontvanger.aanmelding():
            headers = {**headers, "Authorization": aanmelding}
        answer = _in_utf8(self._line.post(message, headers))
        _ONGOING_SEND.get().antwoord = answer
        # zeep takes all but 200 for a fault; a 202 with a Bv03 is none.
        return replace(answer, status_code=200) if 200 < answer.status_code < 300 and answer.content else answer


@cache
def _wsdl() -> Any:
    """The WSDL as zeep has it, read once per process."""
    return zeep.wsdl.Document(str(_WSDL), Transport(), settings=zeep.Settings(forbid_external=True))  # type: ignore[no-untyped-call, arg-type]


def _read_send(conversation: _Conversation, referentienummer: str) -> Outcome:
    answer = conversation.antwoord
    if answer is None:
        return temporary("er kwam geen antwoord")
    if not answer.content.strip():
        outcome = read_empty(answer.status_code)
    elif conversation.root is None:
        outcome = read_unreadable(answer.status_code)
    else:
        outcome = read_answer(answer.status_code, conversation.root, referentienummer)
    return replace(outcome, wacht_s=_wait(answer))


def _in_utf8(answer: Reply) -> Reply:
    """The answer in the form that zeep reads: from its XML declaration on, in the encoding of its header.

    The charset of the Content-Type goes before the declaration, a byte order mark before both (RFC 7303, 3.2).
    """
    head = Message()
    head["Content-Type"] = answer.headers.get("Content-Type", "")
    charset = head.get_content_charset()
    begin = answer.content[:100].lower()
    plain = charset is None or (charset == "utf-8" and (b"encoding" not in begin or b"utf-8" in begin))
    if head.get_content_maintype() == "multipart" or (plain and begin.startswith(b"<")):
        return answer
    bom = answer.content.startswith(codecs.BOM_UTF8)
    inhoud = answer.content.removeprefix(codecs.BOM_UTF8).lstrip()
    for named in dict.fromkeys(("utf-8" if bom else charset, None)):
        with suppress(UnreadableXml):
            return replace(answer, content=serialise(parse(inhoud, named)))
    return answer


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


def _log(ontvanger: Ontvanger, actie: str, referentienummer: str, outcome: Outcome) -> None:
    log = logger()
    said = {
        "berichtcode": outcome.berichtcode,
        "code": outcome.code,
        "http_status": outcome.http_status,
        "plek": outcome.plek,
        "omschrijving": "" if outcome.soort == "bevestigd" or outcome.citeert else outcome.omschrijving,
        "waarschuwing": outcome.waarschuwing,
    }
    (log.info if outcome.soort == "bevestigd" and not outcome.waarschuwing else log.warning)(
        "bericht_verzonden" if outcome.soort == "bevestigd" else "bericht_niet_aangekomen",
        applicatie=ontvanger.applicatie,
        organisatie=ontvanger.organisatie,
        actie=actie.rpartition("/")[2],
        referentienummer=referentienummer,
        soort=outcome.soort,
        duur_ms=round(outcome.duur_s * 1000, 1),
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
        self._parsed: tuple[float, Inrichting] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, soort: type[BaseException] | None, error: BaseException | None, trail: TracebackType | None
    ) -> None:
        self._sender.close()

    def make_ready(self) -> None:
        """Read the inrichting when it may have changed. Raises the errors of reading it."""
        with self._lock:
            if self._parsed is None or time.monotonic() - self._parsed[0] >= _FRESH_S:
                with self._engine.connect() as connection:
                    inrichting = self._source.current(read_inrichting_versie(connection), connection)
                self._parsed = time.monotonic(), inrichting

    def send(self, applicatie: str, soort: str, inhoud: bytes) -> Outcome:
        """Send a message of this operation; one to an unknown receiver may be sent when the inrichting is mended."""
        inrichting = self._inrichting()
        found = inrichting.ontvanger(applicatie)
        where = koppelvlak_of(soort)
        ontvanger = ontvanger_of(found, inrichting.gemeente.code, where) if found else None
        if ontvanger is None:
            what = "heeft geen adres" if found else "staat niet"
            return temporary(f"applicatie {applicatie} {what} in de inrichting")
        return self._sender.send(ontvanger, actie_of(soort), parse_own(inhoud))

    def process(self, connection: Connection, applicatie: str, waiting: Waiting, answer: etree._Element) -> None:
        """Process an answer that is a message by itself; faults of it are in the log."""
        process_prompt_answer(
            connection, self._inrichting(), applicatie, waiting.soort, waiting.referentienummer, answer
        )

    def _inrichting(self) -> Inrichting:
        if self._parsed is None:
            self.make_ready()
        if self._parsed is None:
            raise LookupError("no inrichting")
        return self._parsed[1]
