"""A receiver in a process of its own: takes messages, does what it is told with them, and notes each on disk.

    python -m tests.bezorging.ontvangst POORT MAP

MAP/gedrag says how it answers: goed, 500, weigert (Fo03, client), stoort (Fo03, server), neemt (Du01 at once), rommel,
leeg, half, traag N (seconds), druk N (503 with Retry-After), zwijg, 500zaak ZAAK (500 to what is about that one),
zwijgzaak ZAAK (likewise).
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

from tests.conftest import vrije_poort, wacht_tot

from regiesysteem.stuf.xml import ontleed

S: Final = "http://www.egem.nl/StUF/StUF0301"
_SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
_ENVELOP: Final = f'<e:Envelope xmlns:e="{_SOAP}"><e:Body>%s</e:Body></e:Envelope>'
_STUUR: Final = (
    "<s:stuurgegevens><s:berichtcode>%s</s:berichtcode><s:zender><s:applicatie>Proef</s:applicatie></s:zender>"
    "<s:ontvanger><s:applicatie>Regiesysteem</s:applicatie></s:ontvanger><s:referentienummer>r</s:referentienummer>"
    "<s:tijdstipBericht>20260101120000000</s:tijdstipBericht><s:crossRefnummer>%s</s:crossRefnummer></s:stuurgegevens>"
)
_FOUT: Final = "<e:Fault><faultcode>e:Client</faultcode><faultstring>fout</faultstring><detail>%s</detail></e:Fault>"
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
class Ontvangen:
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


class Ontvangst:
    """A receiver as the tests see it."""

    def __init__(self, map_: Path, poort: int | None = None) -> None:
        self.map = map_
        self.poort = poort or vrije_poort()
        self.proces: subprocess.Popen[bytes] | None = None
        (map_ / "ontvangen").touch()
        self.doe("goed")

    @property
    def adres(self) -> str:
        return f"http://127.0.0.1:{self.poort}/stuf"

    def doe(self, gedrag: str) -> None:
        """Answer so from now on."""
        nieuw = self.map / "gedrag.nieuw"
        nieuw.write_text(gedrag)
        nieuw.replace(self.map / "gedrag")

    def start(self) -> None:
        self.proces = subprocess.Popen(
            [sys.executable, "-m", "tests.bezorging.ontvangst", str(self.poort), str(self.map)]
        )
        wacht_tot(self._leeft, "ontvanger")

    def dood(self) -> None:
        """Kill -9."""
        if self.proces is not None:
            self.proces.kill()
            self.proces.wait()

    def ontvangen(self) -> list[Ontvangen]:
        """What came, in order; a line that is being written is not there yet."""
        regels = (self.map / "ontvangen").read_text().splitlines(keepends=True)
        return [Ontvangen(**json.loads(regel)) for regel in regels if regel.endswith("\n")]

    def _leeft(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.poort}/", timeout=1):
                return True
        except OSError:
            return False


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, poort: int, map_: Path) -> None:
        super().__init__(("127.0.0.1", poort), _Afhandeling)
        self.map = map_
        self.bezig: set[_Afhandeling] = set()
        self.slot = threading.Lock()
        self.uit = os.open(map_ / "ontvangen", os.O_WRONLY | os.O_APPEND | os.O_CREAT)


class _Afhandeling(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server
    getal = ""

    def log_message(self, *_args: Any) -> None:
        """Nothing."""

    def do_GET(self) -> None:
        self._antwoord(200, b"klaar")

    def do_POST(self) -> None:
        inhoud = self.rfile.read(int(self.headers["Content-Length"]))
        gedrag, _, getal = (self.server.map / "gedrag").read_text().partition(" ")
        self.getal = getal
        with self.server.slot:
            self.server.bezig.add(self)
            gelijk = sum(not een.opgehangen() for een in self.server.bezig)
        try:
            referentienummer, zaak = self._noteer(inhoud, gelijk, gedrag)
            if gedrag == "traag":
                time.sleep(float(getal))
            self._doe(gedrag, referentienummer, zaak)
        finally:
            self._klaar()

    def opgehangen(self) -> bool:
        """Whether the sender waits no more."""
        try:
            return not self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _klaar(self) -> None:
        with self.server.slot:
            self.server.bezig.discard(self)

    def _noteer(self, inhoud: bytes, gelijk: int, gedrag: str) -> tuple[str, str]:
        bericht = ontleed(inhoud)
        tekst = bericht.xpath("string(//s:referentienummer)", namespaces={"s": S})
        regel = {
            "tijd": time.time(),
            "actie": self.headers.get("SOAPAction", "").strip('"').rpartition("/")[2],
            "referentienummer": tekst,
            "zaak": bericht.xpath("string((//*[local-name()='object']/*[local-name()='identificatie'])[last()])"),
            "gebeurtenis": bericht.xpath("string(//*[@naam='gebeurtenis'])"),
            "gelijk": gelijk,
            "gedrag": gedrag,
            "bericht": inhoud.decode(),
        }
        os.write(self.server.uit, (json.dumps(regel) + "\n").encode())
        return regel["referentienummer"], regel["zaak"]

    def _doe(self, gedrag: str, referentienummer: str, zaak: str) -> None:
        fo03 = _FO03.replace("@STUUR", _STUUR % ("Fo03", referentienummer))
        if gedrag.endswith("zaak"):
            gedrag = gedrag.removesuffix("zaak") if zaak == self.getal else "goed"
        match gedrag:
            case "500":
                self._antwoord(500, b"storing")
            case "druk":
                self._antwoord(503, b"druk", **{"Retry-After": self.getal})
            case "weigert":
                self._antwoord(500, (_ENVELOP % (_FOUT % (fo03 % ("StUF055", "client", "dit kan niet")))).encode())
            case "stoort":
                self._antwoord(200, (_ENVELOP % (fo03 % ("StUF046", "server", "nu even niet"))).encode())
            case "neemt":
                self._antwoord(200, (_ENVELOP % (_DU01 % (referentienummer, zaak))).encode())
            case "rommel":
                self._antwoord(200, b"<html>Welkom")
            case "leeg":
                self._antwoord(200, b"")
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
                bv03 = f'<s:Bv03Bericht xmlns:s="{S}">{_STUUR % ("Bv03", referentienummer)}</s:Bv03Bericht>'
                self._antwoord(200, (_ENVELOP % bv03).encode())

    def _antwoord(self, status: int, inhoud: bytes, **koppen: str) -> None:
        self.send_response(status)
        for naam, waarde in koppen.items():
            self.send_header(naam, waarde)
        self.send_header("Content-Type", "text/xml; charset=utf-8")
        self.send_header("Content-Length", str(len(inhoud)))
        self.end_headers()
        self.wfile.write(inhoud[:-1])
        # Before the last byte: after it the sender may have sent the next before this one is counted off.
        self._klaar()
        self.wfile.write(inhoud[-1:])
        self.wfile.flush()


if __name__ == "__main__":
    _Server(int(sys.argv[1]), Path(sys.argv[2])).serve_forever()
