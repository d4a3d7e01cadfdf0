"""Tells from a message alone which dienst is meant, for senders that give no SOAPAction.

zakLk01, zakLv01 and edcLk01 serve several operations; what is asked or told decides.
"""

from typing import Final

from lxml import etree

from regiesysteem.diensten.tabel import DIENSTEN
from regiesysteem.stuf.namespaces import NIL, stuf, zkn

_MUTATIESOORT: Final = f"{zkn('parameters')}/{stuf('mutatiesoort')}"
_STATUS: Final = zkn("heeft")
_DOCUMENTEN: Final = zkn("heeftRelevant")
_IDENTIFICATIE: Final = zkn("identificatie")


def herken(element: etree._Element) -> str:
    """Give the name of the dienst that a message is for; "" when there is none."""
    if element.tag == zkn("zakLk01"):
        return _herken_kennisgeving(element)
    if element.tag == zkn("edcLk01"):
        return _herken_document(element)
    if element.tag == zkn("zakLv01"):
        return _herken_vraag(element)
    return next((dienst.naam for dienst in DIENSTEN.values() if dienst.element == element.tag), "")


def _herken_kennisgeving(element: etree._Element) -> str:
    """T creates; a change of nothing but the status is actualiseerZaakstatus, any other is updateZaak.

    Nothing but a status is no new zaak either: that has a zaaktype.
    """
    objecten = element.findall(zkn("object"))
    delen = {kind.tag for kind in objecten[-1] if kind.get(NIL) not in {"true", "1"}} if objecten else set()
    if _alleen(_STATUS, delen):
        return "actualiseerZaakstatus_Lk01"
    return "creeerZaak_Lk01" if (element.findtext(_MUTATIESOORT) or "").strip() == "T" else "updateZaak_Lk01"


def _herken_document(element: etree._Element) -> str:
    """A new document without a file is maakZaakdocument; all else that is told of a document is voegZaakdocumentToe."""
    nieuw = (element.findtext(_MUTATIESOORT) or "").strip() == "T"
    inhoud = element.find(f"{zkn('object')}/{zkn('inhoud')}")
    heeft_bestand = inhoud is not None and (len(inhoud) > 0 or bool((inhoud.text or "").strip()))
    return "maakZaakdocument_Lk01" if nieuw and not heeft_bestand else "voegZaakdocumentToe_Lk01"


def _herken_vraag(element: etree._Element) -> str:
    """A question by identificatie alone is for one zaak: its status or documents when only those are asked, or all."""
    gelijk = element.find(zkn("gelijk"))
    overig = any(element.find(zkn(naam)) is not None for naam in ("vanaf", "totEnMet", "start"))
    if gelijk is None or overig or not _is_een_zaak(gelijk):
        return "zakLv01"
    gevraagd = element.find(f"{zkn('scope')}/{zkn('object')}")
    delen = {kind.tag for kind in gevraagd} if gevraagd is not None else set()
    if _alleen(_DOCUMENTEN, delen):
        return "geefLijstZaakdocumenten_Lv01"
    return "geefZaakstatus_Lv01" if _alleen(_STATUS, delen) else "geefZaakdetails_Lv01"


def _is_een_zaak(gelijk: etree._Element) -> bool:
    """An identificatie, alone or with the question for the last status, as ZDS 4.1.1.2 writes it."""
    delen = [kind.tag for kind in gelijk]
    laatste = gelijk.findtext(f"{_STATUS}/{zkn('indicatieLaatsteStatus')}", "")
    return delen == [_IDENTIFICATIE] or (delen == [_IDENTIFICATIE, _STATUS] and laatste.strip() == "J")


def _alleen(wat: str, delen: set[str]) -> bool:
    return wat in delen and delen <= {wat, _IDENTIFICATIE}
