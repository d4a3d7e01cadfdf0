"""Namespaces and the qualified names that recur in every message."""

from typing import Final

STUF: Final = "http://www.egem.nl/StUF/StUF0301"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
XS: Final = "http://www.w3.org/2001/XMLSchema"
WSDL: Final = "http://schemas.xmlsoap.org/wsdl/"
XMIME: Final = "http://www.w3.org/2005/05/xmlmime"
SOAP11: Final = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP12: Final = "http://www.w3.org/2003/05/soap-envelope"

# Every StUF version, sector model and koppelvlak starts with one of these; it tells an unsupported one from nonsense.
STUF_FAMILY: Final = "http://www.egem.nl/StUF/StUF"
SECTOR_FAMILY: Final = "http://www.egem.nl/StUF/sector/"
KOPPELVLAK_FAMILY: Final = "http://www.stufstandaarden.nl/koppelvlak/"

NSMAP_STUF: Final[dict[str, str]] = {"StUF": STUF}
"""Prefixes of messages that StUF itself defines: Bv and Fo."""

NIL: Final = f"{{{XSI}}}nil"
NO_VALUE: Final = f"{{{STUF}}}noValue"
EXACT: Final = f"{{{STUF}}}exact"
SCOPE: Final = f"{{{STUF}}}scope"
FUNCTIE: Final = f"{{{STUF}}}functie"
METAGEGEVEN: Final = f"{{{STUF}}}metagegeven"
ENTITEITTYPE: Final = f"{{{STUF}}}entiteittype"
VERWERKINGSSOORT: Final = f"{{{STUF}}}verwerkingssoort"
IND_INCOMPLETE_DATUM: Final = f"{{{STUF}}}indOnvolledigeDatum"
SLEUTEL_VERZENDEND: Final = f"{{{STUF}}}sleutelVerzendend"
SLEUTEL_ONTVANGEND: Final = f"{{{STUF}}}sleutelOntvangend"
SLEUTEL_GEGEVENSBEHEER: Final = f"{{{STUF}}}sleutelGegevensbeheer"
SLEUTEL_SYNCHRONISATIE: Final = f"{{{STUF}}}sleutelSynchronisatie"
BESTANDSNAAM: Final = f"{{{STUF}}}bestandsnaam"
CONTENT_TYPE: Final = f"{{{XMIME}}}contentType"


def xs(naam: str) -> str:
    """Qualify a name of XML Schema, as lxml wants it."""
    return f"{{{XS}}}{naam}"


def stuf(naam: str) -> str:
    """Qualify a name of StUF itself, as lxml wants it."""
    return f"{{{STUF}}}{naam}"
