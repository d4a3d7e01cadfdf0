"""The front door: takes a request in whole, within bounds of size and time, and only then lets a thread work on it.

A WSGI server gives a thread to a client who has yet to send his message, so a few clients who never finish would hold
them all. Here such clients wait in an event loop and cost a few kilobytes.
"""

import asyncio
import contextvars
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any

from regiesysteem.logboek import logger

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

Scope = MutableMapping[str, Any]
Ontvang = Callable[[], Awaitable[MutableMapping[str, Any]]]
Zend = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Antwoord = tuple[int, list[tuple[bytes, bytes]], bytes]

_IN_GEHEUGEN = 1024 * 1024  # bytes of a message; what is larger waits in a temporary file
_MIN_SNELHEID = 16 * 1024  # bytes per second that a sender of a large message must reach on average
_TOEZICHT = frozenset({"/healthz", "/readyz", "/metrics"})
_TEKST = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
_TE_LANGZAAM: Antwoord = (408, _TEKST, b"Het bericht is niet op tijd volledig ontvangen.\n")
_STORING: Antwoord = (500, _TEKST, b"Er is een storing; zie het logboek.\n")


class TeLangzaam(Exception):
    """The sender takes too long over his message."""


class Afgebroken(Exception):
    """The sender went away before his message was complete: there is nobody to answer."""


class Voordeur:
    """An ASGI application around a WSGI application.

    `max_bytes` bounds the body: the application gets a larger one without its content, to refuse it by CONTENT_LENGTH.
    `threads` requests are worked on at a time, the others wait. `lees_timeout` is in seconds.
    """

    def __init__(self, app: "WSGIApplication", *, threads: int, max_bytes: int, lees_timeout: float) -> None:
        """Keep the application with its threads; they start when there is work."""
        self._app = app
        self._max_bytes = max_bytes
        self._lees_timeout = lees_timeout
        self._werk = ThreadPoolExecutor(threads, thread_name_prefix="bericht")
        # Health is asked after most when all the others wait on something.
        self._toezicht = ThreadPoolExecutor(2, thread_name_prefix="toezicht")

    async def __call__(self, scope: Scope, receive: Ontvang, send: Zend) -> None:
        """Handle one HTTP request; other protocols are not spoken here."""
        if scope["type"] != "http":
            return
        with SpooledTemporaryFile(max_size=_IN_GEHEUGEN) as inhoud:
            try:
                lengte = await self._neem_aan(scope, receive, inhoud)
            except Afgebroken:
                return
            except TeLangzaam:
                await _stuur(send, _TE_LANGZAAM)
                return
            environ = _environ(scope, inhoud, lengte)
            draden = self._toezicht if scope["path"] in _TOEZICHT else self._werk
            # A context of its own: what a request binds for its log lines ends with it.
            werk = contextvars.Context().run
            lus = asyncio.get_running_loop()
            await _stuur(send, await lus.run_in_executor(draden, werk, self._antwoord, environ))

    async def _neem_aan(self, scope: Scope, receive: Ontvang, inhoud: IO[bytes]) -> int:
        """Read the body into `inhoud` and give its length; of one that is too large only the length, and no content."""
        aangekondigd = _content_length(scope)
        if aangekondigd > self._max_bytes:
            return aangekondigd
        begin = time.monotonic()
        gelezen = 0
        while True:
            over = self._lees_timeout + gelezen / _MIN_SNELHEID - (time.monotonic() - begin)
            try:
                async with asyncio.timeout(over):
                    deel = await receive()
            except TimeoutError:
                raise TeLangzaam from None
            if deel["type"] == "http.disconnect":
                raise Afgebroken
            gelezen += inhoud.write(deel.get("body", b""))
            if gelezen > self._max_bytes:
                inhoud.truncate(0)
                inhoud.seek(0)
                return gelezen
            if not deel.get("more_body", False):
                break
        if gelezen < aangekondigd:
            raise Afgebroken
        inhoud.seek(0)
        return gelezen

    def _antwoord(self, environ: dict[str, Any]) -> Antwoord:
        """Call the WSGI application, in a thread, and give its whole answer."""
        status, kop = 500, list[tuple[bytes, bytes]]()

        def start_response(regel: str, headers: Iterable[tuple[str, str]], _exc_info: object = None) -> Any:
            nonlocal status, kop
            status = int(regel.split(" ", 1)[0])
            kop = [(naam.lower().encode("latin-1"), waarde.encode("latin-1")) for naam, waarde in headers]

        try:
            delen = self._app(environ, start_response)
            try:
                inhoud = b"".join(delen)
            finally:
                sluit = getattr(delen, "close", None)
                if sluit is not None:
                    sluit()
        except Exception:  # noqa: BLE001 - the last net: the server goes on with the next request
            logger().exception("onverwachte_fout", pad=environ["PATH_INFO"])
            return _STORING
        return status, kop, inhoud


async def _stuur(send: Zend, antwoord: Antwoord) -> None:
    status, kop, inhoud = antwoord
    await send({"type": "http.response.start", "status": status, "headers": kop})
    await send({"type": "http.response.body", "body": inhoud})


def _content_length(scope: Scope) -> int:
    waarde = next((waarde for naam, waarde in scope["headers"] if naam == b"content-length"), b"0")
    return int(waarde) if waarde.isdigit() else 0


def _environ(scope: Scope, inhoud: IO[bytes], lengte: int) -> dict[str, Any]:
    """Describe the request as PEP 3333 asks."""
    machine, poort = scope.get("server") or ("localhost", None)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": machine,
        "SERVER_PORT": str(poort or 80),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": (scope.get("client") or ("",))[0],
        "CONTENT_LENGTH": str(lengte),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": inhoud,
        "wsgi.input_terminated": True,
        "wsgi.errors": _Foutenstroom(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for ruwe_naam, ruwe_waarde in scope["headers"]:
        naam = ruwe_naam.decode("latin-1").upper().replace("-", "_")
        waarde = ruwe_waarde.decode("latin-1")
        if naam == "CONTENT_TYPE":
            environ[naam] = waarde
        elif naam != "CONTENT_LENGTH":
            sleutel = f"HTTP_{naam}"
            environ[sleutel] = f"{environ[sleutel]},{waarde}" if sleutel in environ else waarde
    return environ


class _Foutenstroom:
    """What a WSGI application writes to `wsgi.errors` becomes a log line."""

    def write(self, tekst: str) -> int:
        if tekst.strip():
            logger().error("wsgi_errors", tekst=tekst.rstrip())
        return len(tekst)

    def writelines(self, teksten: Iterable[str]) -> None:
        for tekst in teksten:
            self.write(tekst)

    def flush(self) -> None:
        """Every line is out already."""
