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

from regiesysteem.errors import Reportable, os_reason
from regiesysteem.local import KENMERK_HEADER
from regiesysteem.signals import on_signal
from regiesysteem.soap import contract
from regiesysteem.stuf.message import Systeem
from regiesysteem_practice.choices import Failure, read_failure
from regiesysteem_practice.conversation import door
from regiesysteem_practice.intake import Intake, MessageOrigin
from regiesysteem_practice.office import Behaviour, Office, ReturnPath, WorkQueue
from regiesysteem_practice.record import Archive, Screen

# --- The HTTP side of a back office: takes messages on any path, shows its WSDL, and can be stopped at once

_MAX_BYTES = 150_000_000


class PortError(Reportable):
    """The port cannot be listened on; the text says why, and what to do."""

    exit_ = 2


class _Quiet(WSGIRequestHandler):
    """Says nothing on the terminal, which is for the messages."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - as werkzeug has it
        """Do nothing."""


class OfficeDoor:
    """Listens from its making on, and serves from `open` to `close`, in threads that end with the process."""

    def __init__(self, naam: str, host: str, port: int, reception: Intake, failure: Failure | None = None) -> None:
        self._wait = threading.Event()  # never set: a slow answer is slow on purpose
        listener = _listen(host, port)
        self.port: int = listener.getsockname()[1]
        app = _app(naam, reception, lambda: self._wait.wait(failure.seconds if failure else 0.0))
        self._server = make_server(
            host, self.port, app, threaded=True, request_handler=_Quiet, fd=listener.detach()
        )  # fmt: skip
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def open(self) -> None:
        """Start to serve."""
        self._thread.start()

    def close(self) -> None:
        """Stop; requests under way are left."""
        self._server.shutdown()
        self._server.server_close()


def _app(naam: str, reception: Intake, wait: Callable[[], object]) -> Flask:
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = _MAX_BYTES

    @app.get("/xsd/<bestand>", defaults={"pad": ""})
    @app.get("/<path:pad>/xsd/<bestand>")
    def _xsd(pad: str, bestand: str) -> Response:  # noqa: ARG001 - Flask gives it
        found = contract.xsd(bestand)
        return Response(found or b"", 200 if found else 404, content_type="text/xml")

    @app.get("/", defaults={"pad": ""})
    @app.get("/<path:pad>")
    def _show(pad: str) -> Response:  # noqa: ARG001
        if asked := contract.asked(request.query_string.decode("latin-1")):
            root, in_one = request.host_url.rstrip("/"), asked == "singlewsdl"
            wsdl = contract.wsdl(contract.ONTVANGER, root, request.base_url, in_one=in_one)
            return Response(wsdl, content_type="text/xml")
        return Response(
            f"Backoffice {naam} neemt hier berichten aan (POST); ?wsdl geeft de WSDL.\n", mimetype="text/plain"
        )

    @app.post("/", defaults={"pad": ""})
    @app.post("/<path:pad>")
    def _take(pad: str) -> Response:  # noqa: ARG001
        inhoud = request.get_data()
        wait()
        charset, kenmerk = request.mimetype_params.get("charset"), request.headers.get(KENMERK_HEADER, "")
        answer = reception.take(inhoud, charset, kenmerk)
        return Response(answer.inhoud, answer.status, content_type=answer.soort)

    return app


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, soort, protocol, _, adres = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, soort, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(adres)
        listener.listen(128)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortError(
                f"Poort {port} is al in gebruik. Draait daar al een backoffice? Kies anders een andere --poort, en "
                "zet dat adres ook in de inrichting van het Regiesysteem."
            ) from error
        raise PortError(f"Op {host}, poort {port}, kan niet worden geluisterd ({os_reason(error)}).") from error
    return listener


# --- What somebody types at a back office that runs, a line at a time

HELP = (
    ("j / n", "de oudste overdracht die openstaat accepteren of weigeren; wat erachter staat gaat als melding mee"),
    ("accepteer ZAAK", "die overdracht accepteren; zo ook: weiger ZAAK"),
    ("status ZAAK 2", "melden dat de zaak die status heeft (actualiseerZaakstatus)"),
    ("wijzig ZAAK TEKST", "de zaak een andere omschrijving geven (updateZaak)"),
    ("details ZAAK", "zaak en documenten ophalen"),
    ("stop", "stoppen; Ctrl-C doet dat ook"),
)
"""The commands that can be typed, and their effect."""
_WIDE: Final = max(len(what) for what, _ in HELP) + 1


def do_as_typed(office: Office, screen: Screen, stop: Callable[[], None]) -> None:
    """Do what is typed, in a thread that ends with the process; without an input it does nothing."""
    # In the background of a terminal, reading would suspend the process; now it fails.
    signal.signal(signal.SIGTTIN, signal.SIG_IGN)
    threading.Thread(target=_read, args=(office, screen, stop), name="toetsenbord", daemon=True).start()


def _read(office: Office, screen: Screen, stop: Callable[[], None]) -> None:
    try:
        # Not sys.stdin: a thread that waits in it has a lock that the end of the process needs.
        with io.FileIO(os.dup(sys.__stdin__.fileno() if sys.__stdin__ else 0)) as input_:
            while line := input_.readline():
                if not do(line.decode(errors="replace"), office, stop):
                    screen.say("dat kan hier niet", *((f"{what:<{_WIDE}}", does) for what, does in HELP))
    except (OSError, ValueError):
        return


def do(line: str, office: Office, stop: Callable[[], None]) -> bool:
    """Do the command on a line; False when it has none."""
    word, _, rest = line.strip().partition(" ")
    zaak, _, text = rest.strip().partition(" ")
    match word.lower():
        case "":
            return True
        case "j" | "n" as short:
            return office.decide("", geaccepteerd=short == "j", melding=rest.strip())
        case "accepteer" | "weiger" as lang if zaak:
            return office.decide(zaak, geaccepteerd=lang == "accepteer", melding=text.strip())
        case "status" if text.strip().isdecimal():
            office.set_status(zaak, int(text))
        case "wijzig" if text.strip():
            office.change(zaak, text.strip())
        case "details" if zaak:
            office.fetch(zaak)
        case "stop":
            stop()
        case _:
            return False
    return True


# --- A back office wired together, from its start to the last block on the terminal

_STATUS: Final = re.compile(r"status:([1-9]\d{0,3})")
_VISIBLE: Final = "anderen kunnen in die map zien welke bestanden er zijn, niet wat erin staat; chmod 700 sluit haar"
Step = Callable[[ReturnPath, str], None]


class NaamError(Reportable):
    """A name that no message can carry."""


class AnswerError(Reportable):
    """A value of --antwoord without an answer."""


def run(
    own: Systeem,
    *,
    host: str,
    port: int,
    server: str,
    behaviour: Behaviour,
    failure: str = "",
    save: Path | None = None,
) -> None:
    """Be a back office until SIGTERM or Ctrl-C. Raises Reportable when it cannot start."""
    if not 3 <= len(own.applicatie) <= 50:
        raise NaamError(f"--naam {own.applicatie}: StUF wil 3 tot 50 tekens.")
    screen = Screen(Console())
    archief = Archive(save)
    adres = door(server, option="--server")
    workqueue = WorkQueue(screen)
    office = Office(screen, archief, ReturnPath(own, adres, screen, archief), workqueue, behaviour)
    played = read_failure(failure)
    reception = Intake(own, office.take_in, played, MessageOrigin(adres))
    entry = OfficeDoor(own.applicatie, host, port, reception, played)
    stopping = threading.Event()
    on_signal(stopping.set)
    workqueue.open()
    entry.open()
    do_as_typed(office, screen, stopping.set)
    screen.say(
        f"Backoffice {own.applicatie} luistert op http://{host}:{entry.port}/stuf",
        ("praat met", adres),
        ("overdracht", f"{behaviour.overdracht.value}{f', na {behaviour.pause_s:g} s' if behaviour.pause_s else ''}"),
        *((("storing", failure),) if failure else ()),
        *((("bewaart in", str(save)),) if save else ()),
        *((("let op", _VISIBLE),) if archief.visible else ()),
        ("stoppen", "Ctrl-C; Enter na iets onbekends toont wat u kunt typen"),
    )
    stopping.wait()
    entry.close()
    sys.stdout.flush()
    # At once: threads that wait for the server or for a key have nothing to finish.
    os._exit(0)


def read_step(text: str) -> Step:
    """Read a value of --antwoord. Raises AnswerError."""
    if found := _STATUS.fullmatch(text):
        volgnummer = int(found[1])
        return lambda way_back, zaak: way_back.set_status(zaak, volgnummer)
    soort, _, omschrijving = text.partition(":")
    if soort == "omschrijving" and omschrijving.strip():
        return lambda way_back, zaak: way_back.change(zaak, omschrijving.strip())
    raise AnswerError(f"--antwoord {text}: verwacht wordt status:NUMMER of omschrijving:TEKST.")
