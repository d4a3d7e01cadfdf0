"""A receiver over real HTTP that answers as a test says, down to its bytes."""

import contextlib
import itertools
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP12 = "http://www.w3.org/2003/05/soap-envelope"
STUF = "http://www.egem.nl/StUF/StUF0301"


@dataclass(frozen=True)
class Request:
    """One request as it came in; `connection` counts the connections from 1."""

    regel: str
    headers: dict[str, str]
    body: bytes
    connection: int


class Close(Exception):
    """Raised by an answer to end the connection."""


Answer = Callable[["Reception", socket.socket, Request], None]


@dataclass
class Reception:
    """A receiver that listens: what it got, and what it answers next (the last one goes on)."""

    port: int = 0
    schema: str = "http"
    answers: list[Answer] = field(default_factory=list)
    verzoeken: list[Request] = field(default_factory=list)
    nummers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def adres(self) -> str:
        """Where it takes messages."""
        return f"{self.schema}://127.0.0.1:{self.port}/stuf"

    def next_(self) -> Answer:
        """The answer to the request that came."""
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def answer(body: bytes | str, status: str = "200 OK", **headers: str) -> Answer:
    """An answer of HTTP, whole."""
    inhoud = body.encode() if isinstance(body, str) else body
    heads = {"Content-Type": "text/xml; charset=utf-8", "Content-Length": str(len(inhoud))}
    heads |= {naam.replace("_", "-"): waarde for naam, waarde in headers.items()}

    def send(_: Reception, sock: socket.socket, __: Request) -> None:
        regels = [f"HTTP/1.1 {status}", *(f"{naam}: {waarde}" for naam, waarde in heads.items())]
        sock.sendall("\r\n".join([*regels, "", ""]).encode() + inhoud)

    return send


def raw(*pieces: bytes, after: float | None = None) -> Answer:
    """Bytes as they are, `after` seconds apart when that is given, and the end of the connection."""

    def send(reception: Reception, sock: socket.socket, _: Request) -> None:
        for piece in pieces:
            sock.sendall(piece)
            if after is not None and reception.stop.wait(after):
                break
        raise Close

    return send


def zwijg(reception: Reception, _: socket.socket, __: Request) -> None:
    """No answer for as long as the test lasts."""
    reception.stop.wait()
    raise Close


def envelope(inhoud: str, soap: str = SOAP11) -> str:
    """An envelope around a message."""
    return f'<?xml version="1.0"?><s:Envelope xmlns:s="{soap}"><s:Header/><s:Body>{inhoud}</s:Body></s:Envelope>'


def bevestiging(soort: str = "Bv03", kenmerk: str = "R1") -> str:
    """A Bv message."""
    cross = f"<StUF:crossRefnummer>{kenmerk}</StUF:crossRefnummer>" if kenmerk else ""
    return (
        f'<StUF:{soort}Bericht xmlns:StUF="{STUF}"><StUF:stuurgegevens><StUF:berichtcode>{soort}</StUF:berichtcode>'
        f"{cross}</StUF:stuurgegevens></StUF:{soort}Bericht>"
    )


def error(soort: str, code: str, spot: str, omschrijving: str = "Fout", details: str = "", kenmerk: str = "R1") -> str:
    """A Fo message."""
    return (
        f'<StUF:{soort}Bericht xmlns:StUF="{STUF}"><StUF:stuurgegevens><StUF:berichtcode>{soort}</StUF:berichtcode>'
        f"<StUF:crossRefnummer>{kenmerk}</StUF:crossRefnummer></StUF:stuurgegevens><StUF:body>"
        f"<StUF:code>{code}</StUF:code><StUF:plek>{spot}</StUF:plek>"
        f"<StUF:omschrijving>{omschrijving}</StUF:omschrijving><StUF:details>{details}</StUF:details></StUF:body>"
        f"</StUF:{soort}Bericht>"
    )


def soap_error(detail: str = "", soap: str = SOAP11, code: str = "Client", text: str = "Fout") -> str:
    """A fault of SOAP, around a message or without one."""
    if soap == SOAP12:
        child = f"<s:Detail>{detail}</s:Detail>" if detail else ""
        reason = f"<s:Reason><s:Text xml:lang='nl'>{text}</s:Text></s:Reason>"
        inhoud = f"<s:Code><s:Value>s:{code}</s:Value></s:Code>{reason}{child}"
    else:
        child = f"<detail>{detail}</detail>" if detail else ""
        inhoud = f"<faultcode>s:{code}</faultcode><faultstring>{text}</faultstring>{child}"
    return envelope(f"<s:Fault>{inhoud}</s:Fault>", soap)


class _Conversation(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        reception: Reception = self.server.reception  # type: ignore[attr-defined]
        number = next(reception.nummers)
        with contextlib.suppress(Close, OSError):
            while regel := self.rfile.readline():
                headers = dict(self._heads())
                body = self.rfile.read(int(headers.get("content-length", "0")))
                request = Request(regel.decode().strip(), headers, body, number)
                reception.verzoeken.append(request)
                reception.next_()(reception, self.connection, request)

    def _heads(self) -> Iterator[tuple[str, str]]:
        while head := self.rfile.readline().decode().strip():
            naam, _, waarde = head.partition(":")
            yield naam.lower(), waarde.strip()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = True

    def __init__(self, reception: Reception, tls: ssl.SSLContext | None) -> None:
        self.reception = reception
        self._tls = tls
        super().__init__(("127.0.0.1", 0), _Conversation)

    def finish_request(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]
        if self._tls is None:
            super().finish_request(request, client_address)  # type: ignore[arg-type]
            return
        with contextlib.suppress(OSError), self._tls.wrap_socket(request, server_side=True) as beveiligd:
            super().finish_request(beveiligd, client_address)  # type: ignore[arg-type]


@contextlib.contextmanager
def receive(*answers: Answer, tls: ssl.SSLContext | None = None) -> Iterator[Reception]:
    """A receiver for as long as the block lasts."""
    reception = Reception(schema="https" if tls else "http", answers=list(answers))
    with _Server(reception, tls) as server:
        reception.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield reception
        finally:
            reception.stop.set()
            server.shutdown()
            thread.join()
