"""Publication of the contract: our WSDL files with the address that the caller used, and the XSD files beside them."""

import re
from functools import cache
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote_plus
from xml.sax.saxutils import quoteattr

from lxml import etree

from regiesysteem import config
from regiesysteem.stuf.flat_schema import flat_schemas
from regiesysteem.stuf.xml import ontleed, serialiseer

_ADRES: Final = re.compile(r"\{http://schemas\.xmlsoap\.org/wsdl/soap(?:12)?/\}address")
_XS: Final = "{http://www.w3.org/2001/XMLSchema}"
_TYPES: Final = "{http://schemas.xmlsoap.org/wsdl/}types"
ONTVANGER: Final = "Ontvanger"
"""The WSDL of the messages that other applications receive from us, at an address of theirs."""
_SCHEIDING: Final = re.compile("[&;]")
_HIER_WORTEL: Final = b"@wortel@"
_HIER_ADRES: Final = b"@adres@"


def gevraagd(query: str) -> str:
    """The part of the contract that a query string asks for, wherever it stands in it: wsdl, singlewsdl, or ""."""
    namen = {unquote_plus(deel.partition("=")[0]).strip().lower() for deel in _SCHEIDING.split(query)}
    return next((naam for naam in ("singlewsdl", "wsdl") if naam in namen), "")


def wsdl(deur: str, wortel: str, adres: str | None, *, in_een: bool = False) -> bytes:
    """The WSDL of a door. `wortel` is the URL of /stuf as the caller knows it, `adres` that of the door.

    Without `adres` the file keeps its own. The schemas are imported from `wortel`, or included (`in_een`) for clients
    that read no second file.
    """
    tekst = _zonder_adressen(deur, met_adres=adres is not None, in_een=in_een)
    return tekst.replace(_HIER_WORTEL, _in_attribuut(wortel)).replace(_HIER_ADRES, _in_attribuut(adres or ""))


def xsd(naam: str) -> bytes | None:
    """A published schema by file name; None when there is none of that name."""
    tekst = flat_schemas().get(naam)
    return None if tekst is None else b'<?xml version="1.0" encoding="UTF-8"?>\n' + tekst.encode()


@cache
def _zonder_adressen(deur: str, *, met_adres: bool, in_een: bool) -> bytes:
    """The WSDL with marks in the places of addresses. Made once: it takes 50 ms, and anybody may ask for it."""
    boom = ontleed((config.wsdl_map() / f"{deur}.wsdl").read_bytes())
    for knoop in boom.iter(etree.Element):
        if "schemaLocation" in knoop.attrib:
            knoop.set("schemaLocation", f"{_HIER_WORTEL.decode()}/xsd/{_naam(knoop)}")
        elif met_adres and _ADRES.match(str(knoop.tag)):
            knoop.set("location", _HIER_ADRES.decode())
    if in_een:
        _zet_schemas_in(boom)
    return serialiseer(boom)


def _in_attribuut(tekst: str) -> bytes:
    return quoteattr(tekst, {'"': "&quot;"})[1:-1].encode()


def _naam(knoop: etree._Element) -> str:
    return PurePosixPath(knoop.get("schemaLocation", "")).name


def _zet_schemas_in(boom: etree._Element) -> None:
    """Put the imported schemas, and those that they import, in the types; an import then names a namespace alone."""
    [types] = boom.iter(_TYPES)
    [imports] = types
    schemas: dict[str, etree._Element] = {}
    namen = [_naam(knoop) for knoop in imports]
    while namen:
        naam = namen.pop(0)
        if naam not in schemas:
            schemas[naam] = ontleed(flat_schemas()[naam].encode())
            namen += [_naam(knoop) for knoop in schemas[naam].iterchildren(f"{_XS}import")]
    types[:] = list(schemas.values())
    for knoop in types.iter(f"{_XS}import"):
        del knoop.attrib["schemaLocation"]
