"""The front door: takes a request in whole, within bounds of size and time, and only then lets a thread work on it.

A WSGI server gives a thread to a client who has yet to send his message, so a few clients who never finish would hold
them all. Here such clients wait in an event loop and cost a few kilobytes. It speaks RSGI, granian's own protocol: a
small message comes in, and an answer goes out, with one call each.
"""

import asyncio
import contextvars
import time
from collections.abc import Awaitable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from io import BytesIO
from itertools import chain
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any, Protocol

from granian.rsgi import ProtocolClosed, ProtocolError

from regiesysteem.geheugen import MIDDELGROOT, geef_terug, in_gebruik
from regiesysteem.logboek import logger
from regiesysteem.omgeving import maak_environ
from regiesysteem.verzending import MIN_SNELHEID, OntvangerWeg, verzend

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from granian.rsgi import HTTPProtocol, Scope

Kop = list[tuple[str, str]]

# Bytes of a message; what is larger comes in, and waits, in a temporary file: thousands of clients may wait.
_KLEIN_BERICHT = 64 * 1024
_IN_GEHEUGEN = 1024 * 1024  # bytes of an answer that is sent in one piece
_OPRUIMEN_S = 0.5  # after a document, in which others may go by
_TOEZICHT = frozenset({"/healthz", "/readyz", "/metrics"})
_TEKST = [("content-type", "text/plain; charset=utf-8"), ("connection", "close")]


class TeLangzaam(Exception):
    """The sender takes too long over his message."""


class Afgebroken(Exception):
    """The sender went away before his message was complete: there is nobody to answer."""


class _Delen(Protocol):
    """The body of an answer: pieces, and perhaps something to close."""

    def __iter__(self) -> Iterator[bytes]: ...


class _Weg(Protocol):
    """What granian gives for an answer in pieces."""

    def send_bytes(self, data: bytes, /) -> Awaitable[None]: ...


class _Onbewaard(BytesIO):
    """The body of a message for which there is no room: who looks into it gets the error that keeping it gave."""

    def __init__(self, fout: OSError) -> None:
        super().__init__()
        self._fout = fout

    def seek(self, *_: int) -> int:
        raise self._fout

    def read(self, *_: int | None) -> bytes:
        raise self._fout


class Antwoord:
    """The answer of a WSGI application: `inhoud` when it is whole, else `delen`, still to be asked for in a thread."""

    __slots__ = ("delen", "inhoud", "kop", "status")

    def __init__(self, status: int, kop: Kop, inhoud: bytes = b"", delen: _Delen | None = None) -> None:
        self.status = status
        self.kop = kop
        self.inhoud = inhoud
        self.delen = delen

    @property
    def lengte(self) -> int:
        """Bytes of the body, as far as they are known before it is sent."""
        return len(self.inhoud) or int(dict(self.kop).get("content-length", 0))


_TE_LANGZAAM = Antwoord(408, _TEKST, b"Het bericht is niet op tijd volledig ontvangen.\n")
_STORING = Antwoord(500, _TEKST, b"Er is een storing; zie het logboek.\n")


class Voordeur:
    """An RSGI application around a WSGI application.

    `max_bytes` bounds the body: the application gets a larger one without its content, to refuse it by CONTENT_LENGTH.
    `threads` requests are worked on at a time, the others wait. `lees_timeout` is in seconds. When the process has
    more than `ruim` bytes of memory, or would get it, answers of some megabytes take the way of the large ones.
    """

    def __init__(self, app: "WSGIApplication", *, threads: int, max_bytes: int, lees_timeout: float, ruim: int) -> None:
        """Keep the application with its threads; they start when there is work."""
        self._app = app
        self._max_bytes = max_bytes
        self._lees_timeout = lees_timeout
        self._ruim = ruim
        self._toegezegd = 0  # bytes of answers that have room and are not in memory yet
        self._werk = ThreadPoolExecutor(threads, thread_name_prefix="bericht")
        # Health is asked after most when all the others wait on something.
        self._toezicht = ThreadPoolExecutor(2, thread_name_prefix="toezicht")
        self._ruimt_op: asyncio.TimerHandle | None = None

    async def __rsgi__(self, scope: "Scope", protocol: "HTTPProtocol") -> None:
        """Handle one HTTP request; other protocols are not spoken here."""
        if scope.proto != "http":
            return
        kop = scope.headers.items()
        try:
            inhoud, lengte = await self._neem_aan(protocol, _content_length(kop))
        except Afgebroken:
            return
        except TeLangzaam:
            _stuur(protocol, _TE_LANGZAAM)
            return
        with inhoud:
            draden = self._toezicht if scope.path in _TOEZICHT else self._werk
            # A context of its own: what a request binds for its log lines ends with it.
            werk = contextvars.Context().run
            lus = asyncio.get_running_loop()
            environ = maak_environ(scope, kop, inhoud, lengte)
            antwoord = await lus.run_in_executor(draden, werk, self._antwoord, environ)
        boom, groot = len(antwoord.inhoud) > _IN_GEHEUGEN, max(antwoord.lengte, lengte) > _IN_GEHEUGEN
        if antwoord.delen is None:
            _stuur(protocol, antwoord)
        else:
            await self._stuur_delen(protocol, antwoord, draden)
        del environ, antwoord, inhoud
        if boom:
            await lus.run_in_executor(draden, geef_terug)
        elif groot and self._ruimt_op is None:
            self._ruimt_op = lus.call_later(_OPRUIMEN_S, self._ruim_op, lus)

    def _ruim_op(self, lus: asyncio.AbstractEventLoop) -> None:
        """Give memory back once for all documents that went by: it takes as long as sending one."""
        self._ruimt_op = None
        lus.run_in_executor(self._werk, geef_terug)

    async def _neem_aan(self, protocol: "HTTPProtocol", aangekondigd: int) -> tuple[IO[bytes], int]:
        """Read the body and give it with its length; of one that is too large only the length, and no content."""
        if aangekondigd > self._max_bytes:
            return BytesIO(), aangekondigd
        try:
            if 0 <= aangekondigd <= _KLEIN_BERICHT:
                return await self._neem_ineens(protocol, aangekondigd)
            return await self._neem_in_delen(protocol, aangekondigd)
        except TimeoutError:
            raise TeLangzaam from None
        except (ProtocolClosed, ProtocolError):
            raise Afgebroken from None

    async def _neem_ineens(self, protocol: "HTTPProtocol", aangekondigd: int) -> tuple[IO[bytes], int]:
        if not aangekondigd:
            return BytesIO(), 0
        async with asyncio.timeout(self._lees_timeout):
            data = await protocol()
        if len(data) < aangekondigd:
            raise Afgebroken
        return BytesIO(data), len(data)

    async def _neem_in_delen(self, protocol: "HTTPProtocol", aangekondigd: int) -> tuple[IO[bytes], int]:
        """Read it into a file. The writes are short and go to memory of the kernel: no thread is needed for them."""
        try:
            with ExitStack() as stapel:
                inhoud: IO[bytes] = stapel.enter_context(SpooledTemporaryFile(max_size=_KLEIN_BERICHT))
                gelezen = await self._lees_delen(protocol, inhoud, aangekondigd)
                inhoud.seek(0)
                stapel.pop_all()  # complete: it stays open for who works on it
        except TimeoutError:
            raise
        except OSError as fout:
            return _Onbewaard(fout), max(aangekondigd, 0)
        return inhoud, gelezen

    async def _lees_delen(self, protocol: "HTTPProtocol", inhoud: IO[bytes], aangekondigd: int) -> int:
        """Write the body to `inhoud` as it comes; at most one piece more than `max_bytes` is read."""
        begin = time.monotonic()
        gelezen = 0
        delen = aiter(protocol)
        while True:
            over = self._lees_timeout + gelezen / MIN_SNELHEID - (time.monotonic() - begin)
            try:
                async with asyncio.timeout(min(self._lees_timeout, over)):
                    deel = await anext(delen)
            except StopAsyncIteration:
                if gelezen < aangekondigd:
                    raise Afgebroken from None
                return gelezen
            gelezen += inhoud.write(deel)
            if gelezen > self._max_bytes:
                inhoud.seek(0)
                inhoud.truncate()
                return gelezen

    def _antwoord(self, environ: dict[str, Any]) -> Antwoord:
        """Call the WSGI application, in a thread."""
        status, kop = 500, Kop()

        def start_response(regel: str, headers: Iterable[tuple[str, str]], _exc_info: object = None) -> Any:
            nonlocal status, kop
            status = int(regel.split(" ", 1)[0])
            kop = [(naam.lower(), waarde) for naam, waarde in headers]

        try:
            delen = self._app(environ, start_response)
            if not isinstance(delen, list):
                return Antwoord(status, kop, delen=delen)
            return Antwoord(status, kop, b"".join(delen))
        except Exception:  # noqa: BLE001 - the last net: the server goes on with the next request
            logger().exception("onverwachte_fout", pad=environ["PATH_INFO"])
            return _STORING

    def _past(self, lengte: int) -> bool:
        """Whether an answer may be in memory until its client took it, as others under way will be."""
        return 0 < lengte <= MIDDELGROOT and in_gebruik() + self._toegezegd + lengte < self._ruim

    async def _stuur_delen(self, protocol: "HTTPProtocol", antwoord: Antwoord, draden: ThreadPoolExecutor) -> None:
        """Send an answer whose pieces are still to be made, in a thread; one that is short goes out as any other."""
        lus = asyncio.get_running_loop()
        delen = iter(antwoord.delen or ())
        status, kop, onderweg = antwoord.status, antwoord.kop, False
        try:
            begin, heel = await lus.run_in_executor(draden, _begin, delen)
            if heel:
                _stuur(protocol, Antwoord(status, kop, begin))
                return
            past = self._past(antwoord.lengte)
            onderweg = True
            if past:
                self._toegezegd += antwoord.lengte
                try:
                    weg = protocol.response_stream(status, kop)
                    await lus.run_in_executor(draden, _stuur_ineens, weg, chain((begin,), delen))
                finally:
                    self._toegezegd -= antwoord.lengte
                return
            async with verzend(protocol, status, kop, self._lees_timeout) as schrijf:
                await schrijf(begin)
                del begin
                while deel := await lus.run_in_executor(draden, next, delen, b""):
                    await schrijf(deel)
        except (OntvangerWeg, ProtocolClosed, ProtocolError):
            logger().info("ontvanger_weg")
        except Exception:  # noqa: BLE001 - when half an answer is out the connection ends; the server goes on
            logger().exception("onverwachte_fout")
            if not onderweg:
                _stuur(protocol, _STORING)
        finally:
            sluit = getattr(antwoord.delen, "close", None)
            if sluit is not None:
                await lus.run_in_executor(draden, sluit)


def _begin(delen: Iterator[bytes]) -> tuple[bytes, bool]:
    """The first megabyte of a body, and whether that is all."""
    begin, grootte = [], 0
    for deel in delen:
        begin.append(deel)
        grootte += len(deel)
        if grootte > _IN_GEHEUGEN:
            return b"".join(begin), False
    return b"".join(begin), True


def _stuur_ineens(weg: _Weg, delen: Iterable[bytes]) -> None:
    """Send all pieces from this thread: granian keeps them until the client took them, so there is nothing to wait for.

    What it gives for each only tells whether the client is still there. Raises ProtocolClosed when he is not.
    """
    for deel in delen:
        next(weg.send_bytes(deel).__await__(), None)


def _stuur(protocol: "HTTPProtocol", antwoord: Antwoord) -> None:
    protocol.response_bytes(antwoord.status, antwoord.kop, antwoord.inhoud)


def _content_length(kop: Kop) -> int:
    """What the sender says that the length is; -1 when he does not say."""
    zonder = 0
    for naam, waarde in kop:
        if naam == "content-length" and waarde.isdigit():
            return int(waarde)
        if naam == "transfer-encoding":
            zonder = -1
    return zonder
