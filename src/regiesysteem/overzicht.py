"""The first text for a newcomer: the addresses, and a message to try them with."""

import html
import shlex
import uuid
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from zoneinfo import ZoneInfo

from regiesysteem.zkn.operations import DOORS, OPERATIONS, Door


def _operations_at(door: Door) -> str:
    names = (operation.name.partition("_")[0] for operation in OPERATIONS.values() if operation.door is door)
    return ": ".join(filter(None, (door.label, ", ".join(names))))


DEUREN = {f"/stuf/{path}".rstrip("/"): _operations_at(door) for path, door in DOORS.items()}
BEHEER = {
    "/healthz": "leeft het proces",
    "/readyz": "is de database bereikbaar en bijgewerkt",
    "/metrics": "cijfers voor Prometheus",
}
_ZKN = "http://www.egem.nl/StUF/sector/zkn/0310"
PROEFDIENST = "genereerZaakIdentificatie_Di02"
"""The operation that the printed command line calls."""


@dataclass(frozen=True, slots=True)
class Partij:
    """A zender or ontvanger of the printed message."""

    organisatie: str
    applicatie: str
    administratie: str = ""


def versie() -> str:
    """Version of the installed package."""
    return version("regiesysteem")


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
        f"Regiesysteem is klaar (versie {versie()}).\n\n"
        f"SOAP (achter elk adres: ?wsdl)\n{deuren}\n\nBeheer\n{beheer}\n\n"
        f"Database: {database}\nInrichting: {inrichting}\n\n{probeer}{backoffice}Stoppen: Ctrl-C\n"
    )


def curl(url: str, zender: Partij, ontvanger: Partij) -> str:
    """Give a command line that asks the server for a free zaakidentificatie."""
    return (
        f"curl -s {url}/stuf/VrijeBerichten -H 'Content-Type: text/xml; charset=utf-8'"
        f""" -H 'SOAPAction: "{_ZKN}/{PROEFDIENST}"' -d {shlex.quote(_vraag_om_zaakidentificatie(zender, ontvanger))}"""
    )


def startpagina() -> str:
    """Give the page at /."""
    rijen = "".join(
        f'<tr><td><a href="{pad}{"?wsdl" if pad in DEUREN else ""}">{pad}</a></td><td>{html.escape(wat)}</td></tr>'
        for pad, wat in (DEUREN | BEHEER).items()
    )
    return (
        '<!doctype html><html lang="nl"><head><meta charset="utf-8"><title>Regiesysteem</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<style>body{font-family:system-ui,sans-serif;max-width:50rem;margin:3rem auto;padding:0 1rem}"
        "td{padding:.2rem 1rem .2rem 0}</style></head><body>"
        f"<h1>Regiesysteem</h1><p>Versie {html.escape(versie())}. "
        "Zakenmagazijn en regie voor het sociaal domein, in StUF-ZKN 3.10, ZDS 1.1 en RZS 1.0.</p>"
        f"<table>{rijen}</table></body></html>"
    )


def _vraag_om_zaakidentificatie(zender: Partij, ontvanger: Partij) -> str:
    return (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<z:genereerZaakIdentificatie_Di02 xmlns:z="{_ZKN}" xmlns:t="http://www.egem.nl/StUF/StUF0301">'
        "<z:stuurgegevens><t:berichtcode>Di02</t:berichtcode>"
        f"<t:zender>{_partij(zender)}</t:zender><t:ontvanger>{_partij(ontvanger)}</t:ontvanger>"
        f"<t:referentienummer>{uuid.uuid4().hex}</t:referentienummer>"
        f"<t:tijdstipBericht>{datetime.now(ZoneInfo('Europe/Amsterdam')):%Y%m%d%H%M%S}</t:tijdstipBericht>"
        "<t:functie>genereerZaakidentificatie</t:functie></z:stuurgegevens>"
        "</z:genereerZaakIdentificatie_Di02></s:Body></s:Envelope>"
    )


def _partij(partij: Partij) -> str:
    delen = {naam: getattr(partij, naam) for naam in ("organisatie", "applicatie", "administratie")}
    return "".join(f"<t:{naam}>{html.escape(deel)}</t:{naam}>" for naam, deel in delen.items() if deel)
