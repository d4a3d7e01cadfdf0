"""The first text for a newcomer, in the terminal and as the page at /: the addresses, and a message to try."""

import base64
import hashlib
import shlex
import uuid
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Final

from lxml import etree

from regiesysteem.http.headers import policy
from regiesysteem.stuf.answers import write_stuurgegevens
from regiesysteem.stuf.message import Systeem
from regiesysteem.stuf.namespaces import SOAP11, STUF
from regiesysteem.zkn.names import ZKN, zkn
from regiesysteem.zkn.operations import DOORS, OPERATIONS, Door


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
_ABOUT: Final = "Zakenmagazijn en regie voor het sociaal domein, in StUF-ZKN 3.10, ZDS 1.1 en 1.2, en RZS 1.0."
_STYLE: Final = """
body { font-family: system-ui, sans-serif; max-width: 50rem; margin: 3rem auto; padding: 0 1rem }
main { overflow-wrap: anywhere }
dt { font-weight: bold } dd { margin: 0 0 1rem }
"""
START_POLICY: Final = policy(
    style_src=f"'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
)
TRIAL_DIENST = "genereerZaakIdentificatie_Di02"
"""The operation that the printed command line calls."""


def start_text(
    url: str,
    *,
    beheer_url: str,
    database: str,
    inrichting: str,
    access: str,
    people: str,
    trial: tuple[Systeem, Systeem] | None,
    practise: str = "",
) -> str:
    """Tell in the terminal that the server is ready, where, and how to try it.

    `beheer_url` is where health and figures are, `access` says who gets in, `people` where people log in. `trial` are
    the zender and the ontvanger of a message to try it with, None when nobody may send that. `practise` is the command
    line of a back office to practise with, "" when the inrichting has no place for one.
    """
    door_addresses = "\n".join(f"  {url}{path:<25} {what}" for path, what in DOOR_ADDRESSES.items())
    beheer = "\n".join(f"  {beheer_url}{path:<25} {what}" for path, what in BEHEER.items())
    try_ = f"Probeer het, in een ander venster:\n\n{curl(url, *trial)}\n\n" if trial else ""
    backoffice = f"Een backoffice om mee te oefenen, ook in een ander venster: {practise}\n\n" if practise else ""
    return (
        f"Regiesysteem is klaar (versie {version('regiesysteem')}).\n\n"
        f"SOAP (achter elk adres: ?wsdl)\n{door_addresses}\n\nBeheer\n{beheer}\n\n"
        f"Database: {database}\nInrichting: {inrichting}\nToegang: {access}\n"
        f"Pagina's voor mensen: {people}\n\n{try_}{backoffice}Stoppen: Ctrl-C\n"
    )


def curl(url: str, zender: Systeem, ontvanger: Systeem) -> str:
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
    main = etree.SubElement(etree.SubElement(page, "body"), "main")
    etree.SubElement(main, "h1").text = "Regiesysteem"
    etree.SubElement(main, "p").text = f"Versie {version('regiesysteem')}. {_ABOUT}"
    etree.SubElement(etree.SubElement(main, "p"), "a", href="/inloggen").text = "Inloggen"
    listed = etree.SubElement(main, "dl")
    shown = BEHEER if beheer else {ALIVE: BEHEER[ALIVE]}
    for path, what in (DOOR_ADDRESSES | shown).items():
        href = f"{path}?wsdl" if path in DOOR_ADDRESSES else path
        etree.SubElement(etree.SubElement(listed, "dt"), "a", href=href).text = path
        etree.SubElement(listed, "dd").text = what
    return etree.tostring(page, doctype="<!doctype html>", method="html", encoding="unicode")


def _ask_for_zaakidentificatie(zender: Systeem, ontvanger: Systeem) -> str:
    envelope = etree.Element(f"{{{SOAP11}}}Envelope", nsmap={"s": SOAP11, "z": ZKN, "t": STUF})
    message = etree.SubElement(etree.SubElement(envelope, f"{{{SOAP11}}}Body"), zkn(TRIAL_DIENST))
    write_stuurgegevens(
        etree.SubElement(message, zkn("stuurgegevens")),
        "Di02",
        zender=zender,
        ontvanger=ontvanger,
        referentienummer=uuid.uuid4().hex,
        moment=datetime.now(UTC),
        functie=OPERATIONS[TRIAL_DIENST].functie,
    )
    return etree.tostring(envelope, encoding="unicode")
