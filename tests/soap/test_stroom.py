"""A document of 100 MB goes in and comes out of a real server process, whose memory hardly grows."""

import base64
import hashlib
import http.client
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import IO

import psutil
import pytest
from tests.conftest import omgeving, stop_server, vrije_poort, wacht_tot
from tests.soap.multipart import GRENS, include, inhoudstype, wortel
from tests.soap.test_inhouden import vraag

MB = 1_000_000
MAX_GROEI = 64 * MB
BLOK = 57 * 1024 * 16
XML = {"Content-Type": "text/xml; charset=utf-8"}
_START = "from tests.soap.proef import dien; dien({poort}, {geduld})"


class Proefserver:
    """One server process, with the front and the doors that we ship."""

    def __init__(self, poort: int, proces: subprocess.Popen[str]) -> None:
        self.poort = poort
        self.werker = psutil.Process(proces.pid)

    def verbind(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.poort, timeout=120)


@contextmanager
def gestart(map_: Path, geduld: float) -> Iterator[Proefserver]:
    poort, logboek = vrije_poort(), map_ / "logboek"
    with logboek.open("w") as uitvoer:
        proces = subprocess.Popen(
            [sys.executable, "-c", _START.format(poort=poort, geduld=geduld)],
            env=omgeving(PYTHONPATH=os.pathsep.join(sys.path)),
            stdout=uitvoer,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def klaar() -> bool:
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", poort)) == 0

    try:
        wacht_tot(klaar, "proefserver klaar", logboek=logboek)
        server = Proefserver(poort, proces)
        with closing(server.verbind()) as verbinding:  # what a first message loads is no part of the growth
            verbinding.request("POST", "/", vraag(base64.b64encode(bytes(200_000))), XML)
            assert verbinding.getresponse().read()
        yield server
    finally:
        stop_server(proces)


@pytest.fixture(scope="module")
def proefserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proefserver]:
    with gestart(tmp_path_factory.mktemp("proef"), geduld=30) as server:
        yield server


@pytest.fixture(scope="module")
def document() -> Iterator[tuple[IO[bytes], int, str]]:
    """A file of 100 MB less a few bytes, its size and digest."""
    willekeurig, digest = random.Random(3), hashlib.sha256()
    with tempfile.TemporaryFile() as bestand:
        while bestand.tell() < 100 * MB - 7:
            stuk = willekeurig.randbytes(min(BLOK, 100 * MB - 7 - bestand.tell()))
            digest.update(stuk)
            bestand.write(stuk)
        yield bestand, bestand.tell(), digest.hexdigest()


def stukken(bestand: IO[bytes]) -> Iterator[bytes]:
    bestand.seek(0)
    while stuk := bestand.read(BLOK):
        yield stuk


def inline(bestand: IO[bytes], regels: bool) -> Iterator[bytes]:
    voor, na = vraag(b"|").split(b"|")
    yield voor
    for stuk in stukken(bestand):
        yield base64.encodebytes(stuk) if regels else base64.b64encode(stuk)
    yield na


def als_mtom(bestand: IO[bytes]) -> Iterator[bytes]:
    yield b"--%s\r\n%s\r\n" % (GRENS.encode(), wortel(vraag(include("1"))).schrijf())
    yield f"--{GRENS}\r\nContent-ID: <1>\r\nContent-Transfer-Encoding: binary\r\n\r\n".encode()
    yield from stukken(bestand)
    yield f"\r\n--{GRENS}--\r\n".encode()


class Geheugen:
    """The most memory that a process had since this was made, over what it had then."""

    def __init__(self, proces: psutil.Process) -> None:
        self._map = Path(f"/proc/{proces.pid}")
        (self._map / "clear_refs").write_text("5")
        self._begin = self.hoogste

    @property
    def hoogste(self) -> int:
        [regel] = [regel for regel in (self._map / "status").read_text().splitlines() if regel.startswith("VmHWM:")]
        return int(regel.split()[1]) * 1024

    @property
    def groei(self) -> int:
        return self.hoogste - self._begin


def test_100_mb_inline_in_and_out(proefserver: Proefserver, document: tuple[IO[bytes], int, str]) -> None:
    bestand, grootte, sha256 = document
    with closing(proefserver.verbind()) as verbinding:
        for regels in (False, True):
            geheugen = Geheugen(proefserver.werker)
            kop = XML if regels else XML | {"Content-Length": str(sum(map(len, inline(bestand, regels))))}
            verbinding.request("POST", "/", inline(bestand, regels), kop, encode_chunked=regels)
            antwoord = verbinding.getresponse()
            assert antwoord.status == 200
            voor, na = om_inhoud(antwoord, grootte)
            assert f"sha256>{sha256}<".encode() in voor
            assert na.endswith(b"</soap:Envelope>")
            assert geheugen.groei < MAX_GROEI


def om_inhoud(antwoord: http.client.HTTPResponse, grootte: int) -> tuple[bytes, bytes]:
    """What stands before and after the content of an inline answer; its bytes are held against the digest it names."""
    kop, _, over = antwoord.read(4000).partition(b":inhoud")
    over = over.partition(b">")[2]
    digest, lengte, nog = hashlib.sha256(), 0, (grootte + 2) // 3 * 4
    while nog:
        over += antwoord.read(min(BLOK, nog - len(over))) if len(over) < nog else b""
        heel = min(len(over) - len(over) % 4, nog)
        stuk = base64.b64decode(over[:heel], validate=True)
        digest.update(stuk)
        lengte += len(stuk)
        nog, over = nog - heel, over[heel:]
    assert f"sha256>{digest.hexdigest()}<".encode() in kop
    assert lengte == grootte
    return kop, over + antwoord.read()


def test_100_mb_as_mtom_in_and_out(proefserver: Proefserver, document: tuple[IO[bytes], int, str]) -> None:
    bestand, grootte, sha256 = document
    geheugen = Geheugen(proefserver.werker)
    with closing(proefserver.verbind()) as verbinding:
        kop = {"Content-Type": inhoudstype()}
        verbinding.request("POST", "/", als_mtom(bestand), kop, encode_chunked=True)
        antwoord = verbinding.getresponse()
        assert antwoord.status == 200
        assert (antwoord.getheader("Content-Type") or "").startswith("multipart/related")
        lengte = int(antwoord.getheader("Content-Length") or 0)
        begin = antwoord.read(lengte - grootte)
        voor, _, bijlage = begin.partition(b"Content-ID: <1.")
        over = bijlage.partition(b"\r\n\r\n")[2]
        assert f"sha256>{sha256}<".encode() in voor
        digest = hashlib.sha256(over)
        nog = grootte - len(over)
        while nog:
            stuk = antwoord.read(min(BLOK, nog))
            digest.update(stuk)
            nog -= len(stuk)
        assert digest.hexdigest() == sha256
        assert antwoord.read().endswith(b"--\r\n")
        assert geheugen.groei < MAX_GROEI
        verbinding.request("POST", "/", vraag(), XML)  # the connection goes on
        assert verbinding.getresponse().status == 200


def test_a_content_that_cannot_be_read_is_no_half_answer(proefserver: Proefserver) -> None:
    """Before anything was sent it is a 500; after that the connection breaks, so that nobody takes it for the whole."""
    with closing(proefserver.verbind()) as verbinding:
        verbinding.request("POST", "/", vraag(base64.b64encode(b"kapot0000000000" + bytes(50_000))), XML)
        antwoord = verbinding.getresponse()
        assert (antwoord.status, antwoord.read()) == (500, b"Er is een storing; zie het logboek.\n")
    with closing(proefserver.verbind()) as verbinding:
        verbinding.request("POST", "/", vraag(base64.b64encode(b"kapot0004000000" + bytes(6 * MB))), XML)
        antwoord = verbinding.getresponse()
        assert antwoord.status == 200
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            antwoord.read()


def open_bestanden(proces: psutil.Process) -> int:
    """Temporary files that a process has open: they have a number for a name."""
    aantal = 0
    for fd in Path(f"/proc/{proces.pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            aantal += bool(re.search(r"/#\d+ \(deleted\)$", str(fd.readlink())))
    return aantal


def test_a_client_who_goes_away_leaves_no_file(proefserver: Proefserver, document: tuple[IO[bytes], int, str]) -> None:
    bestand, _, _ = document
    werker = proefserver.werker
    wacht_tot(lambda: open_bestanden(werker) == 0, "bestanden van eerdere berichten dicht")
    with closing(proefserver.verbind()) as verbinding:
        verbinding.request("POST", "/", als_mtom(bestand), {"Content-Type": inhoudstype()}, encode_chunked=True)
        antwoord = verbinding.getresponse()
        antwoord.read(10_000)
        assert open_bestanden(werker) > 0
        antwoord.close()
    wacht_tot(lambda: open_bestanden(werker) == 0, "bestanden dicht na het vertrek van de ontvanger")
    with closing(proefserver.verbind()) as verbinding:
        verbinding.request("POST", "/", vraag(), XML)
        assert verbinding.getresponse().status == 200


def test_a_client_who_takes_nothing_is_left(tmp_path: Path, document: tuple[IO[bytes], int, str]) -> None:
    bestand, grootte, _ = document
    with gestart(tmp_path, geduld=1) as server, closing(server.verbind()) as verbinding:
        verbinding.request("POST", "/", als_mtom(bestand), {"Content-Type": inhoudstype()}, encode_chunked=True)
        antwoord = verbinding.getresponse()
        wacht_tot(lambda: open_bestanden(server.werker) == 0, "bestanden dicht")
        assert server.werker.memory_info().rss < grootte + 100 * MB
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            antwoord.read()


GROOT = 5 * MB
MIDDEN = random.Random(4).randbytes(GROOT)


def test_some_megabytes_come_out_whole(proefserver: Proefserver) -> None:
    with closing(proefserver.verbind()) as verbinding:
        for _ in range(2):  # the connection goes on
            verbinding.request("POST", "/", vraag(base64.b64encode(MIDDEN)), XML)
            _, na = om_inhoud(verbinding.getresponse(), len(MIDDEN))
            assert na.endswith(b"</soap:Envelope>")


def test_clients_who_take_nothing_fill_no_memory_and_hold_no_thread(tmp_path: Path) -> None:
    klanten = 40  # whose answers are 270 MB together
    with gestart(tmp_path, geduld=60) as server, ExitStack() as stapel:
        geheugen = Geheugen(server.werker)
        verbindingen = [stapel.enter_context(closing(server.verbind())) for _ in range(klanten)]
        for verbinding in verbindingen:
            verbinding.request("POST", "/", vraag(base64.b64encode(b"groot%010d" % GROOT)), XML)
        antwoorden = [verbinding.getresponse() for verbinding in verbindingen]
        assert {antwoord.status for antwoord in antwoorden} == {200}
        assert geheugen.groei < MAX_GROEI
        for antwoord in antwoorden:
            assert len(antwoord.read()) > GROOT * 4 // 3
