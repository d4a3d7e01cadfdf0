"""A receiver in a process of its own: takes messages, does what it is told with them, and notes each on disk.

    python -m tests.bezorging.ontvangst POORT MAP

MAP/gedrag says how it answers: goed, 500, weigert (Fo03, client), zegt TEXT (the same, in these words), stoort (Fo03,
server), neemt (Du01 at once), rommel, leeg, half, traag N (seconds), druk N (503 with Retry-After), zwijg, 500zaak ZAAK
(500 to what is about that one), zwijgzaak ZAAK (likewise).
MAP/ontvangen has a line of JSON per message, written before the answer.
"""

import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from tests.conftest import vrije_port, wait_until

from regiesysteem.stuf.xml import parse

S: Final = "http://www.egem.nl/StUF/StUF0301"
_SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
_ENVELOPE: Final = f'<e:Envelope xmlns:e="{_SOAP}"><e:Body>%s</e:Body></e:Envelope>'
_SEND: Final = (
    "<s:stuurgegevens><s:berichtcode>%s</s:berichtcode><s:zender><s:applicatie>Proef</s:applicatie></s:zender>"
    "<s:ontvanger><s:applicatie>Regiesysteem</s:applicatie></s:ontvanger><s:referentienummer>r</s:referentienummer>"
    "<s:tijdstipBericht>20260101120000000</s:tijdstipBericht><s:crossRefnummer>%s</s:crossRefnummer></s:stuurgegevens>"
)
_ERROR: Final = "<e:Fault><faultcode>e:Client</faultcode><faultstring>fout</faultstring><detail>%s</detail></e:Fault>"
_FO03: Final = (
    f'<s:Fo03Bericht xmlns:s="{S}">@STUUR<s:body><s:code>%s</s:code><s:plek>%s</s:plek>'
    "<s:omschrijving>%s</s:omschrijving></s:body></s:Fo03Bericht>"
)
_DU01: Final = (
    '<r:overdragenZaak_Du01 xmlns:r="http://www.stufstandaarden.nl/koppelvlak/rzs0310" '
    f'xmlns:z="http://www.egem.nl/StUF/sector/zkn/0310" xmlns:s="{S}"><r:stuurgegevens><s:berichtcode>Du01'
    "</s:berichtcode><s:referentienummer>meteen</s:referentienummer><s:crossRefnummer>%s</s:crossRefnummer>"
    "</r:stuurgegevens><r:object><z:identificatie>%s</z:identificatie><z:antwoord>Overdracht geaccepteerd</z:antwoord>"
    "</r:object></r:overdragenZaak_Du01>"
)


@dataclass(frozen=True)
class Received:
    """A message as it came: `gelijk` is how many were under way at that moment, this one among them.

    One is under way from when it is read until its answer is, or until its sender hangs up.
    """

    tijd: float
    actie: str
    referentienummer: str
    zaak: str
    gebeurtenis: str
    gelijk: int
    gedrag: str
    bericht: str


class Reception:
    """A receiver as the tests see it."""

    def __init__(self, map_: Path, port: int | None = None) -> None:
        self.map = map_
        self.port = port or vrije_port()
        self.process: subprocess.Popen[bytes] | None = None
        (map_ / "ontvangen").touch()
        self.do("goed")

    @property
    def adres(self) -> str:
        return f"http://127.0.0.1:{self.port}/stuf"

    def do(self, behaviour: str) -> None:
        """Answer so from now on."""
        new = self.map / "gedrag.nieuw"
        new.write_text(behaviour)
        new.replace(self.map / "gedrag")

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.bezorging.ontvangst", str(self.port), str(self.map)]
        )
        wait_until(self._lives, "ontvanger")

    def dood(self) -> None:
        """Kill -9."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def received(self) -> list[Received]:
        """The messages that came, in order; a line that is being written is not there yet."""
        regels = (self.map / "ontvangen").read_text().splitlines(keepends=True)
        return [Received(**json.loads(regel)) for regel in regels if regel.endswith("\n")]

    def _lives(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=1):
                return True
        except OSError:
            return False


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, map_: Path) -> None:
        super().__init__(("127.0.0.1", port), _Handling)
        self.map = map_
        self.bezig: set[_Handling] = set()
        self.slot = threading.Lock()
        self.uit = os.open(map_ / "ontvangen", os.O_WRONLY | os.O_APPEND | os.O_CREAT)


class _Handling(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server
    getal = ""

    def log_message(self, *_args: Any) -> None:
        """Nothing."""

    def do_GET(self) -> None:
        self._answer(200, b"klaar")

    def do_POST(self) -> None:
        inhoud = self.rfile.read(int(self.headers["Content-Length"]))
        behaviour, _, numeral = (self.server.map / "gedrag").read_text().partition(" ")
        self.getal = numeral
        with self.server.slot:
            self.server.bezig.add(self)
            gelijk = sum(not one.opgehangen() for one in self.server.bezig)
        try:
            referentienummer, zaak = self._note(inhoud, gelijk, behaviour)
            if behaviour == "traag":
                time.sleep(float(numeral))
            self._do(behaviour, referentienummer, zaak)
        finally:
            self._ready()

    def opgehangen(self) -> bool:
        """Tell whether the sender waits no more."""
        try:
            return not self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _ready(self) -> None:
        with self.server.slot:
            self.server.bezig.discard(self)

    def _note(self, inhoud: bytes, gelijk: int, behaviour: str) -> tuple[str, str]:
        bericht = parse(inhoud)
        text = bericht.xpath("string(//s:referentienummer)", namespaces={"s": S})
        regel = {
            "tijd": time.time(),
            "actie": self.headers.get("SOAPAction", "").strip('"').rpartition("/")[2],
            "referentienummer": text,
            "zaak": bericht.xpath("string((//*[local-name()='object']/*[local-name()='identificatie'])[last()])"),
            "gebeurtenis": bericht.xpath("string(//*[@naam='gebeurtenis'])"),
            "gelijk": gelijk,
            "gedrag": behaviour,
            "bericht": inhoud.decode(),
        }
        os.write(self.server.uit, (json.dumps(regel) + "\n").encode())
        return regel["referentienummer"], regel["zaak"]

    def _do(self, behaviour: str, referentienummer: str, zaak: str) -> None:
        fo03 = _FO03.replace("@STUUR", _SEND % ("Fo03", referentienummer))
        if behaviour.endswith("zaak"):
            behaviour = behaviour.removesuffix("zaak") if zaak == self.getal else "goed"
        match behaviour:
            case "500":
                self._answer(500, b"storing")
            case "druk":
                self._answer(503, b"druk", **{"Retry-After": self.getal})
            case "weigert":
                self._answer(500, (_ENVELOPE % (_ERROR % (fo03 % ("StUF055", "client", "dit kan niet")))).encode())
            case "zegt":
                said = _ENVELOPE % (_ERROR % (fo03 % ("StUF055", "client", self.getal)))
                self._answer(500, said.replace(">fout<", f">{self.getal}<").encode())
            case "stoort":
                self._answer(200, (_ENVELOPE % (fo03 % ("StUF046", "server", "nu even niet"))).encode())
            case "neemt":
                self._answer(200, (_ENVELOPE % (_DU01 % (referentienummer, zaak))).encode())
            case "rommel":
                self._answer(200, b"<html>Welkom")
            case "leeg":
                self._answer(200, b"")
            case "half":
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b"<e:Envelope")
                self.wfile.flush()
                self.close_connection = True
            case "zwijg":
                self.connection.recv(1)
            case _:
                bv03 = f'<s:Bv03Bericht xmlns:s="{S}">{_SEND % ("Bv03", referentienummer)}</s:Bv03Bericht>'
                self._answer(200, (_ENVELOPE % bv03).encode())

    def _answer(self, status: int, inhoud: bytes, **heads: str) -> None:
        self.send_response(status)
        for naam, waarde in heads.items():
            self.send_header(naam, waarde)
        self.send_header("Content-Type", "text/xml; charset=utf-8")
        self.send_header("Content-Length", str(len(inhoud)))
        self.end_headers()
        self.wfile.write(inhoud[:-1])
        # Before the last byte: after it the sender may have sent the next before this one is counted off.
        self._ready()
        self.wfile.write(inhoud[-1:])
        self.wfile.flush()


if __name__ == "__main__":
    _Server(int(sys.argv[1]), Path(sys.argv[2])).serve_forever()
