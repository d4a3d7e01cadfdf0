"""Tells from a message alone which dienst is meant, for senders that give no SOAPAction.

zakLk01 and zakLv01 serve several operations; what is asked or told decides.
"""

from typing import Final

from lxml import etree

from regiesysteem.diensten.tabel import DIENSTEN
from regiesysteem.stuf.namespaces import NIL, stuf, zkn

_MUTATIESOORT: Final = f"{zkn('parameters')}/{stuf('mutatiesoort')}"
_STATUS: Final = zkn("heeft")
_IDENTIFICATIE: Final = zkn("identificatie")


def herken(element: etree._Element) -> str:
    """Give the name of the dienst that a message is for; "" when there is none."""
    if element.tag == zkn("zakLk01"):
        return _herken_kennisgeving(element)
    if element.tag == zkn("zakLv01"):
        return _herken_vraag(element)
    return next((dienst.naam for dienst in DIENSTEN.values() if dienst.element == element.tag), "")


def _herken_kennisgeving(element: etree._Element) -> str:
    """T creates; a change of nothing but the status is actualiseerZaakstatus, any other is updateZaak."""
    if (element.findtext(_MUTATIESOORT) or "").strip() == "T":
        return "creeerZaak_Lk01"
    objecten = element.findall(zkn("object"))
    delen = {kind.tag for kind in objecten[-1] if kind.get(NIL) not in {"true", "1"}} if objecten else set()
    return "actualiseerZaakstatus_Lk01" if _alleen_status(delen) else "updateZaak_Lk01"


def _herken_vraag(element: etree._Element) -> str:
    """A question by identificatie alone is for one zaak: its status when only that is asked, else its details."""
    gelijk = element.find(zkn("gelijk"))
    overig = any(element.find(zkn(naam)) is not None for naam in ("vanaf", "totEnMet", "start"))
    if gelijk is None or overig or [kind.tag for kind in gelijk] != [_IDENTIFICATIE]:
        return "zakLv01"
    gevraagd = element.find(f"{zkn('scope')}/{zkn('object')}")
    delen = {kind.tag for kind in gevraagd} if gevraagd is not None else set()
    return "geefZaakstatus_Lv01" if _alleen_status(delen) else "geefZaakdetails_Lv01"


def _alleen_status(delen: set[str]) -> bool:
    return _STATUS in delen and delen <= {_STATUS, _IDENTIFICATIE}
