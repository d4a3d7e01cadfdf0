"""cancelCheckout_Di02: no new version comes of a document that was given out for editing (ZDS 1.1, 4.2.8)."""

from lxml import etree

from regiesysteem.diensten.update_zaakdocument import lees_sleutel
from regiesysteem.diensten.werk import Werk
from regiesysteem.stuf.antwoord import bv02
from regiesysteem.stuf.bericht import Bericht
from regiesysteem.stuf.fouten import StufFout
from regiesysteem.stuf.namespaces import zkn
from regiesysteem.zakenmagazijn.documentsloten import geef_vrij


def cancel_checkout(bericht: Bericht, werk: Werk) -> etree._Element:
    """Release a document; Bv02. Raises StUF055 without identificatie, further as `documentsloten.geef_vrij`."""
    identificatie = bericht.element.findtext(f"{zkn('document')}/{zkn('identificatie')}", "").strip()
    if not identificatie:
        raise StufFout("StUF055", "document/identificatie ontbreekt (ZDS 4.2.8.2)")
    geef_vrij(werk.verbinding, werk.inrichting.documenten, identificatie, lees_sleutel(bericht), werk.nu)
    return bv02()
