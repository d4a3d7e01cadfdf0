"""The HTTP server of a process: no client holds a thread, none costs work without end, and each gets an answer."""

import socket
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import pytest
from tests.conftest import wacht_tot
from waitress.adjustments import Adjustments

from regiesysteem.http.front import Front, _Request, listen

MB = 1_000_000
LARGE = 20 * MB  # more than the kernel takes for a client that does not read
GET = b"GET %b HTTP/1.1\r\nHost: here\r\n\r\n"


class App:
    """Answers with the body of the request; `/large` with more than fits anywhere; `/wait` waits for `go`."""

    def __init__(self) -> None:
        self.go = threading.Event()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        path = environ["PATH_INFO"]
        if path == "/wait":
            self.go.wait()
        body = b"x" * LARGE if path == "/large" else environ["wsgi.input"].read() or path.encode()
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
        return [body]


class Running:
    """A front with one thread, and what the tests look at."""

    def __init__(self, front: Front, port: int, app: App) -> None:
        self.front = front
        self.port = port
        self.app = app

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def connections(self) -> int:
        return len(self.front._server.active_channels)

    def get(self, path: bytes) -> bytes:
        with closing(self.connect()) as client:
            client.sendall(GET % path)
            return client.recv(65536)


@contextmanager
def running(patience: float = 60, max_bytes: int = MB) -> Iterator[Running]:
    app, listener = App(), listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    front = Front(app, listener, threads=1, max_bytes=max_bytes, patience=patience)
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=front.run, args=(theirs, 0.0))
    thread.start()
    try:
        yield Running(front, port, app)
    finally:
        app.go.set()
        ours.close()
        thread.join()
        for channel in list(front._server.active_channels.values()):
            channel.handle_close()
        front._server.task_dispatcher.shutdown()
        front._server.task_dispatcher._health.shutdown()
        front._server.trigger.close()
        theirs.close()


def test_clients_who_do_not_read_their_answer_hold_no_thread() -> None:
    with running() as server, ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(closing(server.connect())).sendall(GET % b"/large")
        assert server.get(b"/other").endswith(b"/other")


def test_a_client_who_does_not_read_its_answer_is_dropped() -> None:
    """waitress by itself keeps it for ever: poll says nothing of a connection that has no room."""
    with running(patience=0.2) as server, closing(server.connect()) as client:
        client.sendall(GET % b"/large")
        wacht_tot(lambda: server.connections() == 1, "aangenomen")
        wacht_tot(lambda: server.connections() == 0, "losgelaten")
        got = 0
        while data := client.recv(MB):
            got += len(data)
        assert got < LARGE


def test_a_client_who_connects_and_says_nothing_is_dropped() -> None:
    with running(patience=0.2) as server, closing(server.connect()) as client:
        assert client.recv(1) == b""


def test_health_answers_when_all_threads_wait() -> None:
    with running() as server, closing(server.connect()) as busy:
        busy.sendall(GET % b"/wait")
        wacht_tot(lambda: server.connections() == 1, "aangenomen")
        for path in (b"/healthz", b"/readyz", b"/metrics"):
            assert server.get(path).endswith(path)
        server.app.go.set()
        assert busy.recv(65536).endswith(b"/wait")


def test_what_is_no_http_is_told_in_dutch() -> None:
    with running() as server, closing(server.connect()) as client:
        client.sendall(b"hallo daar\r\n\r\n")
        answer = client.recv(65536)
    assert b" 400 " in answer
    assert b"Dit is geen geldig HTTP-verzoek" in answer


def test_headers_without_end_are_bounded() -> None:
    with running() as server, closing(server.connect()) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: here\r\nX: " + b"x" * 70_000)
        assert b" 431 " in client.recv(65536)


def test_a_client_who_waits_for_100_continue_gets_it_or_its_refusal() -> None:
    head = b"POST /echo HTTP/1.1\r\nHost: here\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n"
    with running() as server, closing(server.connect()) as client:
        client.sendall(head % 5)
        assert client.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"hello")
        assert client.recv(65536).endswith(b"hello")
        client.sendall(head % (2 * MB))
        assert client.recv(65536).startswith(b"HTTP/1.1 200"), "the application refuses it, by its length"


def _request() -> _Request:
    request = _Request(Adjustments(max_request_body_size=100 * MB, inbuf_overflow=100 * MB))
    request.received(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
    return request


def _chunks(size: int) -> bytes:
    return (b"%x\r\n%b\r\n" % (size, b"x" * size)) * (65536 // (size + 4) + 1)


def _taken(request: _Request, piece: bytes, most: int) -> int:
    """How many bytes of a body it takes before it says that it is enough, at most so many."""
    sent = 0
    while not request.completed and sent < most:
        sent += request.received(piece)
    return sent


@pytest.mark.parametrize("size", [1, 2, 10])
def test_a_body_in_chunks_of_a_byte_is_refused_before_it_costs_much(size: int) -> None:
    """Each chunk costs as much work as a kilobyte of content: so many chunks and no more."""
    request = _request()
    assert _taken(request, _chunks(size), 20 * MB) < 0.6 * MB
    assert request.error is not None
    assert request.error.code == 400
    assert request.refused


@pytest.mark.parametrize("size", [200, 4096])
def test_a_large_body_in_chunks_as_clients_make_them_is_taken(size: int) -> None:
    request = _request()
    assert _taken(request, _chunks(size), 20 * MB) >= 20 * MB
    assert request.error is None


def test_a_message_of_a_client_that_sends_each_tag_by_itself_is_taken() -> None:
    request = _request()
    for _ in range(10_000):
        request.received(b"a\r\n<element/>\r\n")
    request.received(b"0\r\n\r\n")
    assert request.completed
    assert request.error is None


@pytest.mark.parametrize("line", [b"1;" + b"x" * 1000, b"\r\n" * 1000, b"0\r\nX: " + b"x" * 1000])
def test_the_lines_between_chunks_are_bounded(line: bytes) -> None:
    """Each piece that comes is joined to what was there of a line: the work grows as its square."""
    request = _request()
    tracemalloc.start()
    try:
        taken = request.received(line) + _taken(request, b"x" * 1000 if line.strip() else line, 5 * MB)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert taken < 0.3 * MB
    assert peak < MB
    assert request.error is not None
