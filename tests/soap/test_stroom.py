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
from tests.conftest import environment, stop_server, vrije_port, wait_until
from tests.soap.multipart import BOUND, include, inhoudstype, root
from tests.soap.test_inhouden import question

MB = 1_000_000
MAX_GROEI = 64 * MB
BLOCK = 57 * 1024 * 16
XML = {"Content-Type": "text/xml; charset=utf-8"}
_START = "from tests.soap.proef import dien; dien({poort}, {geduld})"


class Proefserver:
    """One server process, with the front and the doors that we ship."""

    def __init__(self, port: int, process: subprocess.Popen[str]) -> None:
        self.port = port
        self.werker = psutil.Process(process.pid)

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)


@contextmanager
def gestart(map_: Path, geduld: float) -> Iterator[Proefserver]:
    port, logboek = vrije_port(), map_ / "logboek"
    with logboek.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", _START.format(poort=port, geduld=geduld)],
            env=environment(PYTHONPATH=os.pathsep.join(sys.path)),
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def ready() -> bool:
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", port)) == 0

    try:
        wait_until(ready, "proefserver klaar", logboek=logboek)
        server = Proefserver(port, process)
        with closing(server.connect()) as connection:  # what a first message loads is no part of the growth
            connection.request("POST", "/", question(base64.b64encode(bytes(200_000))), XML)
            assert connection.getresponse().read()
        yield server
    finally:
        stop_server(process)


@pytest.fixture(scope="module")
def proefserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proefserver]:
    with gestart(tmp_path_factory.mktemp("proef"), geduld=30) as server:
        yield server


@pytest.fixture(scope="module")
def document() -> Iterator[tuple[IO[bytes], int, str]]:
    """A file of 100 MB less a few bytes, its size and digest."""
    willekeurig, digest = random.Random(3), hashlib.sha256()
    with tempfile.TemporaryFile() as file:
        while file.tell() < 100 * MB - 7:
            piece = willekeurig.randbytes(min(BLOCK, 100 * MB - 7 - file.tell()))
            digest.update(piece)
            file.write(piece)
        yield file, file.tell(), digest.hexdigest()


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(BLOCK):
        yield piece


def inline(file: IO[bytes], regels: bool) -> Iterator[bytes]:
    for_, after = question(b"|").split(b"|")
    yield for_
    for piece in pieces(file):
        yield base64.encodebytes(piece) if regels else base64.b64encode(piece)
    yield after


def as_mtom(file: IO[bytes]) -> Iterator[bytes]:
    yield b"--%s\r\n%s\r\n" % (BOUND.encode(), root(question(include("1"))).write())
    yield f"--{BOUND}\r\nContent-ID: <1>\r\nContent-Transfer-Encoding: binary\r\n\r\n".encode()
    yield from pieces(file)
    yield f"\r\n--{BOUND}--\r\n".encode()


class Memory:
    """The most memory that a process had since this was made, over what it had then."""

    def __init__(self, process: psutil.Process) -> None:
        self._map = Path(f"/proc/{process.pid}")
        (self._map / "clear_refs").write_text("5")
        self._begin = self.highest

    @property
    def highest(self) -> int:
        [regel] = [regel for regel in (self._map / "status").read_text().splitlines() if regel.startswith("VmHWM:")]
        return int(regel.split()[1]) * 1024

    @property
    def groei(self) -> int:
        return self.highest - self._begin


def test_100_mb_inline_in_and_out(proefserver: Proefserver, document: tuple[IO[bytes], int, str]) -> None:
    file, size, sha256 = document
    with closing(proefserver.connect()) as connection:
        for regels in (False, True):
            memory = Memory(proefserver.werker)
            head = XML if regels else XML | {"Content-Length": str(sum(map(len, inline(file, regels))))}
            connection.request("POST", "/", inline(file, regels), head, encode_chunked=regels)
            answer = connection.getresponse()
            assert answer.status == 200
            for_, after = om_inhoud(answer, size)
            assert f"sha256>{sha256}<".encode() in for_
            assert after.endswith(b"</soap:Envelope>")
            assert memory.groei < MAX_GROEI


def om_inhoud(answer: http.client.HTTPResponse, size: int) -> tuple[bytes, bytes]:
    """The text before and after the content of an inline answer; its bytes are held against the digest it names."""
    head, _, over = answer.read(4000).partition(b":inhoud")
    over = over.partition(b">")[2]
    digest, length, still = hashlib.sha256(), 0, (size + 2) // 3 * 4
    while still:
        over += answer.read(min(BLOCK, still - len(over))) if len(over) < still else b""
        whole = min(len(over) - len(over) % 4, still)
        piece = base64.b64decode(over[:whole], validate=True)
        digest.update(piece)
        length += len(piece)
        still, over = still - whole, over[whole:]
    assert f"sha256>{digest.hexdigest()}<".encode() in head
    assert length == size
    return head, over + answer.read()


def test_100_mb_as_mtom_in_and_out(proefserver: Proefserver, document: tuple[IO[bytes], int, str]) -> None:
    file, size, sha256 = document
    memory = Memory(proefserver.werker)
    with closing(proefserver.connect()) as connection:
        head = {"Content-Type": inhoudstype()}
        connection.request("POST", "/", as_mtom(file), head, encode_chunked=True)
        answer = connection.getresponse()
        assert answer.status == 200
        assert (answer.getheader("Content-Type") or "").startswith("multipart/related")
        length = int(answer.getheader("Content-Length") or 0)
        begin = answer.read(length - size)
        for_, _, bijlage = begin.partition(b"Content-ID: <1.")
        over = bijlage.partition(b"\r\n\r\n")[2]
        assert f"sha256>{sha256}<".encode() in for_
        digest = hashlib.sha256(over)
        still = size - len(over)
        while still:
            piece = answer.read(min(BLOCK, still))
            digest.update(piece)
            still -= len(piece)
        assert digest.hexdigest() == sha256
        assert answer.read().endswith(b"--\r\n")
        assert memory.groei < MAX_GROEI
        connection.request("POST", "/", question(), XML)  # the connection goes on
        assert connection.getresponse().status == 200


def test_a_content_that_cannot_be_read_is_no_half_answer(proefserver: Proefserver) -> None:
    """Before anything was sent it is a 500; after that the connection breaks, so that nobody takes it for the whole."""
    with closing(proefserver.connect()) as connection:
        connection.request("POST", "/", question(base64.b64encode(b"kapot0000000000" + bytes(50_000))), XML)
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (500, b"Er is een storing; zie het logboek.\n")
    with closing(proefserver.connect()) as connection:
        connection.request("POST", "/", question(base64.b64encode(b"kapot0004000000" + bytes(6 * MB))), XML)
        answer = connection.getresponse()
        assert answer.status == 200
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            answer.read()


def open_files(process: psutil.Process) -> int:
    """Temporary files that a process has open: they have a number for a name."""
    count = 0
    for fd in Path(f"/proc/{process.pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            count += bool(re.search(r"/#\d+ \(deleted\)$", str(fd.readlink())))
    return count


def test_a_client_who_goes_away_leaves_no_file(proefserver: Proefserver, document: tuple[IO[bytes], int, str]) -> None:
    file, _, _ = document
    werker = proefserver.werker
    wait_until(lambda: open_files(werker) == 0, "bestanden van eerdere berichten dicht")
    with closing(proefserver.connect()) as connection:
        connection.request("POST", "/", as_mtom(file), {"Content-Type": inhoudstype()}, encode_chunked=True)
        answer = connection.getresponse()
        answer.read(10_000)
        assert open_files(werker) > 0
        answer.close()
    wait_until(lambda: open_files(werker) == 0, "bestanden dicht na het vertrek van de ontvanger")
    with closing(proefserver.connect()) as connection:
        connection.request("POST", "/", question(), XML)
        assert connection.getresponse().status == 200


def test_a_client_who_takes_nothing_is_left(tmp_path: Path, document: tuple[IO[bytes], int, str]) -> None:
    file, size, _ = document
    with gestart(tmp_path, geduld=1) as server, closing(server.connect()) as connection:
        connection.request("POST", "/", as_mtom(file), {"Content-Type": inhoudstype()}, encode_chunked=True)
        answer = connection.getresponse()
        wait_until(lambda: open_files(server.werker) == 0, "bestanden dicht")
        assert server.werker.memory_info().rss < size + 100 * MB
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            answer.read()


LARGE = 5 * MB
MIDDEN = random.Random(4).randbytes(LARGE)


def test_some_megabytes_come_out_whole(proefserver: Proefserver) -> None:
    with closing(proefserver.connect()) as connection:
        for _ in range(2):  # the connection goes on
            connection.request("POST", "/", question(base64.b64encode(MIDDEN)), XML)
            _, after = om_inhoud(connection.getresponse(), len(MIDDEN))
            assert after.endswith(b"</soap:Envelope>")


def test_clients_who_take_nothing_fill_no_memory_and_hold_no_thread(tmp_path: Path) -> None:
    clients = 40  # whose answers are 270 MB together
    with gestart(tmp_path, geduld=60) as server, ExitStack() as batch:
        memory = Memory(server.werker)
        connections = [batch.enter_context(closing(server.connect())) for _ in range(clients)]
        for connection in connections:
            connection.request("POST", "/", question(base64.b64encode(b"groot%010d" % LARGE)), XML)
        answers = [connection.getresponse() for connection in connections]
        assert {answer.status for answer in answers} == {200}
        assert memory.groei < MAX_GROEI
        for answer in answers:
            assert len(answer.read()) > LARGE * 4 // 3
