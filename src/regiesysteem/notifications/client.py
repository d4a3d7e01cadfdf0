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
from regiesysteem.inrichting.current import Inrichting, InrichtingBron
from regiesysteem.local import KENMERKKOP, is_deze_machine
from regiesysteem.logging_ import logger
from regiesysteem.notifications.outcome import (
    MAX_ANTWOORD,
    MAX_WACHT_S,
    STORINGEN,
    AntwoordTeGroot,
    Uitkomst,
    lees_antwoord,
    lees_leeg,
    lees_onleesbaar,
    reden_van,
    tijdelijk,
)
from regiesysteem.notifications.queue import Wachtend
from regiesysteem.notifications.receiver import Ontvanger, actie_van, koppelvlak_van, ontvanger_van
from regiesysteem.notifications.transfers import verwerk_dadelijk_antwoord
from regiesysteem.stuf.namespaces import STUF
from regiesysteem.stuf.xml import OnleesbareXML, ontleed, ontleed_eigen, serialiseer
from regiesysteem.zakenmagazijn.messages import lees_inrichting_versie

# --- One HTTP POST to a receiver: bounded in time and size, over connections that stay open, past any proxy

_OPEN_HOUDEN: Final = 32
_SPELING_S: Final = 0.05  # a socket may wait so much longer than the exchange: setting its timeout is a system call
_EIGEN_KOP: Final = {"User-Agent": "Regiesysteem", "Accept-Encoding": "identity"}


@dataclass(frozen=True)
class Reply:
    """An answer as it came; the names are those that zeep asks for."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes
    encoding: str | None = None


@dataclass
class _Uitwisseling:
    """An exchange under way: its deadline (monotonic), and whether it made its own connection."""

    uiterlijk: float
    nieuw: bool = False

    def begrens(self, sock: socket.socket) -> None:
        """Let a socket wait no longer than the remaining time. Raises TimeoutError when there is none."""
        over = self.uiterlijk - time.monotonic()
        if over <= 0:
            raise TimeoutError("timed out")
        ingesteld = sock.gettimeout()
        if ingesteld is None or not 0 <= ingesteld - over < _SPELING_S:
            sock.settimeout(over)


_GAANDE: ContextVar[_Uitwisseling] = ContextVar("uitwisseling")


class _Invoer(io.RawIOBase):
    """The bytes from a socket, as long as the exchange may take."""

    def __init__(self, sock: socket.socket, ruw: io.RawIOBase) -> None:
        super().__init__()
        self._sock = sock
        self._ruw = ruw
        self._uitwisseling = _GAANDE.get()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        self._uitwisseling.begrens(self._sock)
        return cast("int | None", self._ruw.readinto(buffer))

    def close(self) -> None:
        self._ruw.close()
        super().close()


class _HttpAntwoord(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **opties: Any) -> None:
        super().__init__(sock, *args, **opties)
        self.fp = io.BufferedReader(_Invoer(sock, self.fp.detach()))


class _Tijd:
    """A connection that looks at the clock of the exchange it is used for, and writes a request at once."""

    _delen: list[bytes] | None = None

    def connect(self) -> None:
        _GAANDE.get().nieuw = True
        super().connect()  # type: ignore[misc]

    def request(self, *args: Any, **opties: Any) -> None:
        self._delen = []
        try:
            super().request(*args, **opties)  # type: ignore[misc]
        finally:
            delen, self._delen = self._delen, None
        if getattr(self, "sock", None) is None:
            self.connect()  # first, so that its time counts for the rest
        self.send(b"".join(delen))

    def send(self, data: Any) -> None:
        if self._delen is not None:
            self._delen.append(data)
            return
        if (sock := getattr(self, "sock", None)) is not None:
            _GAANDE.get().begrens(sock)
        super().send(data)  # type: ignore[misc]


class _Verbinding(_Tijd, HTTPConnection):
    """Plain HTTP."""

    response_class = _HttpAntwoord


class _TlsVerbinding(_Tijd, HTTPSConnection):
    """HTTP over TLS."""

    response_class = _HttpAntwoord


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Verbinding


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsVerbinding


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **opties: Any) -> None:
        super().init_poolmanager(*args, **opties)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


class Lijn:
    """The connections to one receiver; for many threads."""

    def __init__(self, ontvanger: Ontvanger) -> None:
        self._ontvanger = ontvanger
        self._gemaakt: tuple[HTTPConnectionPool, str] | None = None
        self._adapter = _Adapter(pool_connections=1, pool_maxsize=_OPEN_HOUDEN)
        self.sessie = requests.Session()
        self.sessie.trust_env = False  # no proxies, no .netrc
        self.sessie.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.sessie.mount("http://", self._adapter)
        self.sessie.mount("https://", self._adapter)
        self.sessie.verify = ontvanger.ca or True
        if ontvanger.clientcertificaat:
            sleutel = ontvanger.clientsleutel or ontvanger.clientcertificaat
            self.sessie.cert = (ontvanger.clientcertificaat, sleutel)

    def post(self, inhoud: bytes, headers: dict[str, str]) -> Reply:
        """Send a message and read the answer, whatever its status; a redirect is an answer.

        A connection that turns out to be closed since its last use is replaced once: the message has its
        referentienummer, so that a receiver that got it recognises it (StUF 03.01, 4.4). Raises AntwoordTeGroot, and
        the errors of requests, urllib3 and the socket.
        """
        uitwisseling = _Uitwisseling(time.monotonic() + self._ontvanger.timeout_s)
        merk = _GAANDE.set(uitwisseling)
        try:
            return _lees(self._stuur(inhoud, headers, uitwisseling))
        finally:
            _GAANDE.reset(merk)

    def _stuur(self, inhoud: bytes, headers: dict[str, str], uitwisseling: _Uitwisseling) -> BaseHTTPResponse:
        """Send, and read the head of the answer."""
        try:
            return self._post(inhoud, headers)
        except (u3.ProtocolError, u3.ClosedPoolError, OSError):
            if uitwisseling.nieuw or uitwisseling.uiterlijk <= time.monotonic():
                raise
            self._vergeet()
            return self._post(inhoud, headers)

    def _post(self, inhoud: bytes, headers: dict[str, str]) -> BaseHTTPResponse:
        pool, pad = self._weg()
        return pool.urlopen(
            "POST",
            pad,
            body=inhoud,
            headers=_EIGEN_KOP | headers,
            redirect=False,
            assert_same_host=False,
            preload_content=False,
            decode_content=False,
            retries=False,
            timeout=self._ontvanger.timeout_s,
        )

    def _weg(self) -> tuple[HTTPConnectionPool, str]:
        """The pool of urllib3 and the path, made by requests once: its session takes longer than sending a message."""
        if self._gemaakt is None:
            verzoek = self.sessie.prepare_request(requests.Request("POST", self._ontvanger.adres))
            ca, eigen = cast("bool | str", self.sessie.verify), cast("tuple[str, str] | None", self.sessie.cert)
            pool = self._adapter.get_connection_with_tls_context(verzoek, ca, proxies={}, cert=eigen)
            self._adapter.cert_verify(pool, verzoek.url, ca, eigen)  # type: ignore[no-untyped-call]
            self._gemaakt = cast("HTTPConnectionPool", pool), self._adapter.request_url(verzoek, {})
        return self._gemaakt

    def _vergeet(self) -> None:
        """Close all connections: the cause that closed one, such as a restart of the receiver, closed them all."""
        self._gemaakt = None
        self._adapter.close()

    def sluit(self) -> None:
        """Close the connections that are not in use."""
        self.sessie.close()


def _lees(antwoord: BaseHTTPResponse) -> Reply:
    """Read an answer. One that ends too early is no reason to send again at once: the receiver had the message."""
    try:
        gelezen = antwoord.read(MAX_ANTWOORD + 1, decode_content=True)
    finally:
        antwoord.close()  # an answer that was read to its end has released its connection already
    if len(gelezen) > MAX_ANTWOORD:
        raise AntwoordTeGroot
    return Reply(antwoord.status, antwoord.headers, gelezen)


# --- Sends a message to a receiver and gives the outcome

_WSDL: Final = Path(__file__).with_name("bezorging.wsdl")
_BINDING: Final = {
    "1.1": "{urn:regiesysteem:bezorging}SOAPBezorging",
    "1.2": "{urn:regiesysteem:bezorging}SOAP12Bezorging",
}
_REFERENTIENUMMER: Final = f"{{{STUF}}}referentienummer"
_WACHT_BIJ: Final = frozenset({429, 503})


@dataclass
class _Gesprek:
    """One message and its answer, with the tree of the answer when it has one."""

    actie: str
    element: etree._Element
    antwoord: Reply | None = None
    wortel: etree._Element | None = None


_GAANDE_VERZENDEN: ContextVar[_Gesprek] = ContextVar("gesprek")


class Verzender:
    """Sends messages to any number of receivers, from any number of threads; one per process.

    `kenmerk` is that of our database; a receiver on this machine gets it, and so knows which of several systems we are.
    """

    def __init__(self, kenmerk: str = "") -> None:
        self._kenmerk = kenmerk
        self._slot = threading.Lock()
        self._klanten: dict[tuple[str, str, str, str], _Klant] = {}

    def verzend(self, ontvanger: Ontvanger, actie: str, element: etree._Element) -> Uitkomst:
        """Send a message once; `actie` is its SOAPAction, `element` the content of the SOAP body (it stays yours).

        Every error of the receiver, or on the way to it, is in the Uitkomst; none is raised.
        """
        begin = time.monotonic()
        referentienummer = next((een.text or "" for een in element.iter(_REFERENTIENUMMER)), "")
        gesprek = _Gesprek(actie, element)
        merk = _GAANDE_VERZENDEN.set(gesprek)
        try:
            self._klant(ontvanger).verstuur()
            uitkomst = _lees_verzenden(gesprek, referentienummer)
        except STORINGEN as fout:
            uitkomst = tijdelijk(reden_van(fout, ontvanger))
        finally:
            _GAANDE_VERZENDEN.reset(merk)
        uitkomst = replace(uitkomst, duur_s=time.monotonic() - begin)
        _log(ontvanger, actie, referentienummer, uitkomst)
        return uitkomst

    def sluit(self) -> None:
        """Close all connections; the next message opens one again."""
        with self._slot:
            klanten, self._klanten = list(self._klanten.values()), {}
        for klant in klanten:
            klant.lijn.sluit()

    def _klant(self, ontvanger: Ontvanger) -> "_Klant":
        """The client of a receiver; a new one when the inrichting has changed its data."""
        with self._slot:
            klant = self._klanten.get(ontvanger.sleutel)
            if klant is not None and klant.ontvanger == ontvanger:
                return klant
            nieuw = self._klanten[ontvanger.sleutel] = _Klant(ontvanger, self._kenmerk)
        if klant is not None:
            klant.lijn.sluit()
        return nieuw


class _Klant:
    """zeep for one receiver."""

    def __init__(self, ontvanger: Ontvanger, kenmerk: str) -> None:
        self.ontvanger = ontvanger
        self.lijn = Lijn(ontvanger)
        client = zeep.Client(  # type: ignore[no-untyped-call]
            _wsdl(),
            transport=_Vervoer(ontvanger, self.lijn, kenmerk),
            plugins=[_Inhoud()],
            settings=zeep.Settings(forbid_dtd=True, forbid_external=True),
        )
        self._dienst = client.create_service(_BINDING[ontvanger.soap], ontvanger.adres)  # type: ignore[no-untyped-call]

    def verstuur(self) -> None:
        """Send the message under way. An answer that zeep cannot read, or takes for a fault, raises nothing."""
        try:
            self._dienst.bezorg()
        except Exception:
            # zeep raises anything over an odd answer; the answer itself is in the conversation, and it counts.
            if _GAANDE_VERZENDEN.get().antwoord is None:
                raise


class _Inhoud(Plugin):
    """Puts our own element in the body that zeep leaves empty, and keeps the tree that zeep made of the answer."""

    def egress(
        self, envelope: etree._Element, http_headers: dict[str, str], _operation: Any, _opties: Any
    ) -> tuple[etree._Element, dict[str, str]]:
        gesprek = _GAANDE_VERZENDEN.get()
        envelope[-1].append(copy.deepcopy(gesprek.element))
        http_headers["SOAPAction"] = f'"{gesprek.actie}"'
        if http_headers["Content-Type"].startswith("application/soap+xml"):
            http_headers["Content-Type"] = f'application/soap+xml; charset=utf-8; action="{gesprek.actie}"'
        return envelope, http_headers

    def ingress(
        self, envelope: etree._Element, http_headers: Mapping[str, str], _operation: Any
    ) -> tuple[etree._Element, Mapping[str, str]]:
        _GAANDE_VERZENDEN.get().wortel = envelope
        return envelope, http_headers


class _Vervoer(Transport):
    """zeep's transport over our own connections; it logs no messages and loads nothing."""

    def __init__(self, ontvanger: Ontvanger, lijn: Lijn, kenmerk: str) -> None:
        super().__init__(session=lijn.sessie)  # type: ignore[no-untyped-call]
        self._ontvanger = ontvanger
        self._lijn = lijn
        self._koppen = {KENMERKKOP: kenmerk} if kenmerk and is_deze_machine(ontvanger.adres) else {}

    def post(self, _address: str, message: bytes, headers: dict[str, str]) -> Reply:
        headers = {**headers, **self._koppen}
        if aanmelding := self._ontvanger.aanmelding():
            headers = {**headers, "Authorization": aanmelding}
        antwoord = _in_utf8(self._lijn.post(message, headers))
        _GAANDE_VERZENDEN.get().antwoord = antwoord
        # zeep takes all but 200 for a fault; a 202 with a Bv03 is none.
        return replace(antwoord, status_code=200) if 200 < antwoord.status_code < 300 and antwoord.content else antwoord


@cache
def _wsdl() -> Any:
    """The WSDL as zeep has it, read once per process."""
    return zeep.wsdl.Document(str(_WSDL), Transport(), settings=zeep.Settings(forbid_external=True))  # type: ignore[no-untyped-call, arg-type]


def _lees_verzenden(gesprek: _Gesprek, referentienummer: str) -> Uitkomst:
    antwoord = gesprek.antwoord
    if antwoord is None:
        return tijdelijk("er kwam geen antwoord")
    if not antwoord.content.strip():
        uitkomst = lees_leeg(antwoord.status_code)
    elif gesprek.wortel is None:
        uitkomst = lees_onleesbaar(antwoord.status_code)
    else:
        uitkomst = lees_antwoord(antwoord.status_code, gesprek.wortel, referentienummer)
    return replace(uitkomst, wacht_s=_wacht(antwoord))


def _in_utf8(antwoord: Reply) -> Reply:
    """The answer in the form that zeep reads: from its XML declaration on, in the encoding of its header.

    The charset of the Content-Type goes before the declaration, a byte order mark before both (RFC 7303, 3.2).
    """
    kop = Message()
    kop["Content-Type"] = antwoord.headers.get("Content-Type", "")
    charset = kop.get_content_charset()
    begin = antwoord.content[:100].lower()
    gewoon = charset is None or (charset == "utf-8" and (b"encoding" not in begin or b"utf-8" in begin))
    if kop.get_content_maintype() == "multipart" or (gewoon and begin.startswith(b"<")):
        return antwoord
    bom = antwoord.content.startswith(codecs.BOM_UTF8)
    inhoud = antwoord.content.removeprefix(codecs.BOM_UTF8).lstrip()
    for genoemd in dict.fromkeys(("utf-8" if bom else charset, None)):
        with suppress(OnleesbareXML):
            return replace(antwoord, content=serialiseer(ontleed(inhoud, genoemd)))
    return antwoord


def _wacht(antwoord: Reply) -> float | None:
    """The seconds that the receiver asks us to wait: a number, or a moment by its own clock (RFC 9110, 10.2.3)."""
    if antwoord.status_code not in _WACHT_BIJ:
        return None
    gevraagd = antwoord.headers.get("Retry-After", "").strip()
    if gevraagd.isascii() and gevraagd.isdigit():
        return min(float(gevraagd[:9]), MAX_WACHT_S)
    if (moment := _moment(gevraagd)) is None:
        return None
    nu = _moment(antwoord.headers.get("Date", "")) or datetime.now(UTC)
    return min(max((moment - nu).total_seconds(), 0.0), MAX_WACHT_S)


def _moment(tekst: str) -> datetime | None:
    """A date of HTTP, which is in UTC; None for another text."""
    try:
        moment = parsedate_to_datetime(tekst)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _log(ontvanger: Ontvanger, actie: str, referentienummer: str, uitkomst: Uitkomst) -> None:
    log = logger()
    gezegd = {
        "berichtcode": uitkomst.berichtcode,
        "code": uitkomst.code,
        "http_status": uitkomst.http_status,
        "plek": uitkomst.plek,
        "omschrijving": "" if uitkomst.soort == "bevestigd" or uitkomst.citeert else uitkomst.omschrijving,
        "waarschuwing": uitkomst.waarschuwing,
    }
    (log.info if uitkomst.soort == "bevestigd" and not uitkomst.waarschuwing else log.warning)(
        "bericht_verzonden" if uitkomst.soort == "bevestigd" else "bericht_niet_aangekomen",
        applicatie=ontvanger.applicatie,
        organisatie=ontvanger.organisatie,
        actie=actie.rpartition("/")[2],
        referentienummer=referentienummer,
        soort=uitkomst.soort,
        duur_ms=round(uitkomst.duur_s * 1000, 1),
        **{naam: waarde for naam, waarde in gezegd.items() if waarde},
    )


# --- From a message that waits to one that is sent: its address and operation, by the inrichting of now

_VERS_S: Final = 1.0  # largest age of the inrichting by which a message is sent


class Verzendkamer:
    """Sends messages by the name of their receiver; for many threads, from entering to leaving."""

    def __init__(self, motor: Engine, bron: InrichtingBron) -> None:
        self._motor = motor
        self._bron = bron
        self._verzender = Verzender(kenmerk(motor))
        self._slot = threading.Lock()
        self._gelezen: tuple[float, Inrichting] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, soort: type[BaseException] | None, fout: BaseException | None, spoor: TracebackType | None
    ) -> None:
        self._verzender.sluit()

    def maak_gereed(self) -> None:
        """Read the inrichting when it may have changed. Raises the errors of reading it."""
        with self._slot:
            if self._gelezen is None or time.monotonic() - self._gelezen[0] >= _VERS_S:
                with self._motor.connect() as verbinding:
                    inrichting = self._bron.actueel(lees_inrichting_versie(verbinding), verbinding)
                self._gelezen = time.monotonic(), inrichting

    def verzend(self, applicatie: str, soort: str, inhoud: bytes) -> Uitkomst:
        """Send a message of this operation; one to an unknown receiver may be sent when the inrichting is mended."""
        inrichting = self._inrichting()
        gevonden = inrichting.ontvanger(applicatie)
        waar = koppelvlak_van(soort)
        ontvanger = ontvanger_van(gevonden, inrichting.gemeente.code, waar) if gevonden else None
        if ontvanger is None:
            wat = "heeft geen adres" if gevonden else "staat niet"
            return tijdelijk(f"applicatie {applicatie} {wat} in de inrichting")
        return self._verzender.verzend(ontvanger, actie_van(soort), ontleed_eigen(inhoud))

    def verwerk(self, verbinding: Connection, applicatie: str, wachtend: Wachtend, antwoord: etree._Element) -> None:
        """Process an answer that is a message by itself; faults of it are in the log."""
        verwerk_dadelijk_antwoord(
            verbinding, self._inrichting(), applicatie, wachtend.soort, wachtend.referentienummer, antwoord
        )

    def _inrichting(self) -> Inrichting:
        if self._gelezen is None:
            self.maak_gereed()
        if self._gelezen is None:
            raise LookupError("no inrichting")
        return self._gelezen[1]
