"""Sends an answer that is larger than memory should hold, as fast as the client takes it and no faster.

What granian's `response_stream` is given it queues without bound, so a slow client would get a whole document into
memory. A file it reads only as fast as the client takes it, so the answer goes through one that has no size: a named
pipe. Its name is gone as soon as both ends are open; a client who goes away breaks it.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from granian.rsgi import HTTPProtocol

Kop = list[tuple[str, str]]
Schrijf = Callable[[bytes], Awaitable[None]]

MIN_SNELHEID = 16 * 1024  # bytes per second that the other side of a large body must reach on average
_OPEN_S = 10.0  # within which granian opens the pipe; when the client is gone already it never does
_POLL_S = 0.001
_PIJP = 512 * 1024  # bytes that the pipe holds where the system lets us say so


class OntvangerWeg(Exception):
    """The client took no more of the answer."""


@asynccontextmanager
async def verzend(protocol: "HTTPProtocol", status: int, kop: Kop, geduld: float) -> AsyncIterator[Schrijf]:
    """Start an answer, and give what sends a piece of its body.

    `geduld` is how many seconds a client may take nothing, at a time; and in all, but for what he takes at the least
    speed: a few bytes now and then do not keep an answer going. Raises OntvangerWeg.
    """
    with TemporaryDirectory(prefix="regie-") as map_:
        pad = Path(map_) / "antwoord"
        os.mkfifo(pad, 0o600)
        protocol.response_file(status, kop, str(pad))
        pijp = await _open(pad)
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with suppress(OSError):  # the system may allow less
            fcntl.fcntl(pijp, fcntl.F_SETPIPE_SZ, _PIJP)

    over_s = geduld

    async def schrijf(deel: bytes) -> None:
        nonlocal over_s
        over = memoryview(deel)
        while over:
            try:
                geschreven = os.write(pijp, over)
                over, over_s = over[geschreven:], over_s + geschreven / MIN_SNELHEID
            except BlockingIOError:
                begin = monotonic()
                await _wacht_op_ruimte(pijp, min(geduld, over_s))
                over_s -= monotonic() - begin
            except BrokenPipeError:
                raise OntvangerWeg from None

    try:
        yield schrijf
    finally:
        os.close(pijp)


async def _open(pad: Path) -> int:
    """Open the pipe once granian has (or is waiting to), without a thread that would wait for it."""
    try:
        async with asyncio.timeout(_OPEN_S):
            while True:
                try:
                    return os.open(pad, os.O_WRONLY | os.O_NONBLOCK)
                except OSError:  # ENXIO: nobody reads yet
                    await asyncio.sleep(_POLL_S)
    except TimeoutError:
        raise OntvangerWeg from None


async def _wacht_op_ruimte(pijp: int, geduld: float) -> None:
    lus = asyncio.get_running_loop()
    ruimte = asyncio.Event()
    lus.add_writer(pijp, ruimte.set)
    try:
        async with asyncio.timeout(geduld):
            await ruimte.wait()
    except TimeoutError:
        raise OntvangerWeg from None
    finally:
        lus.remove_writer(pijp)
