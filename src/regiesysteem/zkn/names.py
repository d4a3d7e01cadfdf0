"""Namespaces, prefixes and qualified names of StUF-ZKN 3.10, StUF-BG 3.10, RZS 1.0 and ZDS 1.2."""

from typing import Final

from regiesysteem.stuf.namespaces import STUF, XSI

ZKN: Final = "http://www.egem.nl/StUF/sector/zkn/0310"
BG: Final = "http://www.egem.nl/StUF/sector/bg/0310"
RZS: Final = "http://www.stufstandaarden.nl/koppelvlak/rzs0310"
ZDS: Final = "http://www.stufstandaarden.nl/koppelvlak/zds0120"

NSMAP: Final[dict[str, str]] = {"StUF": STUF, "ZKN": ZKN, "BG": BG, "xsi": XSI}
"""Prefixes of outgoing messages; receivers in the field are known to compare prefixes."""

NSMAP_RZS: Final[dict[str, str]] = {"RZS": RZS, "StUF": STUF, "ZKN": ZKN, "xsi": XSI}
"""Prefixes of the messages of Regie- en Zaakservices."""

NSMAP_ZDS: Final[dict[str, str]] = {"ZDS": ZDS, **NSMAP}
"""Prefixes of the answers of Zaak- en Documentservices 1.2."""


def zkn(naam: str) -> str:
    """Qualify a name of sector model zkn 03.10."""
    return f"{{{ZKN}}}{naam}"


def rzs(naam: str) -> str:
    """Qualify a name of koppelvlak rzs 03.10."""
    return f"{{{RZS}}}{naam}"


def zds(naam: str) -> str:
    """Qualify a name of Zaak- en Documentservices 1.2."""
    return f"{{{ZDS}}}{naam}"


INHOUD: Final = zkn("inhoud")
"""Has the file of a document in every message, and nothing else."""
