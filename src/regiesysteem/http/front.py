"""The HTTP server of one process: waitress, with the bounds that it lacks.

waitress takes a request in whole, and sends an answer, in one loop over all connections. A thread works only on a
request that is complete, and never waits for a client. This module adds bounds on the time and the framing of a body
and on the time that a client may take over its answer, one request at a time on a connection, answers in Dutch, threads
of their own for health, and an orderly stop.
"""

import errno
import io
import logging  # noqa: TID251 - what waitress says too often
import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.buffers import OverflowableBuffer
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError, get_header_lines
from waitress.receiver import ChunkedReceiver
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, Task, ThreadedTaskDispatcher, WSGITask
from waitress.utilities import BadRequest, Error, RequestEntityTooLarge

from regiesysteem.http.headers import safe
from regiesysteem.logging_ import logger

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

CONNECTIONS: Final = 1024
"""Connections that a process has at a time, idle ones too; the others wait in the queue of the kernel."""
MIN_SPEED: Final = 16 * 1024
"""Bytes per second that the other side of a large body must reach on average."""

_HEALTH: Final = frozenset({"/healthz", "/readyz", "/metrics"})
_HEALTH_THREADS: Final = 2
_HEALTH_CONNECTIONS: Final = 32  # beyond those of messages, at an address of their own
_BODY_IN_MEMORY: Final = 64 * 1024  # a larger body waits in a temporary file, coming in
_ANSWER_IN_MEMORY: Final = 1024 * 1024  # and going out
_ANYTHING: Final = 1 << 62  # no thread waits because much of its answer is still to be sent
_HEADER: Final = 64 * 1024
_RECEIVE: Final = 64 * 1024
_BODIES_PER_THREAD: Final = 2  # largest bodies that a process keeps on disk
_GATHER: Final = 16 * 1024  # pieces of a body are gathered until they are worth a write
# waitress copies all that it was handed for each chunk of it, so it is handed little.
_PIECE: Final = 4 * 1024
# Bytes of a chunked body that are not its content: a line of a chunk or trailer, a fixed number to begin with, and a
# number per byte of content. A chunk has five of them or more, six when its content is 16 to 255 bytes.
_CHUNK_LINE: Final = 8 * 1024
_CHUNK_LINES: Final = 128 * 1024
_CHUNK_CONTENT: Final = 5
_IDLE_S: Final = 120.0  # between two requests on a connection
_FRESH_S: Final = 0.5  # when it stops, for a client that has just connected
_LINGER_S: Final = 2.0
_TICK_S: Final = 1.0

_TEXTS: Final = {
    400: "Dit is geen geldig HTTP-verzoek.",
    408: "Het bericht is niet op tijd volledig ontvangen.",
    431: "De HTTP-headers van het verzoek zijn te groot.",
    500: "Er is een storing; zie het logboek.",
    501: "Deze Transfer-Encoding wordt niet ondersteund.",
}


class _TooSlow(Error):  # type: ignore[misc]
    code = 408
    reason = "Request Timeout"


class _SmallPieces(BadRequest):  # type: ignore[misc]
    text = "Het bericht komt in te kleine stukken (Transfer-Encoding: chunked); maak ze 32 bytes of groter."


class Room:
    """Bytes of bodies that a process has on disk, at most `most`; a body that is still coming in counts as whole."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()  # bodies come in on one thread, and go out on others
        self.taken = 0

    def take(self, size: int) -> None:
        """Raise OSError when there is not so much left."""
        with self._lock:
            if self.taken + size > self._most:
                raise OSError(errno.ENOSPC, "too many large bodies at a time")
            self.taken += size

    def give_back(self, size: int) -> None:
        """Give back bytes that were taken."""
        with self._lock:
            self.taken -= size


class Bounds(Adjustments):  # type: ignore[misc]
    """The settings of waitress, and the room for bodies."""

    def __init__(self, room: Room, **settings: Any) -> None:
        super().__init__(**settings)
        self.room = room


class _Unkept(io.BytesIO):
    """The body of a message for which there is no room: reading it raises the error that keeping it gave."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self._error = error

    def seek(self, *_: int) -> int:
        raise self._error

    def read(self, *_: int | None) -> bytes:
        raise self._error


class _Body(OverflowableBuffer):  # type: ignore[misc]
    """A body on its way in. Without room for it the rest is read all the same, so that there is an answer."""

    def __init__(self, overflow: int, room: Room) -> None:
        super().__init__(overflow)
        self._room = room
        self._taken = 0  # bytes of the room
        self._size = 0
        self._small = bytearray()
        self._error: OSError | None = None

    def __len__(self) -> int:
        return self._size

    def append(self, data: bytes) -> None:
        self._size += len(data)
        if self._error is not None:
            return
        self._small += data
        if len(self._small) >= _GATHER:
            self._keep()

    def _keep(self) -> None:
        data = bytes(self._small)
        self._small.clear()
        try:
            if self._size > self.overflow:
                self._room.take(len(data))
                self._taken += len(data)
            super().append(data)
        except OSError as error:
            self._error = error
            self.close()

    def getfile(self) -> Any:
        if self._error is None and self._small:
            self._keep()
        if self._error is None:
            try:
                return super().getfile()
            except OSError as error:
                self._error = error
        return _Unkept(self._error)

    def close(self) -> None:
        self._room.give_back(self._taken)
        self._taken = 0
        self._small.clear()
        with suppress(OSError):  # a failed write is tried again
            super().close()


class _Request(HTTPRequestParser):  # type: ignore[misc]
    """A request that comes in. `is_last`: not all of it is read, so its connection ends with the answer."""

    body_rcv: Any
    path = ""
    version: str

    def __init__(self, adj: Bounds) -> None:
        super().__init__(adj)
        self.began = time.monotonic()
        self.is_last = False

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        self._refuse_two_lengths(header_plus)
        if self.body_rcv is not None:
            self.body_rcv.buf = _Body(self.adj.inbuf_overflow, self.adj.room)

    def _refuse_two_lengths(self, header_plus: bytes) -> None:
        """Refuse an ambiguous length: a proxy could see another request after it than we do (RFC 9112, 6.1 and 6.3)."""
        fields = (line.partition(b":") for line in get_header_lines(header_plus.partition(b"\r\n")[2]))
        codings = [value.strip(b" \t").lower() for name, _, value in fields if name.lower() == b"transfer-encoding"]
        if codings and (self.version != "1.1" or "CONTENT_LENGTH" in self.headers or codings != [b"chunked"]):
            raise ParsingError("Transfer-Encoding")

    def received(self, data: bytes) -> int:
        try:
            if isinstance(self.body_rcv, ChunkedReceiver):
                taken = self._receive_chunks(data, self.body_rcv)
            else:
                taken = super().received(data)
        except ValueError:  # a number of thousands of digits, or an invalid address
            self.error = BadRequest("")
            self.completed = True
        if self.error is not None:
            self.is_last = True
            taken = len(data)
            if isinstance(self.error, RequestEntityTooLarge):
                self._leave_to_application()
        elif self.completed and not self.empty:
            # One request at a time: a client that reads no answers would otherwise have us make as many as it likes.
            self.is_last = bool(data[taken:].strip(b"\r\n"))
            taken = len(data)
        if self.completed:
            self.expect_continue = False
        return taken

    def _receive_chunks(self, data: bytes, body: ChunkedReceiver) -> int:
        """Receive as waitress does, but count the content alone, and refuse pieces that cost more than that."""
        taken = 0
        while taken < len(data) and not self.completed:
            took = body.received(data[taken : taken + _PIECE])
            taken += took
            self.body_bytes_received += took
            line = len(body.control_line) + len(body.trailer)
            lines = self.body_bytes_received - len(body)
            if len(body) >= self.adj.max_request_body_size:
                self.error = RequestEntityTooLarge("")
            elif line > _CHUNK_LINE or lines > _CHUNK_LINES + len(body) // _CHUNK_CONTENT:
                self.error = _SmallPieces("")
            else:
                self.error = body.error
            self.completed = bool(body.completed or self.error)
        if body.completed:
            self.headers["CONTENT_LENGTH"] = str(len(body))
        return taken

    def _leave_to_application(self) -> None:
        """Let the application refuse the request by its CONTENT_LENGTH, in its own words."""
        self.error = None
        self.headers["CONTENT_LENGTH"] = str(max(self.content_length, self.adj.max_request_body_size))
        self.close()
        self.body_rcv = None

    def is_late(self, now: float, patience: float) -> bool:
        """Tell whether the body is later than the least speed allows."""
        return now > self.began + patience + int(self.body_bytes_received) / MIN_SPEED


class _OnePiece(Task):  # type: ignore[misc]
    channel: "_Channel"
    wrote_header: bool

    def write(self, data: bytes) -> None:
        """Send a piece of the answer; the first one in one piece with the headers."""
        if self.wrote_header:
            super().write(data)
            return
        self.channel.held = b""
        try:
            super().write(data)
        except Exception:
            self.wrote_header = False  # nothing of it was sent, so another answer can be
            raise
        finally:
            data, self.channel.held = self.channel.held, None
        self.channel.write_soon(data)


class _Task(_OnePiece, WSGITask):  # type: ignore[misc]
    def execute(self) -> None:
        if self.request.is_last or self.channel.server.stopping:
            self.set_close_on_finish()
        try:
            super().execute()
        except OSError as error:  # waitress takes it for an error of the connection, and logs nothing
            raise RuntimeError("the answer could not be made or kept") from error


class _ErrorTask(_OnePiece, ErrorTask):  # type: ignore[misc]
    def execute(self) -> None:
        error = self.request.error
        text = getattr(error, "text", None) or _TEXTS.get(error.code, error.reason)
        body = f"{text}\n".encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers = safe([("Content-Type", "text/plain; charset=utf-8")])
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Channel(HTTPChannel):  # type: ignore[misc]
    """One connection."""

    parser_class = _Request
    task_class = _Task
    error_task_class = _ErrorTask
    request: _Request | None
    close_when_flushed: bool
    current_outbuf_count: int

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._fresh_at = self._active_at
        self._sending: tuple[float, int] | None = None  # since when an answer waits for its client, and its bytes
        self._lingers_until: float | None = None
        self._half_read = False
        self.held: bytes | None = None  # the headers of an answer, which wait for its first piece

    @property
    def last_activity(self) -> float:
        """The moment at which something last came or went, by a clock that nobody sets."""
        return self._active_at

    @last_activity.setter
    def last_activity(self, _wall_time: float) -> None:
        self._active_at = time.monotonic()

    def service(self) -> None:
        """Do the work of a request, in a thread."""
        self._half_read = self.requests[0].is_last
        self._sending = None
        self.held = None
        super().service()

    def write_soon(self, data: bytes) -> int:
        """Send a piece of an answer, or add it to the waiting ones; in a thread."""
        if self.held is not None:
            self.held += data
            return len(data)
        if self.current_outbuf_count >= _ANSWER_IN_MEMORY and not self.outbufs[-1].overflowed:
            # A buffer in memory keeps bytes that were sent, and only unsent bytes turn it into a file: take a new one.
            self.current_outbuf_count = _ANYTHING
        return int(super().write_soon(data))

    def handle_close(self) -> None:
        if self.request is not None:
            self.request.close()
        super().handle_close()

    def readable(self) -> bool:
        return self._lingers_until is not None or bool(super().readable())

    def handle_read(self) -> None:
        if self._lingers_until is None:
            super().handle_read()
            return
        with suppress(OSError):
            self.recv(self.adj.recv_bytes)

    def handle_write(self) -> None:
        if not (self._half_read and self.close_when_flushed) or self.requests or self.will_close:
            super().handle_write()
            return
        self._flush_exception(self._flush_some)
        if self.will_close:
            self.handle_close()
        elif self.connected and not self.total_outbufs_len:
            # A client that is still sending would lose the answer to a reset, so it may continue for a moment.
            self.close_when_flushed = False
            self._lingers_until = time.monotonic() + _LINGER_S
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_WR)

    def look(self, now: float, patience: float, *, stopping: bool) -> None:
        """End connections that take too long, and idle ones when it is `stopping`. In the thread of the loop."""
        if self._lingers_until is not None:
            if now > self._lingers_until:
                self.handle_close()
        elif self.requests:
            self._sending = None  # a thread works on it
        elif self.total_outbufs_len:
            self._look_at_answer(now, patience)
        elif self.request is not None:
            if now - self.last_activity > patience or self.request.is_late(now, patience):
                self._refuse_late()
        else:
            self._sending = None
            fresh = self.last_activity == self._fresh_at
            allowed = (patience if fresh else _IDLE_S) if not stopping else _FRESH_S if fresh else 0.0
            if now - self.last_activity > allowed:
                self.handle_close()

    def _look_at_answer(self, now: float, patience: float) -> None:
        """Leave a client that takes nothing, or too little ever to end; poll does not report such a client."""
        if self._sending is None:
            self._sending = now, self.total_outbufs_len
        since, size = self._sending
        taken = max(0, size - self.total_outbufs_len)
        if now - self.last_activity > patience or now - since > patience + taken / MIN_SPEED:
            logger().info("ontvanger_weg", bytes=self.total_outbufs_len)
            self.handle_close()

    def _refuse_late(self) -> None:
        with self.requests_lock:
            request, self.request = self.request, None
            if request is not None:
                request.error = _TooSlow("")
                request.is_last = request.completed = True
                self.requests.append(request)
                self.server.add_task(self)


class _Dispatcher(ThreadedTaskDispatcher):  # type: ignore[misc]
    """Threads for messages, and some for health, which is asked most when all the others wait on something."""

    def __init__(self, threads: int) -> None:
        super().__init__()
        self.set_thread_count(threads)
        self.health = ThreadedTaskDispatcher()
        self.health.set_thread_count(_HEALTH_THREADS)

    def add_task(self, task: _Channel) -> None:
        if task.requests[0].path in _HEALTH:
            self.health.add_task(task)
        else:
            super().add_task(task)


class _Server(TcpWSGIServer):  # type: ignore[misc]
    channel_class = _Channel
    stopping = False

    def maintenance(self, now: float) -> None:
        """Do nothing: `Front` looks after the connections."""

    def stop_accepting(self) -> None:
        """Take the connections that the kernel has accepted already, and then no more."""
        before = -1
        while before < len(self.active_channels) < CONNECTIONS:
            before = len(self.active_channels)
            self.handle_accept()
        self.stopping = True
        self.accepting = False
        self.del_channel()
        self.socket.close()


class _Control(wasyncore.dispatcher):  # type: ignore[misc]
    """The line to the parent. Bytes on it say that this process lives; it stops when the parent closes the line."""

    closed = False

    def writable(self) -> bool:
        return False

    def handle_read(self) -> None:
        if not self.recv(1):
            self.closed = True

    def handle_close(self) -> None:
        self.closed = True
        self.del_channel()

    def beat(self) -> None:
        """Say that we live."""
        with suppress(OSError):
            self.socket.send(b".")


class Front:
    """Serves one WSGI application on a listening socket, which other processes may share.

    `threads` requests are worked on at a time; the others wait, within memory of their own. A body is at most
    `max_bytes`: the application gets a larger one without its content, to refuse it by CONTENT_LENGTH. `patience` is
    how many seconds a client may do nothing; bytes that it sends and takes at MIN_SPEED give it more.
    `beheer` is an application of health on a socket of its own; it answers also when the other has no connection left.
    """

    def __init__(
        self,
        app: "WSGIApplication",
        listener: socket.socket,
        *,
        threads: int,
        max_bytes: int,
        patience: float,
        connections: int = CONNECTIONS,
        beheer: "tuple[WSGIApplication, socket.socket] | None" = None,
    ) -> None:
        # waitress warns each time that a request has to wait for a thread.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self._patience = patience
        self._map: dict[int, Any] = {}
        dispatcher = _Dispatcher(threads)
        room = Room(_BODIES_PER_THREAD * threads * max_bytes)
        self._server = _server(app, self._map, listener, dispatcher, _bounds(listener, room, max_bytes, connections))
        self._servers = [self._server]
        if beheer is not None:
            other, place = beheer
            bounds = _bounds(place, room, _BODY_IN_MEMORY, connections + _HEALTH_CONNECTIONS)
            self._servers.append(_server(other, self._map, place, dispatcher.health, bounds))

    def run(self, line: socket.socket, stop_timeout: float) -> None:
        """Serve until the other side of `line` closes it, then finish the requests; say each second that it lives.

        Requests that are not finished within `stop_timeout` seconds are left. Returns with threads that may still work.
        """
        control = _Control(line, self._map)
        next_look, until = 0.0, float("inf")
        while True:
            now = time.monotonic()
            stopping = self._server.stopping
            if now >= next_look or stopping:
                self._look(now, stopping=stopping)
                control.beat()
                next_look = now + _TICK_S
            if stopping and (now > until or not any(server.active_channels for server in self._servers)):
                return
            wasyncore.poll2(0.05 if stopping else min(_TICK_S, self._patience / 4), self._map)
            if control.closed and not self._server.stopping:
                for server in self._servers:
                    server.stop_accepting()
                until = time.monotonic() + stop_timeout

    def _look(self, now: float, *, stopping: bool) -> None:
        for server in self._servers:
            for channel in list(server.active_channels.values()):
                channel.look(now, self._patience, stopping=stopping)


def _bounds(listener: socket.socket, room: Room, max_bytes: int, connections: int) -> Bounds:
    return Bounds(
        room,
        recv_bytes=_RECEIVE,
        inbuf_overflow=_BODY_IN_MEMORY,
        outbuf_overflow=_ANSWER_IN_MEMORY,
        outbuf_high_watermark=_ANYTHING,
        max_request_header_size=_HEADER,
        max_request_body_size=max_bytes + 1,
        connection_limit=connections,
        clear_untrusted_proxy_headers=False,
        log_socket_errors=False,
        server_name=str(listener.getsockname()[0]),
        ident=None,
    )


def _server(
    app: "WSGIApplication",
    map_: dict[int, Any],
    listener: socket.socket,
    dispatcher: ThreadedTaskDispatcher,
    bounds: Bounds,
) -> _Server:
    return _Server(
        app,
        map_,
        _sock=listener,
        dispatcher=dispatcher,
        adj=bounds,
        sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
        bind_socket=False,
    )


def listen(host: str, port: int) -> socket.socket:
    """Take a port of this machine, without answering yet; 0 is a free one. Raises OSError."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener
