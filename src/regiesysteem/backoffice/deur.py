"""The HTTP side of a back office: takes messages on any path, shows its WSDL, and can be stopped at once."""

import errno
import socket
import threading
from collections.abc import Callable

from flask import Flask, Response, request
from werkzeug.serving import WSGIRequestHandler, make_server

from regiesysteem.backoffice.ontvangst import Ontvangst
from regiesysteem.backoffice.storing import Storing
from regiesysteem.meldbaar import Meldbaar, os_reden
from regiesysteem.nabij import KENMERKKOP
from regiesysteem.soap import contract

_MAX_BYTES = 150_000_000


class PoortFout(Meldbaar):
    """The port cannot be listened on; the text says why, and what to do."""

    uitgang = 2


class _Stil(WSGIRequestHandler):
    """Says nothing on the terminal: that is for the messages."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - as werkzeug has it
        """Nothing."""


class Deur:
    """Listens from its making on, and serves from `open` to `sluit`, in threads that end with the process."""

    def __init__(self, naam: str, host: str, poort: int, ontvangst: Ontvangst, storing: Storing | None = None) -> None:
        self._wacht = threading.Event()  # never set: who waits is slow on purpose
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
        """Stop; what is under way is left."""
        self._server.shutdown()
        self._server.server_close()


def _app(naam: str, ontvangst: Ontvangst, wacht: Callable[[], object]) -> Flask:
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
