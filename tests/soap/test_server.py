"""A running server under input that must not hurt: it answers, or hangs up, and goes on."""

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

import pytest
from sqlalchemy import Engine, text
from tests.berichten.bouw import client, di02, envelop, lk01, mdw, nieuw_nummer, rol, teksten, zaak
from tests.conftest import Server, haal
from tests.soap.conftest import TABELLEN

from regiesysteem.db import maak_engine
from regiesysteem.stuf.xml import ontleed

XML = {"Content-Type": "text/xml; charset=utf-8"}
MB = 1_000_000
BSN = "999990019"


@pytest.fixture(scope="module")
def motor(server: Server) -> Iterator[Engine]:
    motor = maak_engine(server.database_url)
    yield motor
    motor.dispose()


def rijen(motor: Engine) -> dict[str, int]:
    with motor.connect() as verbinding:
        return {tabel: verbinding.execute(text(f"SELECT count(*) FROM {tabel}")).scalar_one() for tabel in TABELLEN}


def post(server: Server, data: bytes, pad: str = "/stuf", **headers: str) -> tuple[int, bytes]:
    """POST on a connection of its own."""
    with closing(http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)) as verbinding:
        verbinding.request("POST", pad, data, XML | headers)
        antwoord = verbinding.getresponse()
        return antwoord.status, antwoord.read()


@contextmanager
def lijn(server: Server) -> Iterator[socket.socket]:
    """A connection on which anything may be sent."""
    adres = urlsplit(server.url)
    with socket.create_connection((adres.hostname or "", adres.port or 0), timeout=60) as s:
        yield s


def kop(lengte: str) -> bytes:
    return f"POST /stuf HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n{lengte}\r\n\r\n".encode()


def antwoord_op(s: socket.socket) -> tuple[int, bytes]:
    """The answer that comes on a connection."""
    with closing(http.client.HTTPResponse(s)) as antwoord:
        antwoord.begin()
        return antwoord.status, antwoord.read()


def test_a_body_of_200_mb_is_refused_before_it_is_sent(server: Server, motor: Engine) -> None:
    voor = rijen(motor)
    with lijn(server) as s:
        s.sendall(kop("Content-Length: 200000000"))
        status, inhoud = antwoord_op(s)
    assert status == 413
    assert teksten(ontleed(inhoud), "//s:code | //faultcode") == ["soap:Client", "StUF055"]
    assert rijen(motor) == voor


def test_who_sends_200_mb_all_the_same_does_not_keep_the_server(server: Server) -> None:
    blok = b" " * MB
    with lijn(server) as s:
        s.sendall(kop("Content-Length: 200000000"))
        try:
            for _ in range(200):
                s.sendall(blok)
            assert antwoord_op(s)[0] == 413
        except OSError:
            pass  # hung up on, which is as good
    assert post(server, envelop(di02()))[0] == 200


def test_a_body_in_chunks_is_taken_and_bounded(server: Server) -> None:
    data = envelop(di02())
    with closing(http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)) as verbinding:
        verbinding.request("POST", "/stuf", iter([data[:100], data[100:]]), XML, encode_chunked=True)
        assert verbinding.getresponse().status == 200
    with lijn(server) as s:
        s.sendall(kop("Transfer-Encoding: chunked"))
        try:
            for _ in range(151):
                s.sendall(f"{MB:x}\r\n".encode() + b" " * MB + b"\r\n")
            assert antwoord_op(s)[0] == 413
        except OSError:
            pass
    assert haal(f"{server.url}/healthz")[0] == 200


@pytest.mark.parametrize("deel", [0, 1, 400])
def test_a_message_that_is_cut_off_leaves_nothing(server: Server, motor: Engine, deel: int) -> None:
    voor = rijen(motor)
    data = envelop(lk01("T", zaak(nieuw_nummer())))
    with lijn(server) as s:
        s.sendall(kop(f"Content-Length: {len(data)}") + data[:deel])
        s.shutdown(socket.SHUT_WR)
        while s.recv(4096):
            pass
    assert post(server, envelop(di02()))[0] == 200
    assert rijen(motor) == voor | {"bericht": voor["bericht"] + 1}


def test_a_connection_is_kept_through_faults(server: Server) -> None:
    statussen = []
    with closing(http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)) as verbinding:
        for data in (envelop(di02()), b"<a", b"", envelop(di02()).replace(b">Di02<", b">Lk01<"), envelop(di02())):
            verbinding.request("POST", "/stuf", data, XML)
            antwoord = verbinding.getresponse()
            antwoord.read()
            statussen.append(antwoord.status)
    assert statussen == [200, 500, 500, 500, 200]


def test_a_large_message_is_read_and_answered(server: Server) -> None:
    """Five million elements that are no message; the client waits to be told to go on."""
    status, inhoud = post(server, b"<a>" + b"<b/>" * 5_000_000 + b"</a>", Expect="100-continue")
    assert status == 500
    assert teksten(ontleed(inhoud), "//s:code") == ["StUF055"]


def test_the_same_message_twelve_times_at_once_over_all_workers_is_one(server: Server, motor: Engine) -> None:
    data = envelop(di02(nieuw_nummer()))
    voor = rijen(motor)["bericht"]
    uit: list[tuple[int, bytes]] = []
    threads = [threading.Thread(target=lambda: uit.append(post(server, data))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {status for status, _ in uit} == {200}
    assert len({inhoud for _, inhoud in uit}) == 1
    assert rijen(motor)["bericht"] == voor + 1


def test_the_log_has_one_line_per_message_and_no_bsn(server: Server) -> None:
    nummer = nieuw_nummer()
    plan = zaak(nummer, "GEZINSPLAN", relaties=client(BSN) + rol("heeftAlsInitiator", mdw("m1")))
    goed, fout = "bericht-goed", "bericht-fout"  # no digits, which may look like a BSN
    assert post(server, envelop(lk01("T", plan, ref=goed)))[0] == 200
    onzin = plan.replace("<ZKN:startdatum>", f"<ZKN:onzin>{BSN}</ZKN:onzin><ZKN:startdatum>{BSN}")
    assert post(server, envelop(lk01("T", onzin, ref=fout, zender="Vreemd")))[0] == 500
    regels = server.logboek.read_text().splitlines()
    for ref, uitkomst in ((goed, "Bv03"), (fout, "Fo03")):
        [regel] = [regel for regel in regels if ref in regel and "bericht_verwerkt" in regel]
        for veld in ("dienst=creeerZaak_Lk01", "zender=1900/", "duur_ms=", "statements=", f"uitkomst={uitkomst}"):
            assert veld in regel
    assert BSN not in server.logboek.read_text()
    assert "Traceback" not in server.logboek.read_text()
