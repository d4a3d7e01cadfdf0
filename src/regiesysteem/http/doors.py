"""The SOAP doors as one WSGI application, mounted under /stuf."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

import structlog
from flask import Response
from sqlalchemy import Engine
from werkzeug.wsgi import get_current_url

from regiesysteem.access.bounds import Rates, SenderBounds
from regiesysteem.access.credentials import Prover
from regiesysteem.access.shown import NO_PROXIES, Proxies
from regiesysteem.config import Settings
from regiesysteem.diensten.transaction import Execution
from regiesysteem.http.headers import plain_text
from regiesysteem.inrichting.current import InrichtingSource
from regiesysteem.memory import give_back
from regiesysteem.metrics import Counters
from regiesysteem.soap import contract
from regiesysteem.soap.exchange import Exchange, Limits
from regiesysteem.soap.request import read_request
from regiesysteem.soap.spyne_shim import EXCHANGE, make_server
from regiesysteem.storage import make_storage
from regiesysteem.web.routes import Services
from regiesysteem.zakenmagazijn.refusals import RefusalRecord, RefusedMessage
from regiesysteem.zkn.operations import DOORS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

_MB: Final = 1_000_000
_LARGE: Final = 1024 * 1024  # bytes of an answer that was made as a tree, after which memory is given back
_XML: Final = "text/xml; charset=utf-8"


def make_soap_app(
    settings: Settings, engine: Engine, counters: Counters, rates: Rates | None = None
) -> "WSGIApplication":
    """Wire the doors to the operations, without the pages; one call per process."""
    return make_doors(make_services(settings, engine, rates), counters)


def make_services(settings: Settings, engine: Engine, rates: Rates | None = None) -> Services:
    """Make the parts that messages and pages share."""
    source = InrichtingSource(engine, may_open=settings.guarded)
    prover, sender_bounds = Prover(without_credential=settings.guarded), SenderBounds(rates)
    opslag = make_storage(settings)
    return Services(settings, engine, source, opslag, Execution(engine, source, opslag, prover, sender_bounds))


def make_doors(shared: Services, counters: Counters) -> "WSGIApplication":
    """Make the doors on the parts that they share with the pages."""
    settings = shared.settings
    bounds = Limits(settings.max_bericht_mb * _MB, settings.max_document_mb * _MB)
    proxies = Proxies(settings.proxies, settings.certificaat_kop)
    return SoapDoors(shared.execution, counters, bounds, RefusalRecord(shared.engine), proxies)


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
        answer = plain_text("Berichten gaan met POST; GET met ?wsdl geeft het contract.", 405)
        answer.headers["Allow"] = "GET, HEAD, POST"
        return answer

    def _read(self, environ: dict[str, Any], path: str) -> Response:
        root = get_current_url(environ, root_only=True).rstrip("/")
        if path.startswith("xsd/"):
            schema = contract.xsd(path.removeprefix("xsd/"))
            return Response(schema, content_type=_XML) if schema else plain_text("Dit schema is er niet.", 404)
        asked = contract.asked(str(environ.get("QUERY_STRING", "")))
        if path == contract.ONTVANGER and asked:
            return _wsdl(contract.ONTVANGER, root, None, asked)
        if path == contract.ZDS12 and asked:
            return _wsdl(contract.ZDS12, root, root, asked)
        if path not in DOORS:
            return _no_door(environ, path)
        adres = f"{root}/{path}".rstrip("/")
        if asked:
            return _wsdl(DOORS[path].name, root, adres, asked)
        return plain_text(f"Hier komen StUF-berichten binnen, met POST. Het contract: {adres}?wsdl")


def _wsdl(door: str, root: str, adres: str | None, asked: str) -> Response:
    return Response(contract.wsdl(door, root, adres, in_one=asked == "singlewsdl"), content_type=_XML)


def _no_door(environ: dict[str, Any], path: str) -> Response:
    begin = environ.get("SCRIPT_NAME", "")
    addresses = sorted((f"{begin}/{door}".rstrip("/") or "/" for door in DOORS), key=len, reverse=True)
    return plain_text(f"Er is geen deur {begin}/{path[:60]}. Berichten gaan naar {', '.join(addresses)}.", 404)
