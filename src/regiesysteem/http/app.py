"""The web application: the StUF doors, the routes for operators, the start page, and the addresses behind a proxy."""

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

from regiesysteem.access.bounds import Rates
from regiesysteem.access.shown import Proxies, peer_of
from regiesysteem.config import Settings, only_here
from regiesysteem.db import engine_for
from regiesysteem.http.doors import make_doors, make_services
from regiesysteem.http.headers import plain_text, with_safe_headers
from regiesysteem.http.health import add_beheer, trial_engine
from regiesysteem.http.start import ALIVE, DOOR_ADDRESSES, START_POLICY, start_page
from regiesysteem.inrichting.current import InrichtingSource, NoInrichting
from regiesysteem.local import is_this_machine
from regiesysteem.logging_ import logger
from regiesysteem.metrics import Counters
from regiesysteem.web.site import first_segments, make_web_app
from regiesysteem.zakenmagazijn.messages import read_inrichting_versie

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

_WHERE_MESSAGES_GO: Final = f"Berichten gaan met POST naar {', '.join(DOOR_ADDRESSES)}."
_OTHER_MACHINE = (
    "Dit verzoek noemt een andere machine (Host). Met autorisatie open, of een applicatie zonder bewijs, antwoordt "
    "deze server alleen op localhost en 127.0.0.1; staat er een proxy voor die de toegang regelt, zet dan "
    "REGIE_AFGESCHERMD=true."
)
_HOST: Final = re.compile(r"[0-9A-Za-z.:\[\]-]+")
"""The form of a Host that is looked at: no part of it that a URL would read in another way (user@)."""


def make_app(settings: Settings, counters: Counters | None = None, rates: Rates | None = None) -> "WSGIApplication":
    """Make the WSGI application of one process; it connects to `database_url` when the first request needs it.

    `counters` and `rates` are its counters, when others count with it.
    """
    counters = counters or Counters()
    engine = engine_for(settings, settings.database_url)
    pages = _pages()
    if not settings.beheer_host:
        add_beheer(pages, counters, trial_engine(settings))

    @pages.get("/")
    def start() -> Response:
        page = start_page(beheer=not settings.beheer_host)
        return Response(page, mimetype="text/html", headers={"Content-Security-Policy": START_POLICY})

    shared = make_services(settings, engine, rates)
    root = _with_people(make_web_app(shared), pages)
    app: Any = DispatcherMiddleware(root, {"/stuf": make_doors(shared, counters)})
    if settings.proxy:
        app = _behind_proxy(app, Proxies(settings.proxies))
    wsgi: WSGIApplication = app
    closed = settings.only_local and not (settings.proxy_adressen or settings.afgeschermd)
    return with_safe_headers(_own_names(wsgi, engine) if closed else wsgi)


def _with_people(web: Flask, others: Flask) -> "WSGIApplication":
    """The pages for people, and everything else that is not a door."""
    theirs = first_segments(web)

    def wsgi(environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        app = web if str(environ.get("PATH_INFO", "")).partition("/")[2].partition("/")[0] in theirs else others
        return app(environ, start_response)

    return wsgi


def _behind_proxy(app: "WSGIApplication", proxies: Proxies) -> "WSGIApplication":
    """Believe the X-Forwarded headers of a proxy; with addresses of proxies those of no other."""
    behind = ProxyFix(app, x_for=1, x_proto=1, x_host=1, x_port=1, x_prefix=1)

    def wsgi(environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        believed = not proxies.networks or proxies.trust(peer_of(environ))
        return (behind if believed else app)(environ, start_response)

    return wsgi


def make_beheer_app(settings: Settings, counters: Counters) -> "WSGIApplication":
    """Make the WSGI application at the own address of health and figures: no message comes in there."""
    trial = trial_engine(settings)
    pages = _pages()
    add_beheer(pages, counters, trial)
    wsgi: WSGIApplication = pages
    closed = only_here(settings.beheer_host) and not settings.afgeschermd
    return with_safe_headers(_own_names(wsgi, trial) if closed else wsgi)


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
        return plain_text(_OTHER_MACHINE, 421)(environ, start_response)

    return wsgi


def _pages() -> Flask:
    """Make the routes beside the doors: that of the sign of life, and answers for what is not there."""
    app = Flask(__name__, static_folder=None)

    @app.get(ALIVE)
    def lives() -> Response:
        return plain_text("ok")

    @app.errorhandler(404)
    def unknown(_error: Exception) -> Response:
        return plain_text(f"Deze pagina is er niet. {_WHERE_MESSAGES_GO}", 404)

    @app.errorhandler(405)
    def no_door(error: MethodNotAllowed) -> Response:
        answer = plain_text(f"Hier kan alleen worden gelezen, met GET. {_WHERE_MESSAGES_GO}", 405)
        answer.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
        return answer

    return app
