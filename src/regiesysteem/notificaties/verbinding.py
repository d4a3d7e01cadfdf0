"""One HTTP POST to a receiver: bounded in time and size, over connections that stay open, past any proxy.

The timeout of requests holds for each read; here the clock of the whole exchange holds, so that a receiver that sends
one byte a second does not keep us longer. Looking up a name in DNS is the resolver's own time.
"""

import http.client
import io
import socket
import time
from collections.abc import Mapping
from contextlib import closing
from contextvars import ContextVar
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final, cast

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from regiesysteem.notificaties.ontvanger import Ontvanger

MAX_ANTWOORD: Final = 1_000_000
"""Bytes of an answer that are read, after decompression."""

_OPEN_HOUDEN: Final = 32


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

    def rest(self) -> float:
        """Seconds left. Raises TimeoutError when there are none."""
        over = self.uiterlijk - time.monotonic()
        if over <= 0:
            raise TimeoutError("timed out")
        return over


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
        self._sock.settimeout(self._uitwisseling.rest())
        return cast("int | None", self._ruw.readinto(buffer))

    def close(self) -> None:
        self._ruw.close()
        super().close()


class _HttpAntwoord(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **opties: Any) -> None:
        super().__init__(sock, *args, **opties)
        self.fp = io.BufferedReader(_Invoer(sock, self.fp.detach()))


class _Tijd:
    """A connection that looks at the clock of the exchange it is used for."""

    def connect(self) -> None:
        _GAANDE.get().nieuw = True
        super().connect()  # type: ignore[misc]

    def send(self, data: Any) -> None:
        if (sock := getattr(self, "sock", None)) is not None:
            sock.settimeout(_GAANDE.get().rest())
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
        self._vast: requests.PreparedRequest | None = None
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

    def post(self, inhoud: bytes, headers: Mapping[str, str]) -> Antwoord:
        """Send a message and read the answer, whatever its status; a redirect is an answer.

        A connection that turns out to be closed since its last use is replaced once: the message has its
        referentienummer, so that a receiver that had it after all knows it again (StUF 03.01, 4.4).
        Raises AntwoordTeGroot, and what requests, urllib3 and the socket raise.
        """
        uitwisseling = _Uitwisseling(time.monotonic() + self._ontvanger.timeout_s)
        merk = _GAANDE.set(uitwisseling)
        try:
            return self._post(inhoud, headers)
        except requests.ConnectionError:
            if uitwisseling.nieuw or uitwisseling.uiterlijk <= time.monotonic():
                raise
            self._adapter.close()
            return self._post(inhoud, headers)
        finally:
            _GAANDE.reset(merk)

    def _post(self, inhoud: bytes, headers: Mapping[str, str]) -> Antwoord:
        verzoek = self._verzoek().copy()
        verzoek.headers.update(headers)
        verzoek.prepare_body(inhoud, None)
        antwoord = self.sessie.send(
            verzoek, timeout=self._ontvanger.timeout_s, allow_redirects=False, stream=True, proxies={}
        )
        with closing(antwoord):
            gelezen = antwoord.raw.read(MAX_ANTWOORD + 1, decode_content=True)
        if len(gelezen) > MAX_ANTWOORD:
            raise AntwoordTeGroot
        return Antwoord(antwoord.status_code, antwoord.headers, gelezen)

    def _verzoek(self) -> requests.PreparedRequest:
        """What all requests have in common, made once: that takes requests longer than sending one."""
        if self._vast is None:
            leeg = requests.Request("POST", self._ontvanger.adres, headers={"Accept-Encoding": "identity"})
            self._vast = self.sessie.prepare_request(leeg)
        return self._vast

    def sluit(self) -> None:
        """Close the connections that are not in use."""
        self.sessie.close()
