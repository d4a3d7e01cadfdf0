"""One HTTP POST to a receiver: bounded in time and size, over connections that stay open, past any proxy.

The timeout of requests holds for each read; here the clock of the whole exchange holds, so that a receiver that sends
one byte a second does not keep us longer. Looking up a name in DNS is the resolver's own time.
"""

import http.client
import io
import socket
import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final, cast

import requests
import urllib3.exceptions as u3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.response import BaseHTTPResponse

from regiesysteem.notificaties.ontvanger import Ontvanger

MAX_ANTWOORD: Final = 1_000_000
"""Bytes of an answer that are read, after decompression."""

_OPEN_HOUDEN: Final = 32
_SPELING_S: Final = 0.05  # a socket may wait so much longer than the exchange may last: setting it is a system call
_EIGEN_KOP: Final = {"User-Agent": "Regiesysteem", "Accept-Encoding": "identity"}


class AntwoordTeGroot(Exception):
    """The answer has more than MAX_ANTWOORD bytes; the rest was not read."""


@dataclass(frozen=True)
class Antwoord:
    """An answer as it came; the names are those that zeep asks for."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes
    encoding: str | None = None


@dataclass
class _Uitwisseling:
    """An exchange under way: when it must be over (monotonic), and whether it made its own connection."""

    uiterlijk: float
    nieuw: bool = False

    def begrens(self, sock: socket.socket) -> None:
        """Let a socket wait no longer than what is left. Raises TimeoutError when there is nothing."""
        over = self.uiterlijk - time.monotonic()
        if over <= 0:
            raise TimeoutError("timed out")
        ingesteld = sock.gettimeout()
        if ingesteld is None or not 0 <= ingesteld - over < _SPELING_S:
            sock.settimeout(over)


_GAANDE: ContextVar[_Uitwisseling] = ContextVar("uitwisseling")


class _Invoer(io.RawIOBase):
    """What comes from a socket, as long as the exchange may take."""

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
            self.connect()  # first, so that what it took counts for what follows
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

    def post(self, inhoud: bytes, headers: dict[str, str]) -> Antwoord:
        """Send a message and read the answer, whatever its status; a redirect is an answer.

        A connection that turns out to be closed since its last use is replaced once: the message has its
        referentienummer, so that a receiver that had it after all knows it again (StUF 03.01, 4.4).
        Raises AntwoordTeGroot, and what requests, urllib3 and the socket raise.
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
        """Close what connections there are: what closed one, such as a restart of the receiver, closed them all."""
        self._gemaakt = None
        self._adapter.close()

    def sluit(self) -> None:
        """Close the connections that are not in use."""
        self.sessie.close()


def _lees(antwoord: BaseHTTPResponse) -> Antwoord:
    """Read an answer. One that ends too early is no reason to send again at once: the receiver had the message."""
    try:
        gelezen = antwoord.read(MAX_ANTWOORD + 1, decode_content=True)
    finally:
        antwoord.close()  # what was read to its end has let go of its connection already
    if len(gelezen) > MAX_ANTWOORD:
        raise AntwoordTeGroot
    return Antwoord(antwoord.status, antwoord.headers, gelezen)
