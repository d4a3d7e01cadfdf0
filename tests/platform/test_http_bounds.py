"""`regie serve` over HTTP: bounds of size and time, and clients who never finish cost no thread."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psutil
import pytest
from tests.conftest import Server, fetch, is_web, running_server, wait_until

HEAD = "POST {pad} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n{kop}\r\n"


@pytest.fixture(scope="module")
def krap(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with one process, two threads, messages of at most 1 MB, and no patience."""
    bounds = {"REGIE_THREADS": "2", "REGIE_MAX_BERICHT_MB": "1", "REGIE_LEES_TIMEOUT": "1"}
    with running_server(module_database_url, tmp_path_factory.mktemp("krap"), REGIE_WORKERS="1", **bounds) as server:
        yield server


def connect(server: Server, path: str = "/stuf", **head: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=30)
    regels = "".join(f"{naam.replace('_', '-')}: {waarde}\r\n" for naam, waarde in head.items())
    connection.sendall(HEAD.format(pad=path, kop=regels).encode())
    return connection


def read(connection: socket.socket) -> str:
    """All that comes, until the other side closes or has nothing more to say in an answer with a length."""
    text = connection.recv(65536).decode()
    head, _, inhoud = text.partition("\r\n\r\n")
    length = int(head.lower().partition("content-length: ")[2].partition("\r\n")[0] or 0)
    while len(inhoud.encode()) < length:
        inhoud += connection.recv(65536).decode()
    return f"{head}\r\n\r\n{inhoud}"


def test_clients_who_never_finish_hold_nobody_up(krap: Server) -> None:
    with ExitStack() as batch:
        for _ in range(30):
            batch.enter_context(closing(connect(krap, Content_Length="1000"))).sendall(b"<half")
        for _ in range(10):
            half_head = socket.create_connection(("127.0.0.1", int(krap.url.rpartition(":")[2])))
            batch.enter_context(closing(half_head)).sendall(b"POST /stuf HTTP/1.1\r\nHos")
        with closing(connect(krap, Content_Length="4")) as whole:
            whole.sendall(b"<x/>")
            assert read(whole).startswith("HTTP/1.1 500"), "a SOAP fault: the message came in whole"
        assert fetch(f"{krap.url}/readyz")[0] == 200


def test_idle_connections_hold_nobody_up(krap: Server) -> None:
    """More of them than any number of threads are kept at a time, each good for a next request."""
    with ExitStack() as batch:
        rustend = [batch.enter_context(closing(connect(krap, "/healthz", Content_Length="0"))) for _ in range(300)]
        for connection in rustend:
            read(connection)
        assert fetch(f"{krap.url}/healthz")[0] == 200
        for connection in rustend:
            connection.sendall(HEAD.format(pad="/healthz", kop="Content-Length: 0\r\n").encode())
            assert read(connection).startswith("HTTP/1.1 ")


@pytest.mark.parametrize("aangekondigd", ["1000", "1000000"])
def test_who_takes_too_long_is_told_so(krap: Server, aangekondigd: str) -> None:
    """Also who announces much: only what came buys time."""
    with closing(connect(krap, Content_Length=aangekondigd)) as slow:
        slow.sendall(b"<half")
        answer = read(slow)
    assert answer.startswith("HTTP/1.1 408")
    assert "niet op tijd volledig ontvangen" in answer


@pytest.mark.parametrize("aangekondigd", [True, False])
def test_what_is_too_large_is_refused_before_it_is_read_whole(krap: Server, aangekondigd: bool) -> None:
    head = {"Content_Length": "900000000"} if aangekondigd else {"Transfer_Encoding": "chunked"}
    with closing(connect(krap, **head)) as large:
        if not aangekondigd:
            large.sendall(b"".join(b"8000\r\n" + b" " * 0x8000 + b"\r\n" for _ in range(40)))
        answer = read(large)
    assert answer.partition(" ")[2][:3] == "413"
    assert "Fault" in answer
    assert "1 MB" in answer or "te groot" in answer


def test_a_message_in_pieces_arrives_whole(krap: Server) -> None:
    with closing(connect(krap, Transfer_Encoding="chunked")) as stukjes:
        for sign in b"<x/>":
            stukjes.sendall(b"1\r\n" + bytes([sign]) + b"\r\n")
        stukjes.sendall(b"0\r\n\r\n")
        assert "Fault" in read(stukjes)


@pytest.mark.parametrize(
    ("path", "code"), [("/stuf/OntvangAsynchroon", "StUF046"), ("/stuf/BeantwoordVraag", "StUF058")]
)
def test_a_message_for_which_there_is_no_room_may_come_again(krap: Server, path: str, code: str) -> None:
    [werker] = filter(is_web, psutil.Process(krap.process.pid).children())
    whole = b"<x>" + b" " * 600_000 + b"</x>"
    room = werker.rlimit(psutil.RLIMIT_FSIZE)
    werker.rlimit(psutil.RLIMIT_FSIZE, (200_000, room[1]))  # a file may not be larger, as on a full disk
    try:
        with closing(connect(krap, path, Content_Length=str(len(whole)))) as large:
            large.sendall(whole)
            answer = read(large)
    finally:
        werker.rlimit(psutil.RLIMIT_FSIZE, room)
    assert answer.startswith("HTTP/1.1 503")
    assert f"<StUF:code>{code}</StUF:code>" in answer
    assert "bied het later opnieuw aan" in answer
    assert "bericht_niet_bewaard" in krap.logboek.read_text()
    with closing(connect(krap, path, Content_Length=str(len(whole)))) as large:
        large.sendall(whole)
        assert read(large).startswith("HTTP/1.1 500"), "a SOAP fault: there is room again"


def _verbonden(server: Server, port: int) -> bool:
    """Tell whether a server process still holds the connection of a client at this port of its own."""
    werkers = psutil.Process(server.process.pid).children()
    return any(one.raddr and one.raddr.port == port for werker in werkers for one in werker.net_connections("tcp"))


def test_a_sender_who_goes_away_leaves_nothing(krap: Server) -> None:
    for_ = krap.logboek.read_text().count("bericht_verwerkt")
    connection = connect(krap, Content_Length="1000")
    port = connection.getsockname()[1]
    connection.sendall(b"<half")
    wait_until(lambda: _verbonden(krap, port), "verbinding aangenomen")
    connection.close()
    wait_until(lambda: not _verbonden(krap, port), "verbinding losgelaten")
    assert fetch(f"{krap.url}/healthz")[0] == 200
    assert krap.logboek.read_text().count("bericht_verwerkt") == for_


def test_an_unexpected_path_or_method_gets_an_answer(krap: Server) -> None:
    for path in ("/", "/nergens", "/stuf/nergens", "/%ff%00", "/healthz"):
        with closing(connect(krap, path, Content_Length="0")) as connection:
            assert read(connection).partition(" ")[2][:3] in {"404", "405", "500"}, path
    assert "Traceback" not in Path(krap.logboek).read_text()


@pytest.mark.parametrize(("path", "status"), [("/", 405), ("/healthz", 405), ("/nergens", 404), ("/stuf/nergens", 404)])
def test_a_message_to_what_is_no_door_is_told_where_they_are(krap: Server, path: str, status: int) -> None:
    with closing(connect(krap, path, Content_Length="0")) as connection:
        answer = read(connection)
    assert answer.startswith(f"HTTP/1.1 {status}")
    assert "Berichten gaan" in answer
    assert "/stuf/OntvangAsynchroon" in answer
    assert "<html" not in answer
