"""A running server under input that must not hurt: it answers, or hangs up, and goes on."""

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

import pytest
from sqlalchemy import Engine, text
from tests.berichten.bouw import client, di02, envelope, lk01, mdw, new_number, rol, texts, zaak
from tests.conftest import Server, fetch
from tests.soap.conftest import TABLES

from regiesysteem.db import make_engine
from regiesysteem.stuf.xml import parse

XML = {"Content-Type": "text/xml; charset=utf-8"}
MB = 1_000_000
BSN = "999990019"


@pytest.fixture(scope="module")
def engine(server: Server) -> Iterator[Engine]:
    engine = make_engine(server.database_url)
    yield engine
    engine.dispose()


def rows(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() for table in TABLES}


def post(server: Server, data: bytes, path: str = "/stuf", **headers: str) -> tuple[int, bytes]:
    """POST on a connection of its own."""
    with closing(http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)) as connection:
        connection.request("POST", path, data, XML | headers)
        answer = connection.getresponse()
        return answer.status, answer.read()


@contextmanager
def line(server: Server) -> Iterator[socket.socket]:
    """A connection on which anything may be sent."""
    adres = urlsplit(server.url)
    with socket.create_connection((adres.hostname or "", adres.port or 0), timeout=60) as s:
        yield s


def head(length: str) -> bytes:
    return f"POST /stuf HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n{length}\r\n\r\n".encode()


def answer_on(s: socket.socket) -> tuple[int, bytes]:
    """The answer that comes on a connection."""
    with closing(http.client.HTTPResponse(s)) as answer:
        answer.begin()
        return answer.status, answer.read()


def test_a_body_of_200_mb_is_refused_before_it_is_sent(server: Server, engine: Engine) -> None:
    for_ = rows(engine)
    with line(server) as s:
        s.sendall(head("Content-Length: 200000000"))
        status, inhoud = answer_on(s)
    assert status == 413
    assert texts(parse(inhoud), "//s:code | //faultcode") == ["soap:Client", "StUF055"]
    assert rows(engine) == for_


def test_who_sends_200_mb_all_the_same_does_not_keep_the_server(server: Server) -> None:
    block = b" " * MB
    with line(server) as s:
        s.sendall(head("Content-Length: 200000000"))
        try:
            for _ in range(200):
                s.sendall(block)
            assert answer_on(s)[0] == 413
        except OSError:
            pass  # hung up on, which is as good
    assert post(server, envelope(di02()))[0] == 200


def test_a_body_in_chunks_is_taken_and_bounded(server: Server) -> None:
    data = envelope(di02())
    with closing(http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)) as connection:
        connection.request("POST", "/stuf", iter([data[:100], data[100:]]), XML, encode_chunked=True)
        assert connection.getresponse().status == 200
    with line(server) as s:
        s.sendall(head("Transfer-Encoding: chunked"))
        try:
            for _ in range(151):
                s.sendall(f"{MB:x}\r\n".encode() + b" " * MB + b"\r\n")
            assert answer_on(s)[0] == 413
        except OSError:
            pass
    assert fetch(f"{server.url}/healthz")[0] == 200


@pytest.mark.parametrize("part", [0, 1, 400])
def test_a_message_that_is_cut_off_leaves_nothing(server: Server, engine: Engine, part: int) -> None:
    for_ = rows(engine)
    data = envelope(lk01("T", zaak(new_number())))
    with line(server) as s:
        s.sendall(head(f"Content-Length: {len(data)}") + data[:part])
        s.shutdown(socket.SHUT_WR)
        while s.recv(4096):
            pass
    assert post(server, envelope(di02()))[0] == 200
    assert rows(engine) == for_ | {"bericht": for_["bericht"] + 1}


def test_a_connection_is_kept_through_faults(server: Server) -> None:
    statussen = []
    with closing(http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)) as connection:
        for data in (envelope(di02()), b"<a", b"", envelope(di02()).replace(b">Di02<", b">Lk01<"), envelope(di02())):
            connection.request("POST", "/stuf", data, XML)
            answer = connection.getresponse()
            answer.read()
            statussen.append(answer.status)
    assert statussen == [200, 500, 500, 500, 200]


def test_a_large_message_is_read_and_answered(server: Server) -> None:
    """Five million elements that are no message; the client waits to be told to go on."""
    status, inhoud = post(server, b"<a>" + b"<b/>" * 5_000_000 + b"</a>", Expect="100-continue")
    assert status == 500
    assert texts(parse(inhoud), "//s:code") == ["StUF055"]


def test_the_same_message_twelve_times_at_once_over_all_workers_is_one(server: Server, engine: Engine) -> None:
    data = envelope(di02(new_number()))
    for_ = rows(engine)["bericht"]
    out: list[tuple[int, bytes]] = []
    threads = [threading.Thread(target=lambda: out.append(post(server, data))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {status for status, _ in out} == {200}
    assert len({inhoud for _, inhoud in out}) == 1
    assert rows(engine)["bericht"] == for_ + 1


def test_the_log_has_one_line_per_message_and_no_bsn(server: Server) -> None:
    number = new_number()
    plan = zaak(number, "GEZINSPLAN", relaties=client(BSN) + rol("heeftAlsInitiator", mdw("m1")))
    good, error = "bericht-goed", "bericht-fout"  # no digits, which may look like a BSN
    assert post(server, envelope(lk01("T", plan, ref=good)))[0] == 200
    onzin = plan.replace("<ZKN:startdatum>", f"<ZKN:onzin>{BSN}</ZKN:onzin><ZKN:startdatum>{BSN}")
    assert post(server, envelope(lk01("T", onzin, ref=error, zender="Vreemd")))[0] == 500
    regels = server.logboek.read_text().splitlines()
    for ref, outcome in ((good, "Bv03"), (error, "Fo03")):
        [regel] = [regel for regel in regels if ref in regel and "bericht_verwerkt" in regel]
        for field in ("dienst=creeerZaak_Lk01", "zender=1900/", "duur_ms=", "statements=", f"uitkomst={outcome}"):
            assert field in regel
    assert BSN not in server.logboek.read_text()
    assert "Traceback" not in server.logboek.read_text()
