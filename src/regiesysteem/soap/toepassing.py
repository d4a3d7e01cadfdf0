"""The SOAP doors as one WSGI application, mounted under /stuf."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

import structlog
from sqlalchemy import Engine
from werkzeug.wrappers import Response
from werkzeug.wsgi import get_current_url

from regiesysteem.config import Instellingen
from regiesysteem.diensten.transaction import Uitvoering
from regiesysteem.geheugen import geef_terug
from regiesysteem.inrichting.current import InrichtingBron
from regiesysteem.metrics import Tellers
from regiesysteem.opslag import maak_opslag
from regiesysteem.soap import contract
from regiesysteem.soap.afhandeling import INHOUDSTYPE, Afhandeling, Grenzen
from regiesysteem.soap.protocol import AFHANDELING, maak_spyne_app
from regiesysteem.soap.verzoek import lees_verzoek
from regiesysteem.zkn.operations import DOORS, Door

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

_MB: Final = 1_000_000
_GROOT: Final = 1024 * 1024  # bytes of an answer that was made as a tree, after which memory is given back
_XML: Final = "text/xml; charset=utf-8"


def maak_soap_app(instellingen: Instellingen, motor: Engine, tellers: Tellers) -> "WSGIApplication":
    """Wire the doors to the operations; one call per process."""
    grenzen = Grenzen(instellingen.max_bericht_mb * _MB, instellingen.max_document_mb * _MB)
    bron = InrichtingBron(motor, open_mag=instellingen.alleen_lokaal or instellingen.afgeschermd)
    return SoapDeuren(Uitvoering(motor, bron, maak_opslag(instellingen)), tellers, grenzen)


class SoapDeuren:
    """Answers POST with SOAP, GET with the contract."""

    def __init__(self, uitvoering: Uitvoering, tellers: Tellers, grenzen: Grenzen) -> None:
        self._uitvoering = uitvoering
        self._tellers = tellers
        self._grenzen = grenzen
        self._spyne: Callable[..., Iterable[bytes]] = maak_spyne_app(grenzen.bericht)

    def __call__(self, environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        """Handle one HTTP request."""
        pad = str(environ.get("PATH_INFO", "")).strip("/")
        methode = environ["REQUEST_METHOD"]
        if methode in ("GET", "HEAD"):
            return self._lees(environ, pad)(environ, start_response)
        if pad not in DOORS:
            return _geen_deur(environ, pad)(environ, start_response)
        if methode != "POST":
            antwoord = _tekst("Berichten gaan met POST; GET met ?wsdl geeft het contract.", 405)
            antwoord.headers["Allow"] = "GET, HEAD, POST"
            return antwoord(environ, start_response)
        delen = self._ontvang(environ, start_response, DOORS[pad])
        if isinstance(delen, list) and sum(map(len, delen)) > _GROOT:
            geef_terug()
        return delen

    def _ontvang(self, environ: dict[str, Any], start_response: "StartResponse", door: Door) -> Iterable[bytes]:
        afhandeling = Afhandeling(lees_verzoek(environ, door), self._uitvoering, self._tellers, self._grenzen)
        if afhandeling.weiger_vooraf():
            inhoud = b"".join(afhandeling.schrijf(afhandeling.envelop()))
            return Response(inhoud, afhandeling.status, content_type=INHOUDSTYPE[afhandeling.versie])(
                environ, start_response
            )
        environ[AFHANDELING] = afhandeling
        structlog.contextvars.clear_contextvars()
        try:
            return self._voer_uit(environ, start_response, afhandeling)
        finally:
            structlog.contextvars.clear_contextvars()
            # Spyne's context holds the environment until a garbage collection; it must not hold the message too.
            environ.pop(AFHANDELING, None)
            if afhandeling.uitvoer is None:
                afhandeling.close()

    def _voer_uit(
        self, environ: dict[str, Any], start_response: "StartResponse", afhandeling: Afhandeling
    ) -> Iterable[bytes]:
        """Let spyne handle the request; its answer is whole, but for contents: those are sent as they are read."""
        kop: list[Any] = []

        def onthoud(*regels: Any) -> None:
            kop[:] = regels

        try:
            delen = list(self._spyne(environ, onthoud))
        except Exception as fout:  # noqa: BLE001 - the answer could not be written: the sender still gets one
            inhoud = b"".join(afhandeling.mislukt(fout))
            return Response(inhoud, afhandeling.status, content_type=INHOUDSTYPE[afhandeling.versie])(
                environ, start_response
            )
        uitvoer = afhandeling.uitvoer
        if uitvoer is None:
            start_response(*kop)
            return delen
        start_response(
            afhandeling.status, [("Content-Type", uitvoer.inhoudstype), ("Content-Length", str(uitvoer.lengte))]
        )
        return uitvoer

    def _lees(self, environ: dict[str, Any], pad: str) -> Response:
        wortel = get_current_url(environ, root_only=True).rstrip("/")
        if pad.startswith("xsd/"):
            schema = contract.xsd(pad.removeprefix("xsd/"))
            return Response(schema, content_type=_XML) if schema else _tekst("Dit schema is er niet.", 404)
        gevraagd = contract.gevraagd(str(environ.get("QUERY_STRING", "")))
        if pad == contract.ONTVANGER and gevraagd:
            return _wsdl(contract.ONTVANGER, wortel, None, gevraagd)
        if pad not in DOORS:
            return _geen_deur(environ, pad)
        adres = f"{wortel}/{pad}".rstrip("/")
        if gevraagd:
            return _wsdl(DOORS[pad].name, wortel, adres, gevraagd)
        return _tekst(f"Hier komen StUF-berichten binnen, met POST. Het contract: {adres}?wsdl")


def _wsdl(deur: str, wortel: str, adres: str | None, gevraagd: str) -> Response:
    return Response(contract.wsdl(deur, wortel, adres, in_een=gevraagd == "singlewsdl"), content_type=_XML)


def _geen_deur(environ: dict[str, Any], pad: str) -> Response:
    begin = environ.get("SCRIPT_NAME", "")
    adressen = sorted((f"{begin}/{deur}".rstrip("/") or "/" for deur in DOORS), key=len, reverse=True)
    return _tekst(f"Er is geen deur /{pad[:60]}. Berichten gaan naar {', '.join(adressen)}.", 404)


def _tekst(tekst: str, status: int = 200) -> Response:
    return Response(f"{tekst}\n", status, content_type="text/plain; charset=utf-8")
