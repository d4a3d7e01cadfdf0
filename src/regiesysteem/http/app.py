"""The web application: the doors of StUF with their contract, health, metrics and the start page.

Also the text that `regie serve` shows in the terminal, which has the same addresses.
"""

import re
import shlex
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import structlog
from flask import Flask, Response
from lxml import etree
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wsgi import get_current_url

from regiesysteem import migrate
from regiesysteem.config import Instellingen
from regiesysteem.db import engine_voor, kenmerk, maak_engine
from regiesysteem.diensten.transaction import Uitvoering
from regiesysteem.inrichting.current import GeenInrichting, InrichtingBron
from regiesysteem.local import KENMERKKOP, is_deze_machine
from regiesysteem.logging_ import logger
from regiesysteem.memory import geef_terug
from regiesysteem.metrics import Tellers
from regiesysteem.notifications.reports import toon_cijfers
from regiesysteem.soap import contract
from regiesysteem.soap.exchange import Exchange, Limits, lees_verzoek
from regiesysteem.soap.spyne_shim import EXCHANGE, make_server
from regiesysteem.storage import maak_opslag
from regiesysteem.stuf.namespaces import SOAP11, STUF, stuf
from regiesysteem.zakenmagazijn.messages import lees_inrichting_versie
from regiesysteem.zkn.names import ZKN, zkn
from regiesysteem.zkn.operations import DOORS, OPERATIONS, Door

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

# --- The first text for a newcomer: the addresses, and a message to try them with


def _operations_at(door: Door) -> str:
    names = (operation.name.partition("_")[0] for operation in OPERATIONS.values() if operation.door is door)
    return ": ".join(filter(None, (door.label, ", ".join(names))))


DEUREN = {f"/stuf/{path}".rstrip("/"): _operations_at(door) for path, door in DOORS.items()}
BEHEER = {
    "/healthz": "leeft het proces",
    "/readyz": "is de database bereikbaar en bijgewerkt",
    "/metrics": "cijfers voor Prometheus",
}
_ABOUT: Final = "Zakenmagazijn en regie voor het sociaal domein, in StUF-ZKN 3.10, ZDS 1.1 en RZS 1.0."
_STYLE: Final = """
body { font-family: system-ui, sans-serif; max-width: 50rem; margin: 3rem auto; padding: 0 1rem }
td { padding: .2rem 1rem .2rem 0 }
"""
PROEFDIENST = "genereerZaakIdentificatie_Di02"
"""The operation that the printed command line calls."""


@dataclass(frozen=True, slots=True)
class Partij:
    """A zender or ontvanger of the printed message."""

    organisatie: str
    applicatie: str
    administratie: str = ""


def starttekst(
    url: str, *, database: str, inrichting: str, proef: tuple[Partij, Partij] | None, oefenen: str = ""
) -> str:
    """Tell in the terminal that the server is ready, where, and how to try it.

    `proef` are the zender and the ontvanger of a message to try it with, None when nobody may send that; `oefenen` is
    the command line of a back office to practise with, "" when the inrichting has no place for one.
    """
    deuren = "\n".join(f"  {url}{pad:<25} {wat}" for pad, wat in DEUREN.items())
    beheer = "\n".join(f"  {url}{pad:<25} {wat}" for pad, wat in BEHEER.items())
    probeer = f"Probeer het, in een ander venster:\n\n{curl(url, *proef)}\n\n" if proef else ""
    backoffice = f"Een backoffice om mee te oefenen, ook in een ander venster: {oefenen}\n\n" if oefenen else ""
    return (
        f"Regiesysteem is klaar (versie {version('regiesysteem')}).\n\n"
        f"SOAP (achter elk adres: ?wsdl)\n{deuren}\n\nBeheer\n{beheer}\n\n"
        f"Database: {database}\nInrichting: {inrichting}\n\n{probeer}{backoffice}Stoppen: Ctrl-C\n"
    )


def curl(url: str, zender: Partij, ontvanger: Partij) -> str:
    """Give a command line that asks the server for a free zaakidentificatie."""
    return (
        f"curl -s {url}/stuf/VrijeBerichten -H 'Content-Type: text/xml; charset=utf-8'"
        f""" -H 'SOAPAction: "{ZKN}/{PROEFDIENST}"' -d {shlex.quote(_vraag_om_zaakidentificatie(zender, ontvanger))}"""
    )


def startpagina() -> str:
    """Give the page at /."""
    page = etree.Element("html", lang="nl")
    head = etree.SubElement(page, "head")
    etree.SubElement(head, "meta", charset="utf-8")
    etree.SubElement(head, "title").text = "Regiesysteem"
    etree.SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    etree.SubElement(head, "style").text = _STYLE
    body = etree.SubElement(page, "body")
    etree.SubElement(body, "h1").text = "Regiesysteem"
    etree.SubElement(body, "p").text = f"Versie {version('regiesysteem')}. {_ABOUT}"
    table = etree.SubElement(body, "table")
    for path, what in (DEUREN | BEHEER).items():
        row = etree.SubElement(table, "tr")
        link = etree.SubElement(etree.SubElement(row, "td"), "a", href=f"{path}?wsdl" if path in DEUREN else path)
        link.text = path
        etree.SubElement(row, "td").text = what
    return etree.tostring(page, doctype="<!doctype html>", method="html", encoding="unicode")


def _vraag_om_zaakidentificatie(zender: Partij, ontvanger: Partij) -> str:
    envelope = etree.Element(f"{{{SOAP11}}}Envelope", nsmap={"s": SOAP11, "z": ZKN, "t": STUF})
    message = etree.SubElement(etree.SubElement(envelope, f"{{{SOAP11}}}Body"), zkn(PROEFDIENST))
    stuurgegevens = etree.SubElement(message, zkn("stuurgegevens"))
    etree.SubElement(stuurgegevens, stuf("berichtcode")).text = "Di02"
    for name, party in (("zender", zender), ("ontvanger", ontvanger)):
        element = etree.SubElement(stuurgegevens, stuf(name))
        for part in ("organisatie", "applicatie", "administratie"):
            if value := getattr(party, part):
                etree.SubElement(element, stuf(part)).text = value
    etree.SubElement(stuurgegevens, stuf("referentienummer")).text = uuid.uuid4().hex
    now = datetime.now(ZoneInfo("Europe/Amsterdam"))
    etree.SubElement(stuurgegevens, stuf("tijdstipBericht")).text = f"{now:%Y%m%d%H%M%S}"
    etree.SubElement(stuurgegevens, stuf("functie")).text = OPERATIONS[PROEFDIENST].functie
    return etree.tostring(envelope, encoding="unicode")


# --- The SOAP doors as one WSGI application, mounted under /stuf

_MB: Final = 1_000_000
_GROOT: Final = 1024 * 1024  # bytes of an answer that was made as a tree, after which memory is given back
_XML: Final = "text/xml; charset=utf-8"


def maak_soap_app(instellingen: Instellingen, motor: Engine, tellers: Tellers) -> "WSGIApplication":
    """Wire the doors to the operations; one call per process."""
    grenzen = Limits(instellingen.max_bericht_mb * _MB, instellingen.max_document_mb * _MB)
    bron = InrichtingBron(motor, open_mag=instellingen.alleen_lokaal or instellingen.afgeschermd)
    return SoapDoors(Uitvoering(motor, bron, maak_opslag(instellingen)), tellers, grenzen)


class SoapDoors:
    """Answers POST with SOAP, GET with the contract."""

    def __init__(self, execution: Uitvoering, counters: Tellers, limits: Limits) -> None:
        self._execution = execution
        self._counters = counters
        self._limits = limits
        self._spyne = make_server(execution)

    def __call__(self, environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        """Handle one HTTP request; an answer is whole, but for contents: those are sent as they are read."""
        pad = str(environ.get("PATH_INFO", "")).strip("/")
        method = environ["REQUEST_METHOD"]
        if method != "POST" or pad not in DOORS:
            return self._no_message(environ, pad, method)(environ, start_response)
        request = lees_verzoek(environ, DOORS[pad])
        exchange = Exchange(request, self._limits, self._counters, lambda: self._execution.eigen)
        environ[EXCHANGE] = exchange
        structlog.contextvars.clear_contextvars()
        try:
            parts: list[bytes] = list(self._spyne.handle_rpc(environ, start_response))
        except BaseException:
            exchange.close()
            raise
        finally:
            structlog.contextvars.clear_contextvars()
        if exchange.output is not None:
            return exchange.output
        exchange.close()
        if sum(map(len, parts)) > _GROOT:
            geef_terug()
        return parts

    def _no_message(self, environ: dict[str, Any], pad: str, method: str) -> Response:
        if method in ("GET", "HEAD"):
            return self._lees(environ, pad)
        if pad not in DOORS:
            return _geen_deur(environ, pad)
        antwoord = _tekst_soap("Berichten gaan met POST; GET met ?wsdl geeft het contract.", 405)
        antwoord.headers["Allow"] = "GET, HEAD, POST"
        return antwoord

    def _lees(self, environ: dict[str, Any], pad: str) -> Response:
        wortel = get_current_url(environ, root_only=True).rstrip("/")
        if pad.startswith("xsd/"):
            schema = contract.xsd(pad.removeprefix("xsd/"))
            return Response(schema, content_type=_XML) if schema else _tekst_soap("Dit schema is er niet.", 404)
        gevraagd = contract.gevraagd(str(environ.get("QUERY_STRING", "")))
        if pad == contract.ONTVANGER and gevraagd:
            return _wsdl(contract.ONTVANGER, wortel, None, gevraagd)
        if pad not in DOORS:
            return _geen_deur(environ, pad)
        adres = f"{wortel}/{pad}".rstrip("/")
        if gevraagd:
            return _wsdl(DOORS[pad].name, wortel, adres, gevraagd)
        return _tekst_soap(f"Hier komen StUF-berichten binnen, met POST. Het contract: {adres}?wsdl")


def _wsdl(deur: str, wortel: str, adres: str | None, gevraagd: str) -> Response:
    return Response(contract.wsdl(deur, wortel, adres, in_een=gevraagd == "singlewsdl"), content_type=_XML)


def _geen_deur(environ: dict[str, Any], pad: str) -> Response:
    begin = environ.get("SCRIPT_NAME", "")
    adressen = sorted((f"{begin}/{deur}".rstrip("/") or "/" for deur in DOORS), key=len, reverse=True)
    return _tekst_soap(f"Er is geen deur /{pad[:60]}. Berichten gaan naar {', '.join(adressen)}.", 404)


def _tekst_soap(tekst: str, status: int = 200) -> Response:
    return Response(f"{tekst}\n", status, content_type="text/plain; charset=utf-8")


# --- The web application: the StUF doors, the routes for operators, and the addresses behind a proxy

_WAARHEEN: Final = f"Berichten gaan met POST naar {', '.join(DEUREN)}."
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
            revisie = migrate.revisie(verbinding)
            alleen_lezen = verbinding.exec_driver_sql(_ALLEEN_LEZEN).scalar_one()
            verbinding.exec_driver_sql(_SCHRIJFPROEF)
    except SQLAlchemyError as fout:
        # The text of the driver names machine and user; callers of /readyz need not know those.
        logger().warning("database_onbereikbaar", reden=str(fout.__cause__ or fout).strip())
        staat = getattr(getattr(fout, "orig", None), "pgcode", None) or ""
        return _BEZWAREN.get(staat) or _BEZWAREN.get(staat[:2], "de database is niet bereikbaar")
    if revisie != migrate.hoofdrevisie():
        return f"de database is op revisie {revisie or 'geen'} en moet op {migrate.hoofdrevisie()} zijn"
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
