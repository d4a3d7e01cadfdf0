"""Publication of the contract: our WSDL files with the address that the caller used, and the XSD files beside them."""

import re
from functools import cache
from typing import Final

from lxml import etree

from regiesysteem import paden
from regiesysteem.stuf.xml import ontleed, serialiseer

_SCHEMALOCATIE: Final = re.compile(r"(?:\.\./)?(?:xsd/)?([\w.-]+\.xsd)")
_NAAM: Final = re.compile(r"[\w.-]+\.xsd")
_ADRES: Final = re.compile(r"\{http://schemas\.xmlsoap\.org/wsdl/soap(?:12)?/\}address")


@cache
def _bestand(soort: str, naam: str) -> bytes:
    return ((paden.wsdl_map() if soort == "wsdl" else paden.xsd_map()) / naam).read_bytes()


def wsdl(deur: str, wortel: str, adres: str) -> bytes:
    """The WSDL of a door. `wortel` is the URL of /stuf as the caller knows it, `adres` that of the door."""
    boom = ontleed(_bestand("wsdl", f"{deur}.wsdl"))
    for knoop in boom.iter(etree.Element):
        if "schemaLocation" in knoop.attrib:
            knoop.set("schemaLocation", _SCHEMALOCATIE.sub(rf"{wortel}/xsd/\1", knoop.get("schemaLocation", "")))
        elif _ADRES.match(str(knoop.tag)):
            knoop.set("location", adres)
    return serialiseer(boom)


def xsd(naam: str) -> bytes | None:
    """A published schema by file name; None when there is none of that name."""
    if not _NAAM.fullmatch(naam) or not (paden.xsd_map() / naam).is_file():
        return None
    return _bestand("xsd", naam)
