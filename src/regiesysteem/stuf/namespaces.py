"""Namespaces and the qualified names that recur in every message."""

from typing import Final

STUF: Final = "http://www.egem.nl/StUF/StUF0301"
ZKN: Final = "http://www.egem.nl/StUF/sector/zkn/0310"
BG: Final = "http://www.egem.nl/StUF/sector/bg/0310"
RZS: Final = "http://www.stufstandaarden.nl/koppelvlak/rzs0310"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
XS: Final = "http://www.w3.org/2001/XMLSchema"
XMIME: Final = "http://www.w3.org/2005/05/xmlmime"
SOAP11: Final = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP12: Final = "http://www.w3.org/2003/05/soap-envelope"

# Every StUF version, sector model and koppelvlak starts with one of these; it tells an unsupported one from nonsense.
STUF_FAMILIE: Final = "http://www.egem.nl/StUF/StUF"
SECTOR_FAMILIE: Final = "http://www.egem.nl/StUF/sector/"
KOPPELVLAK_FAMILIE: Final = "http://www.stufstandaarden.nl/koppelvlak/"

NSMAP: Final[dict[str, str]] = {"StUF": STUF, "ZKN": ZKN, "BG": BG, "xsi": XSI}
"""Prefixes of outgoing messages; receivers in the field are known to compare prefixes."""

NSMAP_RZS: Final[dict[str, str]] = {"RZS": RZS, "StUF": STUF, "ZKN": ZKN, "xsi": XSI}
"""Prefixes of the messages of Regie- en Zaakservices."""

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
IND_ONVOLLEDIGE_DATUM: Final = f"{{{STUF}}}indOnvolledigeDatum"
SLEUTEL_VERZENDEND: Final = f"{{{STUF}}}sleutelVerzendend"
SLEUTEL_ONTVANGEND: Final = f"{{{STUF}}}sleutelOntvangend"
SLEUTEL_GEGEVENSBEHEER: Final = f"{{{STUF}}}sleutelGegevensbeheer"
BESTANDSNAAM: Final = f"{{{STUF}}}bestandsnaam"
CONTENT_TYPE: Final = f"{{{XMIME}}}contentType"


def stuf(naam: str) -> str:
    """Qualify a name of StUF itself, as lxml wants it."""
    return f"{{{STUF}}}{naam}"


def zkn(naam: str) -> str:
    """Qualify a name of sector model zkn 03.10."""
    return f"{{{ZKN}}}{naam}"


def bg(naam: str) -> str:
    """Qualify a name of sector model bg 03.10."""
    return f"{{{BG}}}{naam}"


def rzs(naam: str) -> str:
    """Qualify a name of koppelvlak rzs 03.10."""
    return f"{{{RZS}}}{naam}"
