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
class Verzoek:
    """One request as it came in; `verbinding` counts the connections from 1."""

    regel: str
    headers: dict[str, str]
    body: bytes
    verbinding: int


class Sluit(Exception):
    """Raised by an answer to end the connection."""


Antwoord = Callable[["Ontvangst", socket.socket, Verzoek], None]


@dataclass
class Ontvangst:
    """A receiver that listens: what it got, and what it answers next (the last one goes on)."""

    poort: int = 0
    schema: str = "http"
    antwoorden: list[Antwoord] = field(default_factory=list)
    verzoeken: list[Verzoek] = field(default_factory=list)
    nummers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def adres(self) -> str:
        """Where it takes messages."""
        return f"{self.schema}://127.0.0.1:{self.poort}/stuf"

    def volgende(self) -> Antwoord:
        """The answer to the request that came."""
        return self.antwoorden.pop(0) if len(self.antwoorden) > 1 else self.antwoorden[0]


def antwoord(body: bytes | str, status: str = "200 OK", **headers: str) -> Antwoord:
    """An answer of HTTP, whole."""
    inhoud = body.encode() if isinstance(body, str) else body
    koppen = {"Content-Type": "text/xml; charset=utf-8", "Content-Length": str(len(inhoud))}
    koppen |= {naam.replace("_", "-"): waarde for naam, waarde in headers.items()}

    def stuur(_: Ontvangst, sock: socket.socket, __: Verzoek) -> None:
        regels = [f"HTTP/1.1 {status}", *(f"{naam}: {waarde}" for naam, waarde in koppen.items())]
        sock.sendall("\r\n".join([*regels, "", ""]).encode() + inhoud)

    return stuur


def ruw(*stukken: bytes, na: float | None = None) -> Antwoord:
    """Bytes as they are, `na` seconds apart when that is given, and the end of the connection."""

    def stuur(ontvangst: Ontvangst, sock: socket.socket, _: Verzoek) -> None:
        for stuk in stukken:
            sock.sendall(stuk)
            if na is not None and ontvangst.stop.wait(na):
                break
        raise Sluit

    return stuur


def zwijg(ontvangst: Ontvangst, _: socket.socket, __: Verzoek) -> None:
    """No answer for as long as the test lasts."""
    ontvangst.stop.wait()
    raise Sluit


def envelop(inhoud: str, soap: str = SOAP11) -> str:
    """An envelope around a message."""
    return f'<?xml version="1.0"?><s:Envelope xmlns:s="{soap}"><s:Header/><s:Body>{inhoud}</s:Body></s:Envelope>'


def bevestiging(soort: str = "Bv03", kenmerk: str = "R1") -> str:
    """A Bv message."""
    cross = f"<StUF:crossRefnummer>{kenmerk}</StUF:crossRefnummer>" if kenmerk else ""
    return (
        f'<StUF:{soort}Bericht xmlns:StUF="{STUF}"><StUF:stuurgegevens><StUF:berichtcode>{soort}</StUF:berichtcode>'
        f"{cross}</StUF:stuurgegevens></StUF:{soort}Bericht>"
    )


def fout(soort: str, code: str, plek: str, omschrijving: str = "Fout", details: str = "", kenmerk: str = "R1") -> str:
    """A Fo message."""
    return (
        f'<StUF:{soort}Bericht xmlns:StUF="{STUF}"><StUF:stuurgegevens><StUF:berichtcode>{soort}</StUF:berichtcode>'
        f"<StUF:crossRefnummer>{kenmerk}</StUF:crossRefnummer></StUF:stuurgegevens><StUF:body>"
        f"<StUF:code>{code}</StUF:code><StUF:plek>{plek}</StUF:plek>"
        f"<StUF:omschrijving>{omschrijving}</StUF:omschrijving><StUF:details>{details}</StUF:details></StUF:body>"
        f"</StUF:{soort}Bericht>"
    )


def soap_fout(detail: str = "", soap: str = SOAP11, code: str = "Client", tekst: str = "Fout") -> str:
    """A fault of SOAP, around a message or without one."""
    if soap == SOAP12:
        kind = f"<s:Detail>{detail}</s:Detail>" if detail else ""
        reden = f"<s:Reason><s:Text xml:lang='nl'>{tekst}</s:Text></s:Reason>"
        inhoud = f"<s:Code><s:Value>s:{code}</s:Value></s:Code>{reden}{kind}"
    else:
        kind = f"<detail>{detail}</detail>" if detail else ""
        inhoud = f"<faultcode>s:{code}</faultcode><faultstring>{tekst}</faultstring>{kind}"
    return envelop(f"<s:Fault>{inhoud}</s:Fault>", soap)


class _Gesprek(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        ontvangst: Ontvangst = self.server.ontvangst  # type: ignore[attr-defined]
        nummer = next(ontvangst.nummers)
        with contextlib.suppress(Sluit, OSError):
            while regel := self.rfile.readline():
                headers = dict(self._koppen())
                body = self.rfile.read(int(headers.get("content-length", "0")))
                verzoek = Verzoek(regel.decode().strip(), headers, body, nummer)
                ontvangst.verzoeken.append(verzoek)
                ontvangst.volgende()(ontvangst, self.connection, verzoek)

    def _koppen(self) -> Iterator[tuple[str, str]]:
        while kop := self.rfile.readline().decode().strip():
            naam, _, waarde = kop.partition(":")
            yield naam.lower(), waarde.strip()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = True

    def __init__(self, ontvangst: Ontvangst, tls: ssl.SSLContext | None) -> None:
        self.ontvangst = ontvangst
        self._tls = tls
        super().__init__(("127.0.0.1", 0), _Gesprek)

    def finish_request(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]
        if self._tls is None:
            super().finish_request(request, client_address)  # type: ignore[arg-type]
            return
        with contextlib.suppress(OSError), self._tls.wrap_socket(request, server_side=True) as beveiligd:
            super().finish_request(beveiligd, client_address)  # type: ignore[arg-type]


@contextlib.contextmanager
def ontvang(*antwoorden: Antwoord, tls: ssl.SSLContext | None = None) -> Iterator[Ontvangst]:
    """A receiver for as long as the block lasts."""
    ontvangst = Ontvangst(schema="https" if tls else "http", antwoorden=list(antwoorden))
    with _Server(ontvangst, tls) as server:
        ontvangst.poort = server.server_address[1]
        draad = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        draad.start()
        try:
            yield ontvangst
        finally:
            ontvangst.stop.set()
            server.shutdown()
            draad.join()
