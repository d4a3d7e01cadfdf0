"""The HTTP server of a process: no client holds a thread, none costs work without end, and each gets an answer."""

import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import pytest
from tests.conftest import wait_until

from regiesysteem.http.front import Bounds, Front, Room, _Request, listen

MB = 1_000_000
LARGE = 20 * MB  # more than the kernel takes for a client that does not read
GET = b"GET %b HTTP/1.1\r\nHost: here\r\n\r\n"


class App:
    """Answers with the body of the request; `/large` with more than fits anywhere; `/wait` waits for `go`.

    `/odd` and `/text` give what cannot be sent. `called` has the paths so far, `came` is set by each.
    """

    def __init__(self) -> None:
        self.go = threading.Event()
        self.came = threading.Event()
        self.called: list[str] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        path = environ["PATH_INFO"]
        self.called.append(path)
        self.came.set()
        if path == "/odd":
            start_response("200 OK", [("X-Name", "\N{EURO SIGN}")])
            return [b"x"]
        if path == "/text":
            start_response("200 OK", [])
            return ["not bytes"]  # type: ignore[list-item]
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
def running(patience: float = 60, max_bytes: int = MB, **more: Any) -> Iterator[Running]:
    app, listener = App(), listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    front = Front(app, listener, threads=1, max_bytes=max_bytes, patience=patience, **more)
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=front.run, args=(theirs, 0.0))
    thread.start()
    try:
        yield Running(front, port, app)
    finally:
        app.go.set()
        ours.close()
        thread.join()
        for server in front._servers:
            for channel in list(server.active_channels.values()):
                channel.handle_close()
        front._server.task_dispatcher.shutdown()
        front._server.task_dispatcher.health.shutdown()
        for server in front._servers:
            server.trigger.close()
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
        assert server.app.came.wait(60)
        wait_until(lambda: server.connections() == 0, "losgelaten")
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
        assert server.app.came.wait(60), "the only thread is in it"
        for path in (b"/healthz", b"/readyz", b"/metrics"):
            assert server.get(path).endswith(path)
        server.app.go.set()
        assert busy.recv(65536).endswith(b"/wait")


def test_health_at_its_own_address_answers_when_there_is_no_connection_and_no_thread_left() -> None:
    own = listen("127.0.0.1", 0)
    # waitress counts its own descriptors too: two for each address, and the line to the parent.
    with running(connections=6, beheer=(App(), own)) as server, closing(server.connect()) as busy:
        busy.sendall(GET % b"/wait")
        assert server.app.came.wait(60)
        wait_until(lambda: server.front._server.in_connection_overflow, "geen verbinding over")
        with closing(socket.create_connection(own.getsockname(), timeout=60)) as client:
            client.sendall(GET % b"/anything")
            assert client.recv(65536).endswith(b"/anything")
        assert server.app.called == ["/wait"]


def test_what_the_server_refuses_by_itself_has_the_safe_headers_too() -> None:
    with running() as server, closing(server.connect()) as client:
        client.sendall(b"hallo daar\r\n\r\n")
        head = client.recv(65536).partition(b"\r\n\r\n")[0].decode()
    names = {line.partition(":")[0].lower() for line in head.splitlines()[1:]}
    assert {"content-security-policy", "x-content-type-options", "x-frame-options", "cache-control"} <= names
    assert not {"server", "via"} & names


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


def _all(client: socket.socket, most: int = MB) -> bytes:
    """The bytes that come until the other side closes, or until there are more than `most`."""
    got = b""
    while len(got) <= most and (data := client.recv(65536)):
        got += data
    return got


def test_requests_without_waiting_for_answers_hold_one_answer() -> None:
    """A client that reads nothing has us keep one; it may ask again for what was not answered (RFC 9112, 9.3.2)."""
    with running() as server, closing(server.connect()) as client:
        client.sendall(GET % b"/large" * 5)
        assert server.app.came.wait(60)
        assert server.get(b"/other").endswith(b"/other"), "the thread is free again"
        assert sum(one.total_outbufs_len for one in server.front._server.active_channels.values()) <= LARGE
        answer = _all(client, LARGE + MB)
    assert LARGE < len(answer) < LARGE + MB
    assert b"Connection: close" in answer[:1000]
    assert server.app.called.count("/large") == 1


def test_a_request_that_comes_while_another_is_worked_on_is_answered_after_it() -> None:
    with running() as server, closing(server.connect()) as client:
        client.sendall(GET % b"/wait")
        assert server.app.came.wait(60)
        client.sendall(GET % b"/next")
        server.app.go.set()
        got = b""
        while not got.endswith(b"/next"):
            got += client.recv(65536)
        assert got.count(b"HTTP/1.1 200") == 2


def test_a_client_who_goes_away_in_the_midst_of_its_last_answer_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    with running() as server:
        with closing(server.connect()) as client:
            client.sendall(GET % b"/large" * 2)
            assert client.recv(65536)
        wait_until(lambda: server.connections() == 0, "losgelaten")
    assert "uncaptured" not in caplog.text


def test_an_empty_line_after_a_body_is_no_request() -> None:
    with running() as server, closing(server.connect()) as client:
        client.sendall(b"POST /x HTTP/1.1\r\nHost: here\r\nContent-Length: 2\r\n\r\nhi\r\n")
        assert b"Connection: close" not in client.recv(65536)
        client.sendall(GET % b"/next")
        assert client.recv(65536).endswith(b"/next")


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.0\r\nTransfer-Encoding: chunked",
        b"HTTP/1.2\r\nTransfer-Encoding: chunked",
        b"HTTP/2.0\r\ntransfer-encoding: chunked",
        b"HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5",
        b"HTTP/1.1\r\nContent-Length: 0\r\nTransfer-Encoding: chunked",
        b"HTTP/1.1\r\nTransfer-Encoding: chunked, chunked",
        b"HTTP/1.1\r\nTransfer-Encoding: chunked\r\n , chunked",
        b"HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        b"HTTP/1.1\r\nTransfer-Encoding: chunked,",
        b"HTTP/1.1\r\nTransfer-Encoding:",
        b"HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 0",
    ],
)
def test_a_body_whose_end_two_servers_can_read_differently_is_refused(head: bytes) -> None:
    """RFC 9112, 6.1 and 6.3: a proxy before us that takes another length lets a second request through unseen."""
    with running() as server, closing(server.connect()) as client:
        client.sendall(b"POST /one " + head + b"\r\nHost: here\r\n\r\n0\r\n\r\n" + GET % b"/smuggled")
        answer = _all(client)
    assert answer.startswith((b"HTTP/1.0 400", b"HTTP/1.1 400"))
    assert answer.count(b"HTTP/1.") == 1
    assert server.app.called == []


@pytest.mark.parametrize(
    "request_",
    [
        b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
        GET % b"http://[/healthz",
        GET % b"http://\xef\xbc\x8f\xe2\x84\x80/healthz",
    ],
)
def test_numbers_and_addresses_that_are_none_get_an_answer(request_: bytes) -> None:
    with running() as server, closing(server.connect()) as client:
        client.sendall(request_)
        answer = _all(client)
    assert b" 400 " in answer
    assert b"Dit is geen geldig HTTP-verzoek" in answer


@pytest.mark.parametrize("path", [b"/odd", b"/text"])
def test_an_answer_that_cannot_be_written_is_told(path: bytes) -> None:
    with running() as server, closing(server.connect()) as client:
        client.sendall(GET % path)
        answer = _all(client)
    assert answer.startswith(b"HTTP/1.1 500")
    assert b"Er is een storing; zie het logboek" in answer


def test_a_clock_that_is_set_ends_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    with running() as server, closing(server.connect()) as client:
        client.sendall(GET % b"/one")
        assert client.recv(65536).endswith(b"/one")
        ahead = time.time() + 1_000_000
        monkeypatch.setattr(time, "time", lambda: ahead)
        [channel] = server.front._server.active_channels.values()
        channel.look(time.monotonic(), 60, stopping=False)
        assert channel.connected


def test_large_bodies_have_so_much_room_and_no_more() -> None:
    """Unfinished ones too: those of slow clients would fill the disk in hours."""
    room = Room(MB)
    bounds = Bounds(room, max_request_body_size=MB, inbuf_overflow=65536)
    head = b"POST / HTTP/1.1\r\nContent-Length: 700000\r\n\r\n"
    first, second, small = _Request(bounds), _Request(bounds), _Request(bounds)
    for request in (first, second):
        request.received(head)
        for _ in range(7):
            request.received(b"x" * 100_000)
        assert request.completed
    small.received(b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n")
    small.received(b"hello")
    assert first.get_body_stream().read() == b"x" * 700_000
    with pytest.raises(OSError, match="too many large bodies"):
        second.get_body_stream().read()
    assert small.get_body_stream().read() == b"hello", "it fits in memory"
    for request in (first, second, small):
        request.close()
        request.close()
    assert room.taken == 0


def _request() -> _Request:
    request = _Request(Bounds(Room(100 * MB), max_request_body_size=100 * MB, inbuf_overflow=100 * MB))
    request.received(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
    return request


def _chunks(size: int) -> bytes:
    return (b"%x\r\n%b\r\n" % (size, b"x" * size)) * (65536 // (size + 4) + 1)


def _tasks(request: _Request, piece: bytes, most: int) -> int:
    """How many bytes of a body it takes before it says that it is enough, at most so many."""
    sent = 0
    while not request.completed and sent < most:
        sent += request.received(piece)
    return sent


@pytest.mark.parametrize("size", [1, 2, 10])
def test_a_body_in_chunks_of_a_byte_is_refused_before_it_costs_much(size: int) -> None:
    """Each chunk costs as much work as a kilobyte of content: so many chunks and no more."""
    request = _request()
    assert _tasks(request, _chunks(size), 20 * MB) < 0.8 * MB
    assert request.error is not None
    assert request.error.code == 400
    assert "te kleine stukken" in request.error.text
    assert request.is_last


@pytest.mark.parametrize("size", [32, 78, 4096])
def test_a_large_body_in_chunks_as_clients_make_them_is_taken(size: int) -> None:
    request = _request()
    assert _tasks(request, _chunks(size), 20 * MB) >= 20 * MB
    assert request.error is None


def test_a_message_of_a_client_that_sends_each_tag_by_itself_is_taken() -> None:
    request = _request()
    for _ in range(10_000):
        request.received(b"a\r\n<element/>\r\n")
    request.received(b"0\r\n\r\n")
    assert request.completed
    assert request.error is None


def test_only_the_content_of_chunks_counts_for_the_size() -> None:
    request = _Request(Bounds(Room(MB), max_request_body_size=1001, inbuf_overflow=65536))
    request.received(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
    request.received(b"a\r\n0123456789\r\n" * 100 + b"0\r\n\r\n")
    assert request.completed
    assert request.error is None
    assert request.headers["CONTENT_LENGTH"] == "1000"
    assert request.get_body_stream().read() == b"0123456789" * 100


@pytest.mark.parametrize("line", [b"1;" + b"x" * 1000, b"\r\n" * 1000, b"0\r\nX: " + b"x" * 1000])
def test_the_lines_between_chunks_are_bounded(line: bytes) -> None:
    """Each piece that comes is joined to what was there of a line: the work grows as its square."""
    request = _request()
    tracemalloc.start()
    try:
        tasks = request.received(line) + _tasks(request, b"x" * 1000 if line.strip() else line, 5 * MB)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert tasks < 0.3 * MB
    assert peak < MB
    assert request.error is not None
