"""`regie serve` over HTTP: bounds of size and time, and clients who never finish cost no thread."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psutil
import pytest
from tests.conftest import Server, haal, is_web, start_server, stop_server, vrije_poort, wacht_op_server, wacht_tot

KOP = "POST {pad} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n{kop}\r\n"


@pytest.fixture(scope="module")
def krap(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with one process, two threads, messages of at most 1 MB, and no patience."""
    map_ = tmp_path_factory.mktemp("krap")
    poort, logboek = vrije_poort(), map_ / "logboek"
    proces = start_server(
        logboek,
        REGIE_PORT=str(poort),
        REGIE_WORKERS="1",
        REGIE_THREADS="2",
        REGIE_MAX_BERICHT_MB="1",
        REGIE_LEES_TIMEOUT="1",
        REGIE_DATA_DIR=str(map_),
        REGIE_DATABASE_URL=module_database_url,
    )
    try:
        wacht_op_server(proces, logboek)
        yield Server(f"http://127.0.0.1:{poort}", module_database_url, map_, proces, logboek)
    finally:
        stop_server(proces)


def verbind(server: Server, pad: str = "/stuf", **kop: str) -> socket.socket:
    verbinding = socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=30)
    regels = "".join(f"{naam.replace('_', '-')}: {waarde}\r\n" for naam, waarde in kop.items())
    verbinding.sendall(KOP.format(pad=pad, kop=regels).encode())
    return verbinding


def lees(verbinding: socket.socket) -> str:
    """All that comes, until the other side closes or has nothing more to say in an answer with a length."""
    tekst = verbinding.recv(65536).decode()
    kop, _, inhoud = tekst.partition("\r\n\r\n")
    lengte = int(kop.lower().partition("content-length: ")[2].partition("\r\n")[0] or 0)
    while len(inhoud.encode()) < lengte:
        inhoud += verbinding.recv(65536).decode()
    return f"{kop}\r\n\r\n{inhoud}"


def test_clients_who_never_finish_hold_nobody_up(krap: Server) -> None:
    with ExitStack() as stapel:
        for _ in range(30):
            stapel.enter_context(closing(verbind(krap, Content_Length="1000"))).sendall(b"<half")
        for _ in range(10):
            half_kop = socket.create_connection(("127.0.0.1", int(krap.url.rpartition(":")[2])))
            stapel.enter_context(closing(half_kop)).sendall(b"POST /stuf HTTP/1.1\r\nHos")
        with closing(verbind(krap, Content_Length="4")) as heel:
            heel.sendall(b"<x/>")
            assert lees(heel).startswith("HTTP/1.1 500"), "a SOAP fault: the message came in whole"
        assert haal(f"{krap.url}/readyz")[0] == 200


def test_idle_connections_hold_nobody_up(krap: Server) -> None:
    """More of them than any number of threads are kept at a time, each good for a next request."""
    with ExitStack() as stapel:
        rustend = [stapel.enter_context(closing(verbind(krap, "/healthz", Content_Length="0"))) for _ in range(300)]
        for verbinding in rustend:
            lees(verbinding)
        assert haal(f"{krap.url}/healthz")[0] == 200
        for verbinding in rustend:
            verbinding.sendall(KOP.format(pad="/healthz", kop="Content-Length: 0\r\n").encode())
            assert lees(verbinding).startswith("HTTP/1.1 ")


@pytest.mark.parametrize("aangekondigd", ["1000", "1000000"])
def test_who_takes_too_long_is_told_so(krap: Server, aangekondigd: str) -> None:
    """Also who announces much: only what came buys time."""
    with closing(verbind(krap, Content_Length=aangekondigd)) as traag:
        traag.sendall(b"<half")
        antwoord = lees(traag)
    assert antwoord.startswith("HTTP/1.1 408")
    assert "niet op tijd volledig ontvangen" in antwoord


@pytest.mark.parametrize("aangekondigd", [True, False])
def test_what_is_too_large_is_refused_before_it_is_read_whole(krap: Server, aangekondigd: bool) -> None:
    kop = {"Content_Length": "900000000"} if aangekondigd else {"Transfer_Encoding": "chunked"}
    with closing(verbind(krap, **kop)) as groot:
        if not aangekondigd:
            groot.sendall(b"".join(b"8000\r\n" + b" " * 0x8000 + b"\r\n" for _ in range(40)))
        antwoord = lees(groot)
    assert antwoord.partition(" ")[2][:3] == "413"
    assert "Fault" in antwoord
    assert "1 MB" in antwoord or "te groot" in antwoord


def test_a_message_in_pieces_arrives_whole(krap: Server) -> None:
    with closing(verbind(krap, Transfer_Encoding="chunked")) as stukjes:
        for teken in b"<x/>":
            stukjes.sendall(b"1\r\n" + bytes([teken]) + b"\r\n")
        stukjes.sendall(b"0\r\n\r\n")
        assert "Fault" in lees(stukjes)


@pytest.mark.parametrize(
    ("pad", "code"), [("/stuf/OntvangAsynchroon", "StUF046"), ("/stuf/BeantwoordVraag", "StUF058")]
)
def test_a_message_for_which_there_is_no_room_may_come_again(krap: Server, pad: str, code: str) -> None:
    [werker] = filter(is_web, psutil.Process(krap.proces.pid).children())
    heel = b"<x>" + b" " * 600_000 + b"</x>"
    ruimte = werker.rlimit(psutil.RLIMIT_FSIZE)
    werker.rlimit(psutil.RLIMIT_FSIZE, (200_000, ruimte[1]))  # a file may not be larger, as on a full disk
    try:
        with closing(verbind(krap, pad, Content_Length=str(len(heel)))) as groot:
            groot.sendall(heel)
            antwoord = lees(groot)
    finally:
        werker.rlimit(psutil.RLIMIT_FSIZE, ruimte)
    assert antwoord.startswith("HTTP/1.1 503")
    assert f"<StUF:code>{code}</StUF:code>" in antwoord
    assert "bied het later opnieuw aan" in antwoord
    assert "bericht_niet_bewaard" in krap.logboek.read_text()
    with closing(verbind(krap, pad, Content_Length=str(len(heel)))) as groot:
        groot.sendall(heel)
        assert lees(groot).startswith("HTTP/1.1 500"), "a SOAP fault: there is room again"


def _verbonden(server: Server, poort: int) -> bool:
    """Whether a server process still holds the connection of a client at this port of his."""
    werkers = psutil.Process(server.proces.pid).children()
    return any(een.raddr and een.raddr.port == poort for werker in werkers for een in werker.net_connections("tcp"))


def test_a_sender_who_goes_away_leaves_nothing(krap: Server) -> None:
    voor = krap.logboek.read_text().count("bericht_verwerkt")
    verbinding = verbind(krap, Content_Length="1000")
    poort = verbinding.getsockname()[1]
    verbinding.sendall(b"<half")
    wacht_tot(lambda: _verbonden(krap, poort), "verbinding aangenomen")
    verbinding.close()
    wacht_tot(lambda: not _verbonden(krap, poort), "verbinding losgelaten")
    assert haal(f"{krap.url}/healthz")[0] == 200
    assert krap.logboek.read_text().count("bericht_verwerkt") == voor


def test_an_unexpected_path_or_method_gets_an_answer(krap: Server) -> None:
    for pad in ("/", "/nergens", "/stuf/nergens", "/%ff%00", "/healthz"):
        with closing(verbind(krap, pad, Content_Length="0")) as verbinding:
            assert lees(verbinding).partition(" ")[2][:3] in {"404", "405", "500"}, pad
    assert "Traceback" not in Path(krap.logboek).read_text()


@pytest.mark.parametrize(("pad", "status"), [("/", 405), ("/healthz", 405), ("/nergens", 404), ("/stuf/nergens", 404)])
def test_a_message_to_what_is_no_door_is_told_where_they_are(krap: Server, pad: str, status: int) -> None:
    with closing(verbind(krap, pad, Content_Length="0")) as verbinding:
        antwoord = lees(verbinding)
    assert antwoord.startswith(f"HTTP/1.1 {status}")
    assert "Berichten gaan" in antwoord
    assert "/stuf/OntvangAsynchroon" in antwoord
    assert "<html" not in antwoord
