"""Runs a back office: its HTTP side, its keyboard, and the wiring of its parts."""

import errno
import io
import os
import re
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from flask import Flask, Response, request
from rich.console import Console
from werkzeug.serving import WSGIRequestHandler, make_server

from regiesysteem.errors import Meldbaar, os_reden
from regiesysteem.local import KENMERKKOP
from regiesysteem.signals import on_signal
from regiesysteem.soap import contract
from regiesysteem.stuf.message import Systeem
from regiesysteem_practice.choices import Storing, lees_storing
from regiesysteem_practice.conversation import deur
from regiesysteem_practice.intake import Intake, MessageOrigin
from regiesysteem_practice.office import Behaviour, Office, ReturnPath, WorkQueue
from regiesysteem_practice.record import Archive, Screen

# --- The HTTP side of a back office: takes messages on any path, shows its WSDL, and can be stopped at once

_MAX_BYTES = 150_000_000


class PoortFout(Meldbaar):
    """The port cannot be listened on; the text says why, and what to do."""

    uitgang = 2


class _Stil(WSGIRequestHandler):
    """Says nothing on the terminal, which is for the messages."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - as werkzeug has it
        """Do nothing."""


class OfficeDoor:
    """Listens from its making on, and serves from `open` to `sluit`, in threads that end with the process."""

    def __init__(self, naam: str, host: str, poort: int, ontvangst: Intake, storing: Storing | None = None) -> None:
        self._wacht = threading.Event()  # never set: a slow answer is slow on purpose
        luisteraar = _luister(host, poort)
        self.poort: int = luisteraar.getsockname()[1]
        app = _app(naam, ontvangst, lambda: self._wacht.wait(storing.seconden if storing else 0.0))
        self._server = make_server(
            host, self.poort, app, threaded=True, request_handler=_Stil, fd=luisteraar.detach()
        )  # fmt: skip
        self._draad = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def open(self) -> None:
        """Start to serve."""
        self._draad.start()

    def sluit(self) -> None:
        """Stop; requests under way are left."""
        self._server.shutdown()
        self._server.server_close()


def _app(naam: str, ontvangst: Intake, wacht: Callable[[], object]) -> Flask:
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = _MAX_BYTES

    @app.get("/xsd/<bestand>", defaults={"pad": ""})
    @app.get("/<path:pad>/xsd/<bestand>")
    def _xsd(pad: str, bestand: str) -> Response:  # noqa: ARG001 - Flask gives it
        gevonden = contract.xsd(bestand)
        return Response(gevonden or b"", 200 if gevonden else 404, content_type="text/xml")

    @app.get("/", defaults={"pad": ""})
    @app.get("/<path:pad>")
    def _toon(pad: str) -> Response:  # noqa: ARG001
        if gevraagd := contract.gevraagd(request.query_string.decode("latin-1")):
            wortel, in_een = request.host_url.rstrip("/"), gevraagd == "singlewsdl"
            wsdl = contract.wsdl(contract.ONTVANGER, wortel, request.base_url, in_een=in_een)
            return Response(wsdl, content_type="text/xml")
        return Response(
            f"Backoffice {naam} neemt hier berichten aan (POST); ?wsdl geeft de WSDL.\n", mimetype="text/plain"
        )

    @app.post("/", defaults={"pad": ""})
    @app.post("/<path:pad>")
    def _neem(pad: str) -> Response:  # noqa: ARG001
        inhoud = request.get_data()
        wacht()
        charset, kenmerk = request.mimetype_params.get("charset"), request.headers.get(KENMERKKOP, "")
        antwoord = ontvangst.neem(inhoud, charset, kenmerk)
        return Response(antwoord.inhoud, antwoord.status, content_type=antwoord.soort)

    return app


def _luister(host: str, poort: int) -> socket.socket:
    try:
        familie, soort, protocol, _, adres = socket.getaddrinfo(host, poort, type=socket.SOCK_STREAM)[0]
        luisteraar = socket.socket(familie, soort, protocol)
        luisteraar.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        luisteraar.bind(adres)
        luisteraar.listen(128)
    except OSError as fout:
        if fout.errno == errno.EADDRINUSE:
            raise PoortFout(
                f"Poort {poort} is al in gebruik. Draait daar al een backoffice? Kies anders een andere --poort, en "
                "zet dat adres ook in de inrichting van het Regiesysteem."
            ) from fout
        raise PoortFout(f"Op {host}, poort {poort}, kan niet worden geluisterd ({os_reden(fout)}).") from fout
    return luisteraar


# --- What somebody types at a back office that runs, a line at a time

HULP = (
    ("j / n", "de oudste overdracht die openstaat accepteren of weigeren; wat erachter staat gaat als melding mee"),
    ("accepteer ZAAK", "die overdracht accepteren; zo ook: weiger ZAAK"),
    ("status ZAAK 2", "melden dat de zaak die status heeft (actualiseerZaakstatus)"),
    ("wijzig ZAAK TEKST", "de zaak een andere omschrijving geven (updateZaak)"),
    ("details ZAAK", "zaak en documenten ophalen"),
    ("stop", "stoppen; Ctrl-C doet dat ook"),
)
"""The commands that can be typed, and their effect."""
_BREED: Final = max(len(wat) for wat, _ in HULP) + 1


def luister(kantoor: Office, scherm: Screen, stop: Callable[[], None]) -> None:
    """Do what is typed, in a thread that ends with the process; without an input it does nothing."""
    # In the background of a terminal, reading would suspend the process; now it fails.
    signal.signal(signal.SIGTTIN, signal.SIG_IGN)
    threading.Thread(target=_lees, args=(kantoor, scherm, stop), name="toetsenbord", daemon=True).start()


def _lees(kantoor: Office, scherm: Screen, stop: Callable[[], None]) -> None:
    try:
        # Not sys.stdin: a thread that waits in it has a lock that the end of the process needs.
        with io.FileIO(os.dup(sys.__stdin__.fileno() if sys.__stdin__ else 0)) as invoer:
            while regel := invoer.readline():
                if not doe(regel.decode(errors="replace"), kantoor, stop):
                    scherm.zeg("dat kan hier niet", *((f"{wat:<{_BREED}}", doet) for wat, doet in HULP))
    except (OSError, ValueError):
        return


def doe(regel: str, kantoor: Office, stop: Callable[[], None]) -> bool:
    """Do the command on a line; False when it has none."""
    woord, _, rest = regel.strip().partition(" ")
    zaak, _, tekst = rest.strip().partition(" ")
    match woord.lower():
        case "":
            return True
        case "j" | "n" as kort:
            return kantoor.beslis("", geaccepteerd=kort == "j", melding=rest.strip())
        case "accepteer" | "weiger" as lang if zaak:
            return kantoor.beslis(zaak, geaccepteerd=lang == "accepteer", melding=tekst.strip())
        case "status" if tekst.strip().isdecimal():
            kantoor.zet_status(zaak, int(tekst))
        case "wijzig" if tekst.strip():
            kantoor.wijzig(zaak, tekst.strip())
        case "details" if zaak:
            kantoor.haal_op(zaak)
        case "stop":
            stop()
        case _:
            return False
    return True


# --- A back office wired together, from its start to the last block on the terminal

_STATUS: Final = re.compile(r"status:([1-9]\d{0,3})")
_ZICHTBAAR: Final = "anderen kunnen in die map zien welke bestanden er zijn, niet wat erin staat; chmod 700 sluit haar"
Stap = Callable[[ReturnPath, str], None]


class NaamFout(Meldbaar):
    """A name that no message can carry."""


class AntwoordFout(Meldbaar):
    """A value of --antwoord without an answer."""


def draai(
    eigen: Systeem,
    *,
    host: str,
    poort: int,
    server: str,
    gedrag: Behaviour,
    storing: str = "",
    sla_op: Path | None = None,
) -> None:
    """Be a back office until SIGTERM or Ctrl-C. Raises Meldbaar when it cannot start."""
    if not 3 <= len(eigen.applicatie) <= 50:
        raise NaamFout(f"--naam {eigen.applicatie}: StUF wil 3 tot 50 tekens.")
    scherm = Screen(Console())
    archief = Archive(sla_op)
    adres = deur(server, optie="--server")
    werkrij = WorkQueue(scherm)
    kantoor = Office(scherm, archief, ReturnPath(eigen, adres, scherm, archief), werkrij, gedrag)
    gespeeld = lees_storing(storing)
    ontvangst = Intake(eigen, kantoor.neem_op, gespeeld, MessageOrigin(adres))
    ingang = OfficeDoor(eigen.applicatie, host, poort, ontvangst, gespeeld)
    stoppen = threading.Event()
    on_signal(stoppen.set)
    werkrij.open()
    ingang.open()
    luister(kantoor, scherm, stoppen.set)
    scherm.zeg(
        f"Backoffice {eigen.applicatie} luistert op http://{host}:{ingang.poort}/stuf",
        ("praat met", adres),
        ("overdracht", f"{gedrag.overdracht.value}{f', na {gedrag.pauze_s:g} s' if gedrag.pauze_s else ''}"),
        *((("storing", storing),) if storing else ()),
        *((("bewaart in", str(sla_op)),) if sla_op else ()),
        *((("let op", _ZICHTBAAR),) if archief.zichtbaar else ()),
        ("stoppen", "Ctrl-C; Enter na iets onbekends toont wat u kunt typen"),
    )
    stoppen.wait()
    ingang.sluit()
    sys.stdout.flush()
    # At once: threads that wait for the server or for a key have nothing to finish.
    os._exit(0)


def lees_antwoord(tekst: str) -> Stap:
    """Read a value of --antwoord. Raises AntwoordFout."""
    if gevonden := _STATUS.fullmatch(tekst):
        volgnummer = int(gevonden[1])
        return lambda terugweg, zaak: terugweg.zet_status(zaak, volgnummer)
    soort, _, omschrijving = tekst.partition(":")
    if soort == "omschrijving" and omschrijving.strip():
        return lambda terugweg, zaak: terugweg.wijzig(zaak, omschrijving.strip())
    raise AntwoordFout(f"--antwoord {tekst}: verwacht wordt status:NUMMER of omschrijving:TEKST.")
