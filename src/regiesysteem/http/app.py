"""The web application: the doors of StUF with their contract, health, metrics and the start page.

Also the text that `regie serve` shows in the terminal, which has the same addresses.
"""

import base64
import hashlib
import re
import shlex
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

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
from regiesysteem.access.bounds import Rates, SenderBounds
from regiesysteem.access.credentials import Prover
from regiesysteem.access.shown import NO_PROXIES, Proxies, peer_of
from regiesysteem.config import TIME_ZONE, Settings, only_here
from regiesysteem.db import engine_for, kenmerk, make_engine
from regiesysteem.diensten.transaction import Execution
from regiesysteem.http.headers import policy, with_safe_headers
from regiesysteem.inrichting.current import InrichtingSource, NoInrichting
from regiesysteem.local import KENMERK_HEADER, is_this_machine
from regiesysteem.logging_ import logger
from regiesysteem.memory import give_back
from regiesysteem.metrics import Counters
from regiesysteem.notifications.reports import show_figures
from regiesysteem.soap import contract
from regiesysteem.soap.exchange import Exchange, Limits, read_request
from regiesysteem.soap.spyne_shim import EXCHANGE, make_server
from regiesysteem.storage import make_storage
from regiesysteem.stuf.namespaces import SOAP11, STUF, stuf
from regiesysteem.zakenmagazijn.messages import read_inrichting_versie
from regiesysteem.zakenmagazijn.refusals import RefusalRecord, RefusedMessage
from regiesysteem.zkn.names import ZKN, zkn
from regiesysteem.zkn.operations import DOORS, OPERATIONS, Door

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

# --- The first text for a newcomer: the addresses, and a message to try them with


def _operations_at(door: Door) -> str:
    names = (operation.name.partition("_")[0] for operation in OPERATIONS.values() if operation.door is door)
    return ": ".join(filter(None, (door.label, ", ".join(names))))


DOOR_ADDRESSES = {f"/stuf/{path}".rstrip("/"): _operations_at(door) for path, door in DOORS.items()}
ALIVE: Final = "/healthz"
BEHEER = {
    ALIVE: "leeft het proces",
    "/readyz": "is de database bereikbaar en bijgewerkt",
    "/metrics": "cijfers voor Prometheus",
}
_ABOUT: Final = "Zakenmagazijn en regie voor het sociaal domein, in StUF-ZKN 3.10, ZDS 1.1 en RZS 1.0."
_STYLE: Final = """
body { font-family: system-ui, sans-serif; max-width: 50rem; margin: 3rem auto; padding: 0 1rem }
td { padding: .2rem 1rem .2rem 0 }
"""
_POLICY: Final = policy(style_src=f"'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'")
TRIAL_DIENST = "genereerZaakIdentificatie_Di02"
"""The operation that the printed command line calls."""


@dataclass(frozen=True, slots=True)
class Party:
    """A zender or ontvanger of the printed message."""

    organisatie: str
    applicatie: str
    administratie: str = ""


def start_text(
    url: str,
    *,
    beheer_url: str,
    database: str,
    inrichting: str,
    access: str,
    trial: tuple[Party, Party] | None,
    practise: str = "",
) -> str:
    """Tell in the terminal that the server is ready, where, and how to try it.

    `beheer_url` is where health and figures are, and `access` says who gets in. `trial` are the zender and the
    ontvanger of a message to try it with, None when nobody may send that. `practise` is the command line of a back
    office to practise with, "" when the inrichting has no place for one.
    """
    door_addresses = "\n".join(f"  {url}{path:<25} {what}" for path, what in DOOR_ADDRESSES.items())
    beheer = "\n".join(f"  {beheer_url}{path:<25} {what}" for path, what in BEHEER.items())
    try_ = f"Probeer het, in een ander venster:\n\n{curl(url, *trial)}\n\n" if trial else ""
    backoffice = f"Een backoffice om mee te oefenen, ook in een ander venster: {practise}\n\n" if practise else ""
    return (
        f"Regiesysteem is klaar (versie {version('regiesysteem')}).\n\n"
        f"SOAP (achter elk adres: ?wsdl)\n{door_addresses}\n\nBeheer\n{beheer}\n\n"
        f"Database: {database}\nInrichting: {inrichting}\nToegang: {access}\n\n{try_}{backoffice}Stoppen: Ctrl-C\n"
    )


def curl(url: str, zender: Party, ontvanger: Party) -> str:
    """Give a command line that asks the server for a free zaakidentificatie."""
    return (
        f"curl -s {url}/stuf/VrijeBerichten -H 'Content-Type: text/xml; charset=utf-8'"
        f""" -H 'SOAPAction: "{ZKN}/{TRIAL_DIENST}"' -d {shlex.quote(_ask_for_zaakidentificatie(zender, ontvanger))}"""
    )


def start_page(*, beheer: bool = True) -> str:
    """Give the page at /; without `beheer` health and figures are elsewhere, but for the sign of life."""
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
    shown = BEHEER if beheer else {ALIVE: BEHEER[ALIVE]}
    for path, what in (DOOR_ADDRESSES | shown).items():
        row = etree.SubElement(table, "tr")
        link = etree.SubElement(
            etree.SubElement(row, "td"), "a", href=f"{path}?wsdl" if path in DOOR_ADDRESSES else path
        )
        link.text = path
        etree.SubElement(row, "td").text = what
    return etree.tostring(page, doctype="<!doctype html>", method="html", encoding="unicode")


def _ask_for_zaakidentificatie(zender: Party, ontvanger: Party) -> str:
    envelope = etree.Element(f"{{{SOAP11}}}Envelope", nsmap={"s": SOAP11, "z": ZKN, "t": STUF})
    message = etree.SubElement(etree.SubElement(envelope, f"{{{SOAP11}}}Body"), zkn(TRIAL_DIENST))
    stuurgegevens = etree.SubElement(message, zkn("stuurgegevens"))
    etree.SubElement(stuurgegevens, stuf("berichtcode")).text = "Di02"
    for name, party in (("zender", zender), ("ontvanger", ontvanger)):
        element = etree.SubElement(stuurgegevens, stuf(name))
        for part in ("organisatie", "applicatie", "administratie"):
            if value := getattr(party, part):
                etree.SubElement(element, stuf(part)).text = value
    etree.SubElement(stuurgegevens, stuf("referentienummer")).text = uuid.uuid4().hex
    now = datetime.now(TIME_ZONE)
    etree.SubElement(stuurgegevens, stuf("tijdstipBericht")).text = f"{now:%Y%m%d%H%M%S}"
    etree.SubElement(stuurgegevens, stuf("functie")).text = OPERATIONS[TRIAL_DIENST].functie
    return etree.tostring(envelope, encoding="unicode")


# --- The SOAP doors as one WSGI application, mounted under /stuf

_MB: Final = 1_000_000
_LARGE: Final = 1024 * 1024  # bytes of an answer that was made as a tree, after which memory is given back
_XML: Final = "text/xml; charset=utf-8"


def make_soap_app(
    settings: Settings, engine: Engine, counters: Counters, rates: Rates | None = None
) -> "WSGIApplication":
    """Wire the doors to the operations; one call per process."""
    bounds = Limits(settings.max_bericht_mb * _MB, settings.max_document_mb * _MB)
    source = InrichtingSource(engine, may_open=settings.guarded)
    prover, sender_bounds = Prover(without_credential=settings.guarded), SenderBounds(rates)
    execution = Execution(engine, source, make_storage(settings), prover, sender_bounds)
    proxies = Proxies(settings.proxies, settings.certificaat_kop)
    return SoapDoors(execution, counters, bounds, RefusalRecord(engine), proxies)


class SoapDoors:
    """Answers POST with SOAP, GET with the contract."""

    def __init__(
        self,
        execution: Execution,
        counters: Counters,
        limits: Limits,
        record: Callable[[RefusedMessage], object],
        proxies: Proxies = NO_PROXIES,
    ) -> None:
        self._proxies = proxies
        self._execution = execution
        self._counters = counters
        self._limits = limits
        self._record = record
        self._spyne = make_server(execution)

    def __call__(self, environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        """Handle one HTTP request; an answer is whole, but for contents: those are sent as they are read."""
        path = str(environ.get("PATH_INFO", "")).strip("/")
        method = environ["REQUEST_METHOD"]
        if method != "POST" or path not in DOORS:
            return self._no_message(environ, path, method)(environ, start_response)
        request = read_request(environ, DOORS[path], self._proxies)
        exchange = Exchange(
            request,
            limits=self._limits,
            counters=self._counters,
            own_name=lambda: self._execution.own_systeem,
            record=self._record,
            gate=self._execution,
        )
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
        if sum(map(len, parts)) > _LARGE:
            give_back()
        return parts

    def _no_message(self, environ: dict[str, Any], path: str, method: str) -> Response:
        if method in ("GET", "HEAD"):
            return self._read(environ, path)
        if path not in DOORS:
            return _no_door(environ, path)
        answer = _text("Berichten gaan met POST; GET met ?wsdl geeft het contract.", 405)
        answer.headers["Allow"] = "GET, HEAD, POST"
        return answer

    def _read(self, environ: dict[str, Any], path: str) -> Response:
        root = get_current_url(environ, root_only=True).rstrip("/")
        if path.startswith("xsd/"):
            schema = contract.xsd(path.removeprefix("xsd/"))
            return Response(schema, content_type=_XML) if schema else _text("Dit schema is er niet.", 404)
        asked = contract.asked(str(environ.get("QUERY_STRING", "")))
        if path == contract.ONTVANGER and asked:
            return _wsdl(contract.ONTVANGER, root, None, asked)
        if path not in DOORS:
            return _no_door(environ, path)
        adres = f"{root}/{path}".rstrip("/")
        if asked:
            return _wsdl(DOORS[path].name, root, adres, asked)
        return _text(f"Hier komen StUF-berichten binnen, met POST. Het contract: {adres}?wsdl")


def _wsdl(door: str, root: str, adres: str | None, asked: str) -> Response:
    return Response(contract.wsdl(door, root, adres, in_one=asked == "singlewsdl"), content_type=_XML)


def _no_door(environ: dict[str, Any], path: str) -> Response:
    begin = environ.get("SCRIPT_NAME", "")
    addresses = sorted((f"{begin}/{door}".rstrip("/") or "/" for door in DOORS), key=len, reverse=True)
    return _text(f"Er is geen deur /{path[:60]}. Berichten gaan naar {', '.join(addresses)}.", 404)


# --- The web application: the StUF doors, the routes for operators, and the addresses behind a proxy

_WHITHER: Final = f"Berichten gaan met POST naar {', '.join(DOOR_ADDRESSES)}."
_OTHER_MACHINE = (
    "Dit verzoek noemt een andere machine (Host). Met autorisatie open, of een applicatie zonder bewijs, antwoordt "
    "deze server alleen op localhost en 127.0.0.1; staat er een proxy voor die de toegang regelt, zet dan "
    "REGIE_AFGESCHERMD=true."
)
_HOST: Final = re.compile(r"[0-9A-Za-z.:\[\]-]+")
"""The form of a Host that is looked at: no part of it that a URL would read in another way (user@)."""
_CHECK_S = 1  # an answer about health that comes late is the wrong answer
_CONNECT_S = 2  # the least that libpq takes
_ONLY_READ = "SELECT current_setting('transaction_read_only') = 'on'"
# Two megabytes that do not fit in memory go to a temporary file: a full disk is noticed, and nothing of it stays.
_WRITE_TRIAL = """
    SET LOCAL work_mem = '64kB';
    WITH proef AS MATERIALIZED (SELECT repeat('x', 8000) AS x FROM generate_series(1, 250))
    SELECT sum(length(x)) FROM proef
"""
_OBJECTIONS = {
    "53100": "de schijf van de database is vol",
    "53": "de database heeft geen ruimte of verbindingen over",
}


def make_app(settings: Settings, counters: Counters | None = None, rates: Rates | None = None) -> "WSGIApplication":
    """Make the WSGI application of one process; it connects to `database_url` when the first request needs it.

    `counters` and `rates` are its counters, when others count with it.
    """
    counters = counters or Counters()
    engine = engine_for(settings, settings.database_url)
    pages = _pages()
    if not settings.beheer_host:
        _add_beheer(pages, counters, _trial_engine(settings))

    @pages.get("/")
    def start() -> Response:
        page = start_page(beheer=not settings.beheer_host)
        return Response(page, mimetype="text/html", headers={"Content-Security-Policy": _POLICY})

    app: Any = DispatcherMiddleware(pages, {"/stuf": make_soap_app(settings, engine, counters, rates)})
    if settings.proxy:
        app = _behind_proxy(app, Proxies(settings.proxies))
    wsgi: WSGIApplication = app
    closed = settings.only_local and not (settings.proxy_adressen or settings.afgeschermd)
    return with_safe_headers(_own_names(wsgi, engine) if closed else wsgi)


def _behind_proxy(app: "WSGIApplication", proxies: Proxies) -> "WSGIApplication":
    """Believe the X-Forwarded headers of a proxy; with addresses of proxies those of no other."""
    behind = ProxyFix(app, x_for=1, x_proto=1, x_host=1, x_port=1, x_prefix=1)

    def wsgi(environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        believed = not proxies.networks or proxies.trust(peer_of(environ))
        return (behind if believed else app)(environ, start_response)

    return wsgi


def make_beheer_app(settings: Settings, counters: Counters) -> "WSGIApplication":
    """Make the WSGI application at the own address of health and figures: no message comes in there."""
    trial = _trial_engine(settings)
    pages = _pages()
    _add_beheer(pages, counters, trial)
    wsgi: WSGIApplication = pages
    closed = only_here(settings.beheer_host) and not settings.afgeschermd
    return with_safe_headers(_own_names(wsgi, trial) if closed else wsgi)


def _trial_engine(settings: Settings) -> Engine:
    """The engine of the questions about health, which fail soon."""
    return make_engine(
        settings.database_url,
        pool=False,
        statement_timeout=_CHECK_S,
        lock_timeout=_CHECK_S,
        connect_timeout=_CONNECT_S,
        naam="regie readyz",
    )


def _own_names(app: "WSGIApplication", engine: Engine) -> "WSGIApplication":
    """Refuse a request for a machine of another name, while somebody who reaches this one need not prove who he is.

    A web page can give its own name the address of this machine (DNS rebinding), and then the browser lets it talk to
    us. A request for this machine by its own name is not from such a page. While the database does not say who may, its
    last answer holds, and before the first answer nobody may.
    """
    source = InrichtingSource(engine)
    last_open = True

    def is_open() -> bool:
        nonlocal last_open
        with suppress(SQLAlchemyError, NoInrichting), engine.connect() as connection:
            inrichting = source.current(read_inrichting_versie(connection), connection)
            last_open = inrichting.regels.autorisatie == "open" or bool(inrichting.without_credential)
        return last_open

    def wsgi(environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        host = environ.get("HTTP_HOST") or "localhost"
        if (_HOST.fullmatch(host) and is_this_machine(f"http://{host}")) or not is_open():
            return app(environ, start_response)
        logger().warning("verzoek_voor_andere_machine", host=host[:100])
        return _text(_OTHER_MACHINE, 421)(environ, start_response)

    return wsgi


def state_of_database(engine: Engine) -> str:
    """Give the reason, in Dutch, why the database cannot take a message; empty when it can."""
    try:
        with engine.connect() as connection:
            revisie = migrate.revisie(connection)
            only_read = connection.exec_driver_sql(_ONLY_READ).scalar_one()
            connection.exec_driver_sql(_WRITE_TRIAL)
    except SQLAlchemyError as error:
        # The text of the driver names machine and user; callers of /readyz need not know those.
        logger().warning("database_onbereikbaar", reden=str(error.__cause__ or error).strip())
        state = getattr(getattr(error, "orig", None), "pgcode", None) or ""
        return _OBJECTIONS.get(state) or _OBJECTIONS.get(state[:2], "de database is niet bereikbaar")
    if revisie != migrate.head_revision():
        return f"de database is op revisie {revisie or 'geen'} en moet op {migrate.head_revision()} zijn"
    return "de database kan alleen gelezen worden" if only_read else ""


def _pages() -> Flask:
    """The routes beside the doors: that of the sign of life, and answers for what is not there."""
    app = Flask(__name__, static_folder=None)

    @app.get(ALIVE)
    def lives() -> Response:
        return _text("ok")

    @app.errorhandler(404)
    def unknown(_error: Exception) -> Response:
        return _text(f"Deze pagina is er niet. {_WHITHER}", 404)

    @app.errorhandler(405)
    def no_door(error: MethodNotAllowed) -> Response:
        answer = _text(f"Hier kan alleen worden gelezen, met GET. {_WHITHER}", 405)
        answer.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
        return answer

    return app


def _add_beheer(app: Flask, counters: Counters, trial: Engine) -> None:
    """Add the routes for operators: whether it is ready, and figures."""

    @app.get("/readyz")
    def ready() -> Response:
        objection = state_of_database(trial)
        answer = _text(objection or "ok", 503 if objection else 200)
        with suppress(SQLAlchemyError):
            answer.headers[KENMERK_HEADER] = "" if objection else kenmerk(trial)
        return answer

    @app.get("/metrics")
    def figures() -> Response:
        inhoud, soort = counters.show()
        return Response(inhoud + show_figures(trial), content_type=soort)


def _text(text: str, status: int = 200) -> Response:
    return Response(f"{text}\n", status, content_type="text/plain; charset=utf-8")
