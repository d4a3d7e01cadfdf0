"""The HTTP server of one process: waitress, with the bounds that it lacks.

waitress takes a request in whole, and sends an answer, in one loop over all connections; a thread works only on a
request that is complete, and never waits for a client. What is added here: bounds on the time and the framing of a
body, on the time that a client may take over its answer, answers in Dutch, threads of their own for health, and an
orderly stop.
"""

import io
import logging  # noqa: TID251 - what waitress says too often
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.buffers import OverflowableBuffer
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.receiver import ChunkedReceiver
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher, WSGITask
from waitress.utilities import BadRequest, Error, RequestEntityTooLarge

from regiesysteem.logboek import logger

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

CONNECTIONS: Final = 1024
"""How many connections a process has at a time, idle ones too; the others wait in the kernel's queue."""
MIN_SPEED: Final = 16 * 1024
"""Bytes per second that the other side of a large body must reach on average."""

_HEALTH: Final = frozenset({"/healthz", "/readyz", "/metrics"})
_HEALTH_THREADS: Final = 2
_BODY_IN_MEMORY: Final = 64 * 1024  # what is larger waits in a temporary file, coming in
_ANSWER_IN_MEMORY: Final = 1024 * 1024  # and going out
_ANYTHING: Final = 1 << 62  # no thread waits because much of its answer is still to be sent
_HEADER: Final = 64 * 1024
_RECEIVE: Final = 64 * 1024
# Bytes of a chunked body that are not its content: a line of a chunk or trailer, all of them to begin with, and per
# byte of content. Each chunk costs at least five, and as much work as a thousand bytes of content.
_CHUNK_LINE: Final = 8 * 1024
_CHUNK_LINES: Final = 128 * 1024
_CHUNK_CONTENT: Final = 32
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


class _Unkept(io.BytesIO):
    """The body of a message for which there is no room: who looks into it gets the error that keeping it gave."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self._error = error

    def seek(self, *_: int) -> int:
        raise self._error

    def read(self, *_: int | None) -> bytes:
        raise self._error


class _Body(OverflowableBuffer):  # type: ignore[misc]
    """A body on its way in. When there is no room for it the rest is taken all the same, so that there is an answer."""

    def __init__(self, overflow: int) -> None:
        super().__init__(overflow)
        self._size = 0
        self._error: OSError | None = None

    def __len__(self) -> int:
        return self._size

    def append(self, data: bytes) -> None:
        self._size += len(data)
        if self._error is None:
            try:
                super().append(data)
            except OSError as error:
                self._error = error
                self.close()

    def getfile(self) -> Any:
        if self._error is None:
            try:
                return super().getfile()
            except OSError as error:
                self._error = error
        return _Unkept(self._error)

    def close(self) -> None:
        with suppress(OSError):  # what could not be written is tried again
            super().close()


class _Request(HTTPRequestParser):  # type: ignore[misc]
    """A request that comes in. `refused`: its body is not read to the end, so its connection ends with the answer."""

    body_rcv: Any

    def __init__(self, adj: Adjustments) -> None:
        super().__init__(adj)
        self.began = time.monotonic()
        self.refused = False

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        if self.body_rcv is not None:
            self.body_rcv.buf = _Body(self.adj.inbuf_overflow)

    def received(self, data: bytes) -> int:
        taken: int = super().received(data)
        if self.error is None and isinstance(self.body_rcv, ChunkedReceiver):
            self._bound_chunks(self.body_rcv)
        if self.error is not None:
            self.refused = True
            self.expect_continue = False
            if isinstance(self.error, RequestEntityTooLarge):
                self._leave_to_application()
        return taken

    def _bound_chunks(self, body: ChunkedReceiver) -> None:
        """Refuse a body in pieces that are too small: they cost far more than their content."""
        line = len(body.control_line) + len(body.trailer)
        lines = self.body_bytes_received - len(body)
        if line > _CHUNK_LINE or lines > _CHUNK_LINES + len(body) // _CHUNK_CONTENT:
            self.error = BadRequest("chunks too small")
            self.completed = True

    def _leave_to_application(self) -> None:
        """Let the application refuse it by its CONTENT_LENGTH, in its own words."""
        self.error = None
        self.headers["CONTENT_LENGTH"] = str(max(self.content_length, self.adj.max_request_body_size))
        self.close()
        self.body_rcv = None

    def is_late(self, now: float, patience: float) -> bool:
        """Whether it should have been here whole, at the least speed."""
        return now > self.began + patience + int(self.body_bytes_received) / MIN_SPEED


class _Task(WSGITask):  # type: ignore[misc]
    def execute(self) -> None:
        if self.request.refused or self.channel.server.stopping:
            self.set_close_on_finish()
        try:
            super().execute()
        except OSError as error:  # waitress takes it for one of the connection, and says nothing
            raise RuntimeError("the answer could not be made or kept") from error

    def write(self, data: bytes) -> None:
        """Send a piece of the answer; the first one in one piece with the headers."""
        if self.wrote_header:
            super().write(data)
            return
        self.channel.held = b""
        super().write(data)
        data, self.channel.held = self.channel.held, None
        self.channel.write_soon(data)


class _ErrorTask(ErrorTask):  # type: ignore[misc]
    def execute(self) -> None:
        error = self.request.error
        body = f"{_TEXTS.get(error.code, error.reason)}\n".encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers.append(("Content-Type", "text/plain; charset=utf-8"))
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
        self._sending: tuple[float, int] | None = None  # since when an answer waits for its client, and its bytes
        self._lingers_until: float | None = None
        self._half_read = False
        self.held: bytes | None = None  # the headers of an answer, which wait for its first piece

    def service(self) -> None:
        """Do the work of a request, in a thread."""
        self._half_read = self.requests[0].refused
        self._sending = None
        self.held = None
        super().service()

    def write_soon(self, data: bytes) -> int:
        """Send a piece of an answer, or put it where it waits; in a thread."""
        if self.held is not None:
            self.held += data
            return len(data)
        if self.current_outbuf_count >= _ANSWER_IN_MEMORY and not self.outbufs[-1].overflowed:
            # A buffer in memory keeps what was sent, and only what was not makes it a file: take a new one.
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
        elif not self.total_outbufs_len:
            # A client that is still sending would lose the answer to a reset: it may go on for a moment.
            self.close_when_flushed = False
            self._lingers_until = time.monotonic() + _LINGER_S
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_WR)

    def look(self, now: float, patience: float, *, stopping: bool) -> None:
        """End what takes too long, and when it is `stopping` what waits for nothing. In the thread of the loop."""
        if self._lingers_until is not None:
            if now > self._lingers_until:
                self.handle_close()
        elif self.requests:
            self._sending = None  # a thread has it
        elif self.total_outbufs_len:
            self._look_at_answer(now, patience)
        elif self.request is not None:
            quiet = time.time() - self.last_activity
            if quiet > patience or self.request.is_late(now, patience):
                self._refuse_late()
        else:
            self._sending = None
            fresh = self.last_activity == self.creation_time
            allowed = (patience if fresh else _IDLE_S) if not stopping else _FRESH_S if fresh else 0.0
            if time.time() - self.last_activity > allowed:
                self.handle_close()

    def _look_at_answer(self, now: float, patience: float) -> None:
        """A client who takes nothing, or so little that it never ends. poll says nothing of him: he has no room."""
        if self._sending is None:
            self._sending = now, self.total_outbufs_len
        since, size = self._sending
        taken = max(0, size - self.total_outbufs_len)
        if time.time() - self.last_activity > patience or now - since > patience + taken / MIN_SPEED:
            logger().info("ontvanger_weg", bytes=self.total_outbufs_len)
            self.handle_close()

    def _refuse_late(self) -> None:
        with self.requests_lock:
            request, self.request = self.request, None
            if request is not None:
                request.error = _TooSlow("")
                request.refused = request.completed = True
                self.requests.append(request)
                self.server.add_task(self)


class _Dispatcher(ThreadedTaskDispatcher):  # type: ignore[misc]
    """Threads for messages, and some for health: that is asked after most when all the others wait on something."""

    def __init__(self, threads: int) -> None:
        super().__init__()
        self.set_thread_count(threads)
        self._health = ThreadedTaskDispatcher()
        self._health.set_thread_count(_HEALTH_THREADS)

    def add_task(self, task: _Channel) -> None:
        if getattr(task.requests[0], "path", "") in _HEALTH:
            self._health.add_task(task)
        else:
            super().add_task(task)


class _Server(TcpWSGIServer):  # type: ignore[misc]
    channel_class = _Channel
    stopping = False

    def maintenance(self, now: float) -> None:
        """Nothing: `Front` looks after the connections."""

    def stop_accepting(self) -> None:
        """Take what the kernel has accepted already, and then nobody any more."""
        before = -1
        while before < len(self.active_channels) < CONNECTIONS:
            before = len(self.active_channels)
            self.handle_accept()
        self.stopping = True
        self.accepting = False
        self.del_channel()
        self.socket.close()


class _Control(wasyncore.dispatcher):  # type: ignore[misc]
    """The line to the process that started this one: it hears that we live; when it closes the line, we stop."""

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

    `threads` requests are worked on at a time, the others wait, within memory of their own. A body is at most
    `max_bytes`: the application gets a larger one without its content, to refuse it by CONTENT_LENGTH. `patience` is
    how many seconds a client may do nothing; what it sends and takes at MIN_SPEED buys it more.
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
    ) -> None:
        # It warns each time that a request has to wait for a thread.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self._patience = patience
        self._map: dict[int, Any] = {}
        adjustments = Adjustments(
            threads=threads,
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
        self._server = _Server(
            app,
            self._map,
            _sock=listener,
            dispatcher=_Dispatcher(threads),
            adj=adjustments,
            sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
            bind_socket=False,
        )

    def run(self, line: socket.socket, stop_timeout: float) -> None:
        """Serve until the other side of `line` closes it, and then finish what is under way; says each second it lives.

        What is not finished within `stop_timeout` seconds is left. Returns with threads that may still work.
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
            if stopping and (not self._server.active_channels or now > until):
                return
            wasyncore.poll2(0.05 if stopping else min(_TICK_S, self._patience / 4), self._map)
            if control.closed and not self._server.stopping:
                self._server.stop_accepting()
                until = time.monotonic() + stop_timeout

    def _look(self, now: float, *, stopping: bool) -> None:
        for channel in list(self._server.active_channels.values()):
            channel.look(now, self._patience, stopping=stopping)


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
