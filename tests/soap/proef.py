"""A dienst for tests: it gives the contents of a message back, through the doors and the front door that we ship."""

import io
import socket
import tempfile
from datetime import datetime
from functools import cache

from lxml import etree

from regiesysteem.http.doors import SoapDoors
from regiesysteem.http.front import Front, listen
from regiesysteem.logging_ import set_up_logging
from regiesysteem.metrics import Counters
from regiesysteem.soap.exchange import Limits
from regiesysteem.stuf.content.content import Inhoud, inhoud_of, set_inhoud
from regiesysteem.stuf.message import Bericht, Systeem
from regiesysteem.zkn.names import INHOUD, NSMAP, zkn

BOUNDS = Limits(message=150_000_000, document=100_000_000)


class Kapot(io.BytesIO):
    """A file of which only the first part can be read."""

    readable = 0

    def read(self, count: int | None = -1, /) -> bytes:
        if self.tell() >= self.readable:
            raise OSError("kapot")
        return super().read(count)


class Echo:
    """Stands where Uitvoering stands.

    A content that begins with `kapot` and a number it cannot read beyond there; for `large` and a number it gives so
    many bytes back.
    """

    own_systeem = Systeem(applicatie="Proef")

    def before(self, *_: object) -> None:
        """Nothing is bounded."""

    after = before

    def run(self, bericht: Bericht, _now: datetime, *_: object) -> etree._Element:
        answer = etree.Element(zkn("edcLa01"), nsmap=NSMAP)
        for element in bericht.element.iter(INHOUD):
            inhoud = inhoud_of(element, bericht.inhouden)
            if inhoud is not None:
                inhoud = _otherwise(inhoud)
                etree.SubElement(answer, zkn("sha256")).text = inhoud.sha256
                set_inhoud(etree.SubElement(answer, INHOUD), inhoud, bericht.inhouden)
        return answer


def _otherwise(inhoud: Inhoud) -> Inhoud:
    begin = next(inhoud.pieces(20), b"")
    if begin.startswith(b"groot"):
        large = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the answer
        large.truncate(int(begin[5:15]))
        return Inhoud(large, int(begin[5:15]), "0" * 64)
    if not begin.startswith(b"kapot"):
        return inhoud
    file = Kapot(b"".join(inhoud.pieces()))
    file.readable = int(begin[5:15])
    return Inhoud(file, inhoud.grootte, "0" * 64)


@cache
def door_addresses(bounds: Limits = BOUNDS) -> SoapDoors:
    return SoapDoors(Echo(), Counters(), bounds, lambda _: None)  # type: ignore[arg-type]


def dien(port: int, geduld: float) -> None:
    """The work of a server process of the tests; `geduld` is how many seconds a client may do nothing."""
    set_up_logging("text", process="web")
    _us, line = socket.socketpair()
    listener = listen("127.0.0.1", port)
    Front(door_addresses(), listener, threads=4, max_bytes=BOUNDS.message, patience=geduld).run(line, 10)
