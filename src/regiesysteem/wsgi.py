"""The web application: the StUF doors, the routes for operators, and the addresses behind a proxy."""

import re
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from flask import Flask, Response
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from regiesysteem import migratie
from regiesysteem.config import Instellingen
from regiesysteem.database import engine_voor, kenmerk, maak_engine
from regiesysteem.inrichting.current import GeenInrichting, InrichtingBron
from regiesysteem.logboek import logger
from regiesysteem.metrics import Tellers
from regiesysteem.nabij import KENMERKKOP, is_deze_machine
from regiesysteem.notifications.reports import toon_cijfers
from regiesysteem.overzicht import DEUREN, startpagina
from regiesysteem.soap import maak_soap_app
from regiesysteem.zakenmagazijn.berichten import lees_inrichting_versie

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

_WAARHEEN = f"Berichten gaan met POST naar {', '.join(DEUREN)}."
_ANDERE_MACHINE = (
    "Dit verzoek noemt een andere machine (Host). Met autorisatie open antwoordt deze server alleen op localhost en "
    "127.0.0.1; staat er een proxy voor die de toegang regelt, zet dan REGIE_AFGESCHERMD=true."
)
_HOST: Final = re.compile(r"[0-9A-Za-z.:\[\]-]+")
"""The form of a Host that is looked at: no part of it that a URL would read in another way (user@)."""
_CONTROLE_S = 1  # an answer about health that comes late is the wrong answer
_VERBIND_S = 2  # the least that libpq takes
_ALLEEN_LEZEN = "SELECT current_setting('transaction_read_only') = 'on'"
# Two megabytes that do not fit in memory go to a temporary file: a full disk is noticed, and nothing of it stays.
_SCHRIJFPROEF = """
    SET LOCAL work_mem = '64kB';
    WITH proef AS MATERIALIZED (SELECT repeat('x', 8000) AS x FROM generate_series(1, 250))
    SELECT sum(length(x)) FROM proef
"""
_BEZWAREN = {
    "53100": "de schijf van de database is vol",
    "53": "de database heeft geen ruimte of verbindingen over",
}


def maak_app(instellingen: Instellingen, tellers: Tellers | None = None) -> "WSGIApplication":
    """Make the WSGI application of one process; it connects to `database_url` when the first request needs it.

    `tellers` are its counters, when others count with it.
    """
    tellers = tellers or Tellers()
    motor = engine_voor(instellingen, instellingen.database_url)
    proef = maak_engine(
        instellingen.database_url,
        pool=False,
        statement_timeout=_CONTROLE_S,
        lock_timeout=_CONTROLE_S,
        verbind_timeout=_VERBIND_S,
        naam="regie readyz",
    )
    app: Any = DispatcherMiddleware(_beheer(tellers, proef), {"/stuf": maak_soap_app(instellingen, motor, tellers)})
    if instellingen.proxy:
        app = ProxyFix(app, x_for=1, x_proto=1, x_host=1, x_port=1, x_prefix=1)
    wsgi: WSGIApplication = app
    return wsgi if instellingen.afgeschermd or not instellingen.alleen_lokaal else _eigen_namen(wsgi, motor)


def _eigen_namen(app: "WSGIApplication", motor: Engine) -> "WSGIApplication":
    """Refuse a request for a machine of another name, while everybody who reaches this one may do anything.

    A web page can give its own name the address of this machine (DNS rebinding), and then the browser lets it talk to
    us. A request for this machine by its own name is not from such a page. While the database does not say who may, its
    last answer holds, and before the first answer nobody may.
    """
    bron = InrichtingBron(motor)
    laatst_open = True

    def is_open() -> bool:
        nonlocal laatst_open
        with suppress(SQLAlchemyError, GeenInrichting), motor.connect() as verbinding:
            regels = bron.actueel(lees_inrichting_versie(verbinding), verbinding).regels
            laatst_open = regels.autorisatie == "open"
        return laatst_open

    def wsgi(environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        host = environ.get("HTTP_HOST") or "localhost"
        if (_HOST.fullmatch(host) and is_deze_machine(f"http://{host}")) or not is_open():
            return app(environ, start_response)
        logger().warning("verzoek_voor_andere_machine", host=host[:100])
        return _tekst(_ANDERE_MACHINE, 421)(environ, start_response)

    return wsgi


def staat_van_database(motor: Engine) -> str:
    """Give the reason, in Dutch, why the database cannot take a message; empty when it can."""
    try:
        with motor.connect() as verbinding:
            revisie = migratie.revisie(verbinding)
            alleen_lezen = verbinding.exec_driver_sql(_ALLEEN_LEZEN).scalar_one()
            verbinding.exec_driver_sql(_SCHRIJFPROEF)
    except SQLAlchemyError as fout:
        # The text of the driver names machine and user; callers of /readyz need not know those.
        logger().warning("database_onbereikbaar", reden=str(fout.__cause__ or fout).strip())
        staat = getattr(getattr(fout, "orig", None), "pgcode", None) or ""
        return _BEZWAREN.get(staat) or _BEZWAREN.get(staat[:2], "de database is niet bereikbaar")
    if revisie != migratie.hoofdrevisie():
        return f"de database is op revisie {revisie or 'geen'} en moet op {migratie.hoofdrevisie()} zijn"
    return "de database kan alleen gelezen worden" if alleen_lezen else ""


def _beheer(tellers: Tellers, proef: Engine) -> Flask:
    app = Flask(__name__, static_folder=None)

    @app.get("/")
    def start() -> Response:
        return Response(startpagina(), mimetype="text/html")

    @app.get("/healthz")
    def leeft() -> Response:
        return _tekst("ok")

    @app.get("/readyz")
    def klaar() -> Response:
        bezwaar = staat_van_database(proef)
        antwoord = _tekst(bezwaar or "ok", 503 if bezwaar else 200)
        with suppress(SQLAlchemyError):
            antwoord.headers[KENMERKKOP] = "" if bezwaar else kenmerk(proef)
        return antwoord

    @app.get("/metrics")
    def cijfers() -> Response:
        inhoud, soort = tellers.toon()
        return Response(inhoud + toon_cijfers(proef), content_type=soort)

    @app.errorhandler(404)
    def onbekend(_fout: Exception) -> Response:
        return _tekst(f"Deze pagina is er niet. {_WAARHEEN}", 404)

    @app.errorhandler(405)
    def geen_deur(fout: MethodNotAllowed) -> Response:
        antwoord = _tekst(f"Hier kan alleen worden gelezen, met GET. {_WAARHEEN}", 405)
        antwoord.headers["Allow"] = ", ".join(sorted(fout.valid_methods or ()))
        return antwoord

    return app


def _tekst(tekst: str, status: int = 200) -> Response:
    return Response(
        f"{tekst}\n", status, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"}
    )
