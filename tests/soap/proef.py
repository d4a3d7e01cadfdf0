"""A dienst for tests: it gives the contents of a message back, through the doors and the front door that we ship."""

import io
import socket
import tempfile
from datetime import datetime
from functools import cache

from lxml import etree

from regiesysteem.http.app import SoapDoors
from regiesysteem.http.front import Front, listen
from regiesysteem.logging_ import stel_logboek_in
from regiesysteem.metrics import Tellers
from regiesysteem.soap.exchange import Limits
from regiesysteem.stuf.content.content import Inhoud, inhoud_van, zet_inhoud
from regiesysteem.stuf.message import Bericht, Systeem
from regiesysteem.zkn.names import INHOUD, NSMAP, zkn

GRENZEN = Limits(message=150_000_000, document=100_000_000)


class Kapot(io.BytesIO):
    """A file of which only the first part can be read."""

    leesbaar = 0

    def read(self, aantal: int | None = -1, /) -> bytes:
        if self.tell() >= self.leesbaar:
            raise OSError("kapot")
        return super().read(aantal)


class Echo:
    """Stands where Uitvoering stands.

    A content that begins with `kapot` and a number it cannot read beyond there; for `groot` and a number it gives so
    many bytes back.
    """

    eigen = Systeem(applicatie="Proef")

    def voer_uit(self, bericht: Bericht, _nu: datetime) -> etree._Element:
        antwoord = etree.Element(zkn("edcLa01"), nsmap=NSMAP)
        for element in bericht.element.iter(INHOUD):
            inhoud = inhoud_van(element, bericht.inhouden)
            if inhoud is not None:
                inhoud = _anders(inhoud)
                etree.SubElement(antwoord, zkn("sha256")).text = inhoud.sha256
                zet_inhoud(etree.SubElement(antwoord, INHOUD), inhoud, bericht.inhouden)
        return antwoord


def _anders(inhoud: Inhoud) -> Inhoud:
    begin = next(inhoud.stukken(20), b"")
    if begin.startswith(b"groot"):
        groot = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the answer
        groot.truncate(int(begin[5:15]))
        return Inhoud(groot, int(begin[5:15]), "0" * 64)
    if not begin.startswith(b"kapot"):
        return inhoud
    bestand = Kapot(b"".join(inhoud.stukken()))
    bestand.leesbaar = int(begin[5:15])
    return Inhoud(bestand, inhoud.grootte, "0" * 64)


@cache
def deuren(grenzen: Limits = GRENZEN) -> SoapDoors:
    return SoapDoors(Echo(), Tellers(), grenzen)  # type: ignore[arg-type]


def dien(poort: int, geduld: float) -> None:
    """What a server process of the tests runs; `geduld` is how many seconds a client may do nothing."""
    stel_logboek_in("text", proces="web")
    _ons, lijn = socket.socketpair()
    luisteraar = listen("127.0.0.1", poort)
    Front(deuren(), luisteraar, threads=4, max_bytes=GRENZEN.message, patience=geduld).run(lijn, 10)
